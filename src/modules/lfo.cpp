// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A slow wave that moves other things: vibrato, tremolo, sweeps.
//   phase   0 at the first frame, then the sum of freq / rate, exact over hours (dsp/phase.hpp)
//   level   out = offset + depth · shape(phase), shape within ±1; sine, triangle and saw rise through 0 at phase 0, the
//           square starts at 1
// The corners are sharp: a slow wave has its aliases far below what can be heard; above some 100 Hz take an oscillator.
#include "dsp/sine_wave.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec outputs[] = {{"out", "the wave"}};
constexpr std::string_view shapes[] = {"sine", "triangle", "square", "saw"};
constexpr ParamSpec params[] = {
    // name    unit         range            initial scale               ms  help, choices
    {"freq",   Unit::hertz, {0.001f, 1'000}, 1,      Scale::logarithmic, 10, "frequency", {}, "frequency"},
    {"depth",  Unit::none,  {-16, 16},       1,      Scale::linear,      5,  "how far it swings to each side of offset"},
    {"offset", Unit::none,  {-16, 16},       0,      Scale::linear,      5,  "what it swings around"},
    {"shape",  Unit::none,  {0, 3},          0,      Scale::linear,      10, "the form of the wave", shapes},
};
constexpr auto out = output(outputs, "out");
constexpr auto freq = param(params, "freq"), depth = param(params, "depth"), offset = param(params, "offset");
constexpr auto shape = param(params, "shape");

/// One shape of the wave, within ±1; the sine comes from elsewhere.
template <int N, int Shape> [[gnu::always_inline]] inline F<N> wave(U<N> turns) {
  if constexpr (Shape == 1) { // a quarter of a turn on, the distance from the middle of the turn falls and rises
    const I<N> late = (I<N>)(turns + 0x40000000u);
    return to_float<N>((late ^ (late >> 31)) - 0x40000000) * 0x1p-30f;
  }
  if constexpr (Shape == 2) return select<N>((I<N>)turns < I<N>{}, splat<N>(-1), splat<N>(1));
  if constexpr (Shape == 3) return to_float<N>((I<N>)turns) * 0x1p-31f;
}

template <int N> struct Lfo {
  using State = SineWave<N>;
  static void start(State& s, const Birth&) noexcept { s = State(); }
  static bool pass(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    s.phase.pass(v, Pitch<N>(v.rate(), params[freq.index].range), v[freq][0]);
    return true;
  }

  template <int Shape> static void run_one(State& s, const View<N>& v, const Pitch<N>& pitch) {
    if constexpr (Shape == 0) {
      sines(s, v, pitch);
    } else {
      const auto y = v.out(out);
      s.phase.run(v, pitch, v[freq], [&](int i, U<N> turns, U<N>) { y[i] = wave<N, Shape>(turns); });
      held_or_moving<N>(v[depth], [&](const auto& swing) {
        held_or_moving<N>(v[offset], [&](const auto& middle) {
          for (int i = 0; i < v.frames(); ++i) y[i] = fma<N>(swing[i], y[i], middle[i]);
        });
      });
    }
  }

  /// Sines to out, and on. Each lane as it would be alone: times the depth where that and the pitch stand. \return where not
  static M<N> draw(State& s, const View<N>& v, const Pitch<N>& pitch) {
    const auto hertz = v[freq], swing = v[depth];
    const M<N> swells = swing.moves();
    s.run(v, pitch, hertz, select<N>(swells, splat<N>(1), swing[0]), v.out(out));
    return swells | hertz.moves();
  }

  static void sines(State& s, const View<N>& v, const Pitch<N>& pitch) {
    const auto y = v.out(out);
    const auto swing = v[depth], middle = v[offset];
    const M<N> apart = draw(s, v, pitch);
    if (!any<N>(apart) && middle.constant() && !any<N>(middle[0] != F<N>{})) return;
    const F<N> one = splat<N>(1);
    for (int i = 0; i < v.frames(); ++i) y[i] = fma<N>(select<N>(apart, swing[i], one), y[i], middle[i]);
  }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    const Pitch<N> pitch(v.rate(), params[freq.index].range);
    switch (v.settled(shape, 4)) {
    case 0: return run_one<0>(s, v, pitch);
    case 1: return run_one<1>(s, v, pitch);
    case 2: return run_one<2>(s, v, pitch);
    case 3: return run_one<3>(s, v, pitch);
    }
    const auto y = v.out(out);
    const auto swing = v[depth], middle = v[offset];
    const auto sine = v.weight(shape, 0), triangle = v.weight(shape, 1), square = v.weight(shape, 2), saw = v.weight(shape, 3);
    Phase<N> phase = s.phase;
    const M<N> apart = draw(s, v, pitch);
    const F<N> one = splat<N>(1);
    phase.run(v, pitch, v[freq], [&](int i, U<N> turns, U<N>) {
      const F<N> others = triangle[i] * wave<N, 1>(turns) + square[i] * wave<N, 2>(turns) + saw[i] * wave<N, 3>(turns);
      y[i] = fma<N>(select<N>(apart, swing[i], one), sine[i] * y[i], fma<N>(swing[i], others, middle[i]));
    });
  }
};

} // namespace

extern const ModuleSpec lfo;
constinit const ModuleSpec lfo = checked({.name = "lfo",
                                          .alias = {},
                                          .help = "a slow wave to move other things with",
                                          .inputs = {},
                                          .outputs = outputs,
                                          .params = params,
                                          .kernels = kernels<Lfo>,
                                          .source = true,
                                          .trusted = true,
                                          .weight = 8});

} // namespace chronus::modules
