// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A slow wave that moves other things: vibrato, tremolo, sweeps.
//   phase   0 at the first frame, then the sum of freq / rate, exact over hours (dsp/phase.hpp)
//   level   out = offset + depth · shape(phase), shape within ±1; sine, triangle and saw rise through 0 at phase 0, the
//           square starts at 1; at a negative frequency it runs backward
// The corners are sharp: a slow wave has its aliases far below what can be heard; above some 100 Hz take an oscillator. Only
// the frame that is nearest to a jump has the mean of what lies on both sides, or the wave would have an offset.
#include "dsp/sine_wave.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec outputs[] = {{"out", "the wave"}};
constexpr std::string_view shapes[] = {"sine", "triangle", "square", "saw"};
constexpr ParamSpec params[] = {
    // name    unit         range            initial scale               ms  help, choices, alias, moved
    {"freq",   Unit::hertz, {0.001f, 1'000}, 1,      Scale::logarithmic, 10, "frequency", {}, "frequency", any_pitch},
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

/// The frames that are nearest to half a turn or a whole one, where waves jump: there is the mean of what lies within half a
/// step before the frame and half a step after it.
template <int N> struct Jump {
  U<N> turns, way, span;
  /// `step` leads to the next frame.
  [[gnu::always_inline]] Jump(U<N> at, U<N> step)
      : turns(at), way((step ^ back(step)) - back(step)), span((turns << 1) + way) {}
  [[gnu::always_inline]] bool is_near() const { return bits_below_u<N>(span, way << 1) != 0; }
  template <int Shape> F<N> mean() const {
    const F<N> sudden = wave<N, Shape>(turns), per_step = splat<N>(1) / to_float<N>((I<N>)(way | 1u));
    const auto ramp = [](F<N> x) { return clamp<N>(x, splat<N>(-1), splat<N>(1)); };
    F<N> smooth = sudden;
    if constexpr (Shape == 2) smooth = ramp(wave<N, 1>(turns) * (per_step * 0x1p31f));
    if constexpr (Shape == 3) {
      const I<N> beyond = (I<N>)(turns ^ 0x80000000u); // the fall
      smooth = sudden + select<N>(beyond < I<N>{}, splat<N>(-1), splat<N>(1)) - ramp(to_float<N>(beyond) * (per_step * 2));
    }
    return select<N>(span < (way << 1), smooth, sudden);
  }

private:
  static U<N> back(U<N> step) { return (U<N>)((I<N>)step >> 31); }
};

template <int N> struct Lfo {
  struct State {
    SineWave<N> wave;
    U<N> begun; ///< 0 before the first frame, which is no jump
  };
  static void start(State& s, const Birth&) noexcept { s = State(); }
  static bool pass(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    s.wave.phase.pass(v, v[freq]);
    s.begun = splat_u<N>(1);
    return true;
  }

  template <int Shape> [[gnu::noinline]] static void run_one(State& s, const View<N>& v, const Pitch<N>& pitch) {
    const auto y = v.out(out);
    pitch.draw(v[freq], v.frames(), y, [&](const auto& steps, const Signal<N>& hertz) {
      s.wave.phase.run(v, steps, hertz, [&](int i, U<N> turns, [[maybe_unused]] U<N> step) {
        y[i] = wave<N, Shape>(turns);
        if constexpr (Shape != 1)
          if (const Jump<N> jump(turns, step); jump.is_near()) [[unlikely]] y[i] = jump.template mean<Shape>();
      });
    });
    if constexpr (Shape == 2) y[0] = select<N>(s.begun == 0u, splat<N>(1), y[0]);
    held_or_moving<N>(v[depth], [&](const auto& swing) {
      held_or_moving<N>(v[offset], [&](const auto& middle) {
        for (int i = 0; i < v.frames(); ++i) y[i] = fma<N>(swing[i], y[i], middle[i]);
      });
    });
  }

  /// Sines to out, and on. Each lane as it would be alone: times the depth where that and the pitch stand. \return where not
  static M<N> draw(State& s, const View<N>& v, const Pitch<N>& pitch) {
    const auto hertz = v[freq], swing = v[depth];
    const M<N> swells = swing.moves();
    s.wave.run(v, pitch, hertz, select<N>(swells, splat<N>(1), swing[0]), v.out(out));
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
    const Pitch<N> pitch(v.rate());
    switch (v.settled(shape, 4)) {
    case 0: sines(s, v, pitch); break;
    case 1: run_one<1>(s, v, pitch); break;
    case 2: run_one<2>(s, v, pitch); break;
    case 3: run_one<3>(s, v, pitch); break;
    default: run_all(s, v, pitch);
    }
    s.begun = splat_u<N>(1);
  }

  /// While one shape fades into another.
  [[gnu::noinline]] static void run_all(State& s, const View<N>& v, const Pitch<N>& pitch) {
    const auto y = v.out(out);
    const auto swing = v[depth], middle = v[offset];
    const auto sine = v.weight(shape, 0), triangle = v.weight(shape, 1), square = v.weight(shape, 2), saw = v.weight(shape, 3);
    Phase<N> phase = s.wave.phase;
    const M<N> apart = draw(s, v, pitch);
    const F<N> one = splat<N>(1);
    const auto hertz = v[freq];
    pitch.choose(hertz, v.frames(), [&](const auto& steps, const Signal<N>& at, bool high) {
      phase.run(v, steps, at, [&](int i, U<N> turns, U<N> step) {
        F<N> halves = wave<N, 2>(turns), ramp = wave<N, 3>(turns);
        if (const Jump<N> jump(turns, step); jump.is_near()) [[unlikely]] {
          halves = jump.template mean<2>();
          if (i == 0) halves = select<N>(s.begun == 0u, one, halves);
          ramp = jump.template mean<3>();
        }
        F<N> others = triangle[i] * wave<N, 1>(turns) + square[i] * halves + saw[i] * ramp;
        if (high) others = others * pitch.loudness(hertz[i]);
        y[i] = fma<N>(select<N>(apart, swing[i], one), sine[i] * y[i], fma<N>(swing[i], others, middle[i]));
      });
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
