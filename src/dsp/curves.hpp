// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. Curves that bend a wave: odd, of slope 1 at 0, and never beyond ±1.
#pragma once
#include "dsp/sine.hpp"

namespace chronus::inline CHRONUS_ISA {

enum class Curve { tanh, soft, hard, fold };
inline constexpr int curves = 4;

/// Within 4e-7 (−128 dB): x·P(x²)/Q(x²), both of degree 4, by least squares on the largest error for x up to 8.
template <int N> [[gnu::always_inline]] inline F<N> tanh_curve(F<N> x) {
  x = clamp<N>(x, splat<N>(-8), splat<N>(8));
  const F<N> z = x * x;
  F<N> p = fma<N>(splat<N>(1.52090971e-08f), z, splat<N>(2.18796439e-05f));
  p = fma<N>(p, z, splat<N>(0.00357069455f));
  p = fma<N>(p, z, splat<N>(0.134437399f));
  p = fma<N>(p, z, splat<N>(1));
  F<N> q = fma<N>(splat<N>(8.51384481e-07f), z, splat<N>(0.00034098089f));
  q = fma<N>(q, z, splat<N>(0.0261610133f));
  q = fma<N>(q, z, splat<N>(0.467770678f));
  q = fma<N>(q, z, splat<N>(1));
  return x * p / q;
}

/// x − 4/27·x³, level from 1.5 on.
template <int N> [[gnu::always_inline]] inline F<N> soft_curve(F<N> x) {
  x = clamp<N>(x, splat<N>(-1.5f), splat<N>(1.5f));
  return x - x * x * x * (4.0f / 27);
}

template <int N> [[gnu::always_inline]] inline F<N> hard_curve(F<N> x) { return clamp<N>(x, splat<N>(-1), splat<N>(1)); }

/// sin x: goes back from π/2 on, and to and fro beyond. Held from 10^5 on.
template <int N> [[gnu::always_inline]] inline F<N> fold_curve(F<N> x) {
  const F<N> turns = clamp<N>(x, splat<N>(-1e5f), splat<N>(1e5f)) * 0.318309886f; // half turns
  const F<N> nearest = to_float<N>(to_int<N>(turns * 0.5f + select<N>(turns < F<N>{}, splat<N>(-0.5f), splat<N>(0.5f))));
  const F<N> y = turns - 2 * nearest; // −1 to 1
  const F<N> half = select<N>(y > splat<N>(0.5f), 1 - y, select<N>(y < splat<N>(-0.5f), -1 - y, y));
  return hard_curve<N>(sine_half_turns<N>(half));
}

template <Curve curve, int N> [[gnu::always_inline]] inline F<N> bent(F<N> x) {
  if constexpr (curve == Curve::tanh) return tanh_curve<N>(x);
  else if constexpr (curve == Curve::soft) return soft_curve<N>(x);
  else if constexpr (curve == Curve::hard) return hard_curve<N>(x);
  else return fold_curve<N>(x);
}

} // namespace chronus::inline CHRONUS_ISA
