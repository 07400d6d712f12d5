// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A running sine: a fan of frames at once in the lanes whose frequency stands, frame by frame in those where it
// moves.
#pragma once
#include "dsp/phase.hpp"
#include "dsp/sine.hpp"

namespace chronus::inline CHRONUS_ISA {

/// As part of State.
template <int N> struct SineWave {
  Phase<N> phase;
  SineFan<N> fan;

  /// The segment's frames to y, and on: sin(2π · phase), times `by` in the lanes whose frequency stands.
  [[gnu::always_inline]] void run(const View<N>& v, const Pitch<N>& pitch, const Signal<N>& hertz, F<N> by, F<N>* y) {
    if (hertz.constant() && pitch.is_forward(hertz, 1))
      return phase.run_even(v, pitch.forward(), hertz[0], fill(v, by, y));
    run_moving(v, pitch, hertz, by, y);
  }

private:
  [[gnu::noinline]] void run_moving(const View<N>& v, const Pitch<N>& pitch, const Signal<N>& hertz, F<N> by, F<N>* y) {
    pitch.draw(hertz, v.frames(), y, [&](const auto& steps, const Signal<N>& at) { draw(v, steps, at, by, y); });
  }
  [[gnu::always_inline]] auto fill(const View<N>& v, F<N> by, F<N>* y) {
    return [this, &v, by, y](U<N> start, U<N> step) __attribute__((always_inline)) {
      fan.tune(step);
      fan.fill(start, by, v.offset(), v.frames(), y);
    };
  }
  template <class Steps> void draw(const View<N>& v, const Steps& pitch, const Signal<N>& hertz, F<N> by, F<N>* y) {
    const M<N> glides = hertz.moves();
    if (!any<N>(glides)) return phase.run_even(v, pitch, hertz[0], fill(v, by, y));
    if (!all<N>(glides)) phase.look_even(v, pitch, hertz[0], fill(v, by, y));
    const ScaledSine<N> sine(splat<N>(1));
    phase.run(v, pitch, hertz, [&](int i, U<N> turns, U<N>) { y[i] = select<N>(glides, sine(turns), y[i]); });
  }
};

} // namespace chronus::inline CHRONUS_ISA
