// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A pure tone: nothing but its fundamental.
//   phase   0 at the first frame, then the sum of freq / rate, exact over hours (dsp/phase.hpp)
//   level   out = gain · sin(2π · phase), harmonics and noise together below −125 dB (dsp/sine.hpp)
#include "dsp/sine_wave.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec outputs[] = {{"out", "the tone"}};
constexpr ParamSpec params[] = {
    // name  unit              range            initial scale               ms  help, choices, alias, moved
    {"freq", Unit::hertz,     {0.01f, 20'000}, 440,    Scale::logarithmic, 10, "frequency", {}, "frequency", any_pitch},
    {"gain", Unit::amplitude, {-16, 16},       0.5f,   Scale::linear,      5,  "peak level"},
};
constexpr auto out = output(outputs, "out");
constexpr auto freq = param(params, "freq");
constexpr auto gain_ = param(params, "gain");

template <int N> struct Sine {
  using State = SineWave<N>;
  static void start(State& s, const Birth&) noexcept { s = State(); }
  static bool pass(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    s.phase.pass(v, v[freq]);
    return true;
  }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    const Pitch<N> pitch(v.rate());
    const auto hertz = v[freq], gain = v[gain_];
    const auto y = v.out(out);
    if (hertz.constant() && gain.constant()) return s.run(v, pitch, hertz, gain[0], y);
    // Each lane as it would be alone: a gain that stands is in the fan already.
    const F<N> one = splat<N>(1);
    const M<N> glides = hertz.moves(), swells = gain.moves(), apart = glides | swells;
    s.run(v, pitch, hertz, select<N>(swells, one, gain[0]), y);
    for (int i = 0; i < v.frames(); ++i) y[i] = y[i] * select<N>(apart, gain[i], one);
  }
};

} // namespace

extern const ModuleSpec sine;
constinit const ModuleSpec sine = checked({.name = "sine",
                                           .alias = "simple_sine",
                                           .help = "a pure tone",
                                           .inputs = {},
                                           .outputs = outputs,
                                           .params = params,
                                           .kernels = kernels<Sine>,
                                           .source = true,
                                           .trusted = true,
                                           .weight = 4});

} // namespace chronus::modules
