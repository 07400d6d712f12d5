// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. What a module author writes with: the typed view of a Segment, and the list of kernels made from one template.
//
//   template <int N> struct Tremble {
//     struct State { F<N> level; };                                       // vectors of 32-bit words only
//     static void start(State& s, const Birth&) noexcept { s = {}; }
//     static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME;
//     static void gate(State& s, int lane, bool on) noexcept CHRONUS_REALTIME;   // optional
//     static void read(State& s, const View<N>& v) noexcept CHRONUS_REALTIME;    // optional: may close a cycle
//     static bool rests(const State& s) noexcept CHRONUS_REALTIME;               // optional, as deaf and pass: see Kernels
//   };
//   extern constexpr ModuleSpec tremble = checked({... .kernels = kernels<Tremble>});
#pragma once
#include <chronus/module.hpp>
#include <chronus/simd.hpp>
#include <type_traits>

namespace chronus::inline CHRONUS_ISA {

/// One parameter (or one weight of a switch) over a segment.
template <int N> struct Signal {
  const float* data;
  std::ptrdiff_t stride;
  const std::int32_t* moving = nullptr;
  bool constant() const { return stride == 0; }
  /// The lanes whose value does not stand.
  M<N> moves() const {
    if (constant()) return M<N>{};
    if constexpr (N == 1) return *moving != 0;
    else return *reinterpret_cast<const I<N>*>(moving);
  }
  F<N> operator[](int frame) const { return *reinterpret_cast<const F<N>*>(data + frame * stride); }
};

/// A constant parameter as one register: indexed like a Signal.
template <int N> struct Held {
  F<N> value;
  F<N> operator[](int) const { return value; }
};

/// Calls `loop` with the signal, or with what stands still held in a register: one loop to write, two to run, the same bits.
template <int N, class Loop> [[gnu::always_inline]] inline void held_or_moving(const Signal<N>& signal, Loop&& loop) {
  if (signal.constant()) loop(Held<N>{signal[0]});
  else loop(signal);
}

template <int N> struct View {
  const Segment& s;
  int frames() const { return s.frames; }
  Frame frame() const { return s.frame; }
  int offset() const { return static_cast<int>(s.frame % block_frames); } ///< of the segment in its block
  double rate() const { return s.context->rate; }
  const F<N>* in(InputIndex i) const { return reinterpret_cast<const F<N>*>(s.inputs[i.index]); }
  F<N>* out(OutputIndex i) const { return reinterpret_cast<F<N>*>(s.outputs[i.index]); }
  bool connected(InputIndex i) const { return (s.connected >> i.index & 1u) != 0; }
  Signal<N> operator[](ParamIndex p) const { return at(p.value); }
  /// The weight of one choice of a switch: 1 = this choice alone. The weights of one switch sum to 1.
  Signal<N> weight(ParamIndex p, int choice) const { return at(p.value + choice); }
  /// The choice that all lanes have settled on for the whole segment; −1 while a switch fades, is modulated or differs by lane.
  int settled(ParamIndex p, int choices) const {
    for (int c = 0; c < choices; ++c)
      if (weight(p, c).constant() && all<N>(weight(p, c)[0] == splat<N>(1))) return c;
    return -1;
  }
  Signal<N> at(int value) const { return {s.values[value].data, s.values[value].stride, s.values[value].moves}; }
  History& history(int lane, int which, int per_lane) const { return s.histories[lane * per_lane + which]; }
};

/// Whether all of a state is 0 or −0.
template <int N, class State> [[gnu::always_inline]] inline bool is_zero(const State& s) {
  U<N> bits{};
  for (std::size_t i = 0; i < sizeof(State) / sizeof(U<N>); ++i) bits |= reinterpret_cast<const U<N>*>(&s)[i];
  return !any<N>((bits << 1) != splat_u<N>(0));
}

template <template <int> class Module, int N> struct Entry {
  using Self = Module<N>;
  using State = typename Self::State;
  static constexpr std::size_t state_bytes = std::is_empty_v<State> ? 0 : sizeof(State);
  static_assert(std::is_trivially_copyable_v<State> && state_bytes % (4 * N) == 0, "state is vectors of 32-bit words");
  static void start(void* p, const Birth& b) noexcept CHRONUS_REALTIME { Self::start(*static_cast<State*>(p), b); }
  static void run(const Segment& s) noexcept CHRONUS_REALTIME { Self::run(*static_cast<State*>(s.state), View<N>{s}); }
  static void read(const Segment& s) noexcept CHRONUS_REALTIME
    requires requires(State& t, const View<N>& v) { Self::read(t, v); }
  { Self::read(*static_cast<State*>(s.state), View<N>{s}); }
  static void gate(void* p, int lane, bool on) noexcept CHRONUS_REALTIME
    requires requires(State& t) { Self::gate(t, 0, true); }
  { Self::gate(*static_cast<State*>(p), lane, on); }
  static bool rests(const void* p) noexcept CHRONUS_REALTIME
    requires requires(const State& t) { Self::rests(t); }
  { return Self::rests(*static_cast<const State*>(p)); }
  static bool deaf(const void* p) noexcept CHRONUS_REALTIME
    requires requires(const State& t) { Self::deaf(t); }
  { return Self::deaf(*static_cast<const State*>(p)); }
  static bool pass(const Segment& s) noexcept CHRONUS_REALTIME
    requires requires(State& t, const View<N>& v) { Self::pass(t, v); }
  { return Self::pass(*static_cast<State*>(s.state), View<N>{s}); }

  static consteval Kernels table() {
    Kernels k{N, state_bytes, &start, &run, nullptr, nullptr, nullptr, nullptr, nullptr};
    if constexpr (requires(State& t, const View<N>& v) { Self::read(t, v); }) k.read = &read;
    if constexpr (requires(State& t) { Self::gate(t, 0, true); }) k.gate = &gate;
    if constexpr (requires(const State& t) { Self::rests(t); }) k.rests = &rests;
    if constexpr (requires(const State& t) { Self::deaf(t); }) k.deaf = &deaf;
    if constexpr (requires(State& t, const View<N>& v) { Self::pass(t, v); }) k.pass = &pass;
    return k;
  }
};

/// Width 1 and the widest of this instruction set.
template <template <int> class Module>
inline constexpr Kernels kernels[] = {Entry<Module, 1>::table(), Entry<Module, native_width>::table()};

} // namespace chronus
