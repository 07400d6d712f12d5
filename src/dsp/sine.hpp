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
