// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. Hiss (white) or a waterfall (pink): every frequency, in no order.
//   white   out = gain · u, u uniform within ±1: a hash of the frame's number since the start, keyed by the instance's name
//           and the lane, so that lanes and instances differ and a run repeats; it repeats itself after 2^32 frames
//   pink    the same u through −3 dB an octave (dsp/pink.hpp), at half the RMS of the white, so that peaks rarely pass ±gain
// Source of the hash: two rounds as in C. Wellons, "Prospecting for hash functions" (2018), with the key between them.
#include "dsp/pink.hpp"
#include <chronus/kernel.hpp>

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec outputs[] = {{"out", "the noise"}};
constexpr std::string_view colors[] = {"white", "pink"};
constexpr ParamSpec params[] = {
    // name   unit              range      initial scale         ms  help, choices
    {"color", Unit::none,      {0, 1},    0,      Scale::linear, 10, "white: all frequencies alike; pink: all octaves alike", colors},
    {"gain",  Unit::amplitude, {-16, 16}, 0.5f,   Scale::linear, 5,  
     "peak level of the white noise, at any rate: a filter lets 3 dB less through for each doubling of it"},
};
constexpr auto out = output(outputs, "out");
constexpr auto color = param(params, "color"), gain_ = param(params, "gain");

/// One of 2^64 keys from another. Source: S. Vigna, splitmix64.
constexpr std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
  x = (x ^ x >> 27) * 0x94d049bb133111ebu;
  return x ^ x >> 31;
}

template <int N> struct Noise {
  static constexpr std::uint32_t weyl_step = 0x9e3779b9u;
  struct State {
    U<N> weyl, key, second_key; ///< weyl: the count of frames times an odd number
    Pink<N> pink;
  };
  static void start(State& s, const Birth& birth) noexcept {
    s = State();
    for (int l = 0; l < N; ++l) {
      const std::uint64_t key = mixed(birth.seed + mixed(static_cast<std::uint64_t>(birth.first_lane + l)));
      reinterpret_cast<std::uint32_t*>(&s.key)[l] = static_cast<std::uint32_t>(key);
      reinterpret_cast<std::uint32_t*>(&s.second_key)[l] = static_cast<std::uint32_t>(key >> 32);
    }
    s.pink.start(birth.context->rate);
  }

  [[gnu::always_inline]] static F<N> next(State& s) {
    U<N> x = s.weyl ^ s.key;
    s.weyl += weyl_step;
    x = (x ^ x >> 16) * 0x7feb352du;
    x = (x ^ x >> 15) + s.second_key;
    x = x * 0x846ca68bu;
    return to_float<N>((I<N>)(x ^ x >> 16)) * 0x1p-31f;
  }

  static bool pass(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    if (v.settled(color, 2) != 0) return false;
    s.weyl += weyl_step * static_cast<std::uint32_t>(v.frames());
    return true;
  }

  static void run(State& state, const View<N>& v) noexcept CHRONUS_REALTIME {
    State s = state;
    const auto y = v.out(out);
    const auto gain = v[gain_];
    const int frames = v.frames();
    switch (v.settled(color, 2)) {
    case 0:
      held_or_moving<N>(gain, [&s, y, frames](const auto& by) {
        for (int i = 0; i < frames; ++i) y[i] = by[i] * next(s);
      });
      break;
    case 1:
      for (int i = 0; i < frames; ++i) y[i] = gain[i] * (0.5f * s.pink.step(next(s), splat<N>(1) > F<N>{}));
      break;
    default: // where there is no pink it stands still, as if it had not been looked at
      const auto white = v.weight(color, 0), pink = v.weight(color, 1);
      for (int i = 0; i < frames; ++i) {
        const F<N> u = next(s);
        y[i] = gain[i] * (white[i] * u + pink[i] * (0.5f * s.pink.step(u, pink[i] > F<N>{})));
      }
    }
    state = s;
  }
};

} // namespace

extern const ModuleSpec noise;
constinit const ModuleSpec noise = checked({.name = "noise",
                                            .alias = {},
                                            .help = "white or pink noise",
                                            .inputs = {},
                                            .outputs = outputs,
                                            .params = params,
                                            .kernels = kernels<Noise>,
                                            .source = true,
                                            .trusted = true,
                                            .weight = 6});

} // namespace chronus::modules
