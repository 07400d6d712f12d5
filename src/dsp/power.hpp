// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. Powers of two and square roots without libm: the same bits at every width.
#pragma once
#include <chronus/simd.hpp>

namespace chronus::inline CHRONUS_ISA {

/// 2^x for x from −126 to 126, within 2e-7 of itself, and exact for whole x: 1 + f·P(f) by least squares for f in −½ to ½.
template <int N> [[gnu::always_inline]] inline F<N> power_of_two(F<N> x) {
  x = clamp<N>(x, splat<N>(-126), splat<N>(126));
  const I<N> whole = to_int<N>(x + select<N>(x < F<N>{}, splat<N>(-0.5f), splat<N>(0.5f)));
  const F<N> f = x - to_float<N>(whole);
  F<N> p = fma<N>(splat<N>(0.00132647244f), f, splat<N>(0.00967151324f));
  p = fma<N>(p, f, splat<N>(0.0555073376f));
  p = fma<N>(p, f, splat<N>(0.240222421f));
  p = fma<N>(p, f, splat<N>(0.693146978f));
  p = fma<N>(p, f, splat<N>(1));
  return p * __builtin_bit_cast(F<N>, (whole + 127) << 23);
}

/// Of numbers from 0 on, rounded once.
template <int N> [[gnu::always_inline]] inline F<N> square_root(F<N> x) {
  if constexpr (N == 1) {
    return __builtin_sqrtf(x);
  } else {
    F<N> y;
    for (int l = 0; l < N; ++l) y[l] = __builtin_sqrtf(x[l]);
    return y;
  }
}

} // namespace chronus::inline CHRONUS_ISA
