// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. Sines as polynomials: no table, no libm, the same bits at every width.
#pragma once
#include <chronus/simd.hpp>

namespace chronus::inline CHRONUS_ISA {

/// gain · sin(2π · turns), where `turns` is a 32-bit phase. With x in half turns, −1 to 1:
///   sin(πx) = x·(1 − x²)·P(x²),  P of degree 4 by least squares: −140 dB rms, and exactly 0 at 0 and at half a turn.
/// The gain is multiplied into P: five products that leave the loop while it stands still.
template <int N> struct ScaledSine {
  F<N> c0, c1, c2, c3, c4;
  explicit ScaledSine(F<N> gain)
      : c0(gain * 3.14159155f), c1(gain * -2.02608991f), c2(gain * 0.523813367f), c3(gain * -0.0745209083f),
        c4(gain * 0.00601023296f) {}
  F<N> operator()(U<N> turns) const {
    const F<N> x = to_float<N>((I<N>)turns) * 0x1p-31f;
    const F<N> w = x * x;
    F<N> p = fma<N>(c4, w, c3);
    p = fma<N>(p, w, c2);
    p = fma<N>(p, w, c1);
    p = fma<N>(p, w, c0);
    return fma<N>(-w, x, x) * p;
  }
};

/// gain · sin(2π · turns) at an even step, sixteen frames at a time: with m in their middle and a the way from it,
///   sin(m ± a) = sin m · cos a ± cos m · sin a,
/// two products and two sums for two frames. As part of State: the eight ways, reckoned once for each step. Within −125 dB.
template <int N> class SineFan {
public:
  static constexpr int frames = 16;
  SineFan() : step_(), sin_() {
    for (F<N>& c : cos_) c = splat<N>(1);
  }
  void tune(U<N> step) {
    if (!any<N>(step != step_)) return;
    step_ = step;
    const ScaledSine<N> one(splat<N>(1));
    const U<N> half = step >> 1;
    for (int k = 0; k < 8; ++k) {
      const U<N> way = half + step * static_cast<std::uint32_t>(k);
      cos_[k] = one(way + quarter);
      sin_[k] = one(way);
    }
  }
  /// Frames [offset, offset + count) of the block whose first frame has the phase `start`.
  [[gnu::always_inline]] void fill(U<N> start, F<N> gain, int offset, int count, F<N>* y) const {
    const ScaledSine<N> sine(gain);
    for (int first = offset / frames * frames; first < offset + count; first += frames) {
      const U<N> turns = start + step_ * static_cast<std::uint32_t>(first);
      if (first >= offset && first + frames <= offset + count) {
        sixteen(sine, turns, y + (first - offset));
        continue;
      }
      F<N> all[frames];
      sixteen(sine, turns, all);
      const int begin = first < offset ? offset : first, end = first + frames < offset + count ? first + frames : offset + count;
      for (int i = begin; i < end; ++i) y[i - offset] = all[i - first];
    }
  }

private:
  typedef float Eight __attribute__((vector_size(32)));
  static constexpr std::uint32_t quarter = 0x40000000u;
  [[gnu::always_inline]] void sixteen(const ScaledSine<N>& sine, U<N> first, F<N>* y) const {
    const U<N> middle = first + step_ * 7u + (step_ >> 1);
    const F<N> s = sine(middle), c = sine(middle + quarter);
    if constexpr (N == 1) { // the eight ways side by side: the same sums
      const Eight along = s * load(cos_), across = c * load(sin_);
      store(y, __builtin_shufflevector(along - across, along, 7, 6, 5, 4, 3, 2, 1, 0));
      store(y + 8, along + across);
    } else {
      for (int k = 0; k < 8; ++k) {
        const F<N> along = s * cos_[k], across = c * sin_[k];
        y[7 - k] = along - across;
        y[8 + k] = along + across;
      }
    }
  }
  static Eight load(const float* from) {
    Eight x;
    __builtin_memcpy(&x, from, sizeof x);
    return x;
  }
  static void store(float* to, Eight x) { __builtin_memcpy(to, &x, sizeof x); }

  U<N> step_;
  F<N> cos_[8], sin_[8]; ///< of k + ½ steps
};

/// sin(πx) for x in −½ to ½, within 2e-8 of itself.
template <int N> [[gnu::always_inline]] inline F<N> sine_half_turns(F<N> x) {
  const F<N> w = x * x;
  F<N> p = fma<N>(splat<N>(0.0777888596f), w, splat<N>(-0.5983482f));
  p = fma<N>(p, w, splat<N>(2.55008507f));
  p = fma<N>(p, w, splat<N>(-5.1677103f));
  p = fma<N>(p, w, splat<N>(3.14159274f));
  return x * p;
}

} // namespace chronus::inline CHRONUS_ISA
