// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. Lanes: N voices side by side in one register. A kernel is a template over N and is compiled once for each
// instruction set (CHRONUS_ISA names the copy); within one set, one lane and sixteen do the same operations in the same order,
// so a voice has the same bits in every plan shape. Compile with -ffp-contract=off: a product is fused only where fma() stands.
#pragma once
#include <cstdint>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#ifndef CHRONUS_ISA
#define CHRONUS_ISA portable
#endif

namespace chronus::inline CHRONUS_ISA {

#if defined(__AVX512F__)
inline constexpr int native_width = 16;
#elif defined(__AVX2__)
inline constexpr int native_width = 8;
#else
inline constexpr int native_width = 4;
#endif

template <int N> struct LaneTypes {
  typedef float F __attribute__((vector_size(4 * N)));
  typedef std::int32_t I __attribute__((vector_size(4 * N)));
  typedef std::uint32_t U __attribute__((vector_size(4 * N)));
  using M = I; ///< a mask: all bits or none
};
template <> struct LaneTypes<1> {
  using F = float;
  using I = std::int32_t;
  using U = std::uint32_t;
  using M = bool;
};
template <int N> using F = typename LaneTypes<N>::F;
template <int N> using I = typename LaneTypes<N>::I;
template <int N> using U = typename LaneTypes<N>::U;
template <int N> using M = typename LaneTypes<N>::M;

template <int N> [[gnu::always_inline]] inline F<N> splat(float x) {
  if constexpr (N == 1) return x;
  else return F<N>{} + x; // x + 0: never used for -0
}
template <int N> [[gnu::always_inline]] inline U<N> splat_u(std::uint32_t x) {
  if constexpr (N == 1) return x;
  else return U<N>{} + x;
}

/// a·b + c, rounded once where the machine has FMA, twice where it has not; the same for every N.
template <int N> [[gnu::always_inline]] inline F<N> fma(F<N> a, F<N> b, F<N> c) {
#if defined(__FMA__)
  if constexpr (N == 1) return __builtin_fmaf(a, b, c);
  else if constexpr (N == 4) return (F<N>)_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c);
  else if constexpr (N == 8) return (F<N>)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#if defined(__AVX512F__)
  else if constexpr (N == 16) return (F<N>)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#endif
#endif
  return a * b + c;
}

/// The same for one number of 53 bits.
[[gnu::always_inline]] inline double fma_double(double a, double b, double c) {
#if defined(__FMA__)
  return __builtin_fma(a, b, c);
#else
  return a * b + c;
#endif
}

template <int N> [[gnu::always_inline]] inline F<N> select(M<N> m, F<N> a, F<N> b) { return m ? a : b; }
template <int N> [[gnu::always_inline]] inline I<N> select_i(M<N> m, I<N> a, I<N> b) { return m ? a : b; }
template <int N> [[gnu::always_inline]] inline U<N> select_u(M<N> m, U<N> a, U<N> b) { return m ? a : b; }
template <int N> [[gnu::always_inline]] inline F<N> min(F<N> a, F<N> b) { return a < b ? a : b; }
template <int N> [[gnu::always_inline]] inline F<N> max(F<N> a, F<N> b) { return a > b ? a : b; }
/// NaN becomes `low`.
template <int N> [[gnu::always_inline]] inline F<N> clamp(F<N> x, F<N> low, F<N> high) { return min<N>(max<N>(x, low), high); }

template <int N> [[gnu::always_inline]] inline F<N> to_float(I<N> x) {
  if constexpr (N == 1) return static_cast<float>(x);
  else return __builtin_convertvector(x, F<N>);
}
/// Towards zero; x must lie within ±2^31.
template <int N> [[gnu::always_inline]] inline I<N> to_int(F<N> x) {
  if constexpr (N == 1) return static_cast<std::int32_t>(x);
  else return __builtin_convertvector(x, I<N>);
}

/// One bit a lane, lane 0 lowest.
template <int N> [[gnu::always_inline]] inline std::uint32_t bits(M<N> m) {
  if constexpr (N == 1) return m ? 1u : 0u;
#if defined(__x86_64__)
  else if constexpr (N == 4) return static_cast<std::uint32_t>(_mm_movemask_ps((__m128)m));
#if defined(__AVX2__)
  else if constexpr (N == 8) return static_cast<std::uint32_t>(_mm256_movemask_ps((__m256)m));
#endif
#if defined(__AVX512F__)
  else if constexpr (N == 16) return _mm512_cmp_epi32_mask((__m512i)m, _mm512_setzero_si512(), _MM_CMPINT_LT);
#endif
#endif
  else {
    std::uint32_t r = 0;
    for (int i = 0; i < N; ++i) r |= (m[i] ? 1u : 0u) << i;
    return r;
  }
}
/// bits(a < b), straight from the comparison where the machine can.
template <int N> [[gnu::always_inline]] inline std::uint32_t bits_below(I<N> a, I<N> b) {
#if defined(__AVX512F__)
  if constexpr (N == 16) return _mm512_cmplt_epi32_mask((__m512i)a, (__m512i)b);
#endif
  return bits<N>(a < b);
}
template <int N> [[gnu::always_inline]] inline std::uint32_t bits_below_u(U<N> a, U<N> b) {
#if defined(__AVX512F__)
  if constexpr (N == 16) return _mm512_cmplt_epu32_mask((__m512i)a, (__m512i)b);
#endif
  if constexpr (N == 1) return a < b ? 1u : 0u;
  else return bits_below<N>((I<N>)(a ^ 0x80000000u), (I<N>)(b ^ 0x80000000u));
}
template <int N> [[gnu::always_inline]] inline bool any(M<N> m) { return bits<N>(m) != 0; }
template <int N> [[gnu::always_inline]] inline bool all(M<N> m) { return bits<N>(m) == (N == 32 ? ~0u : (1u << N) - 1); }

/// Of all lanes.
template <int N> [[gnu::always_inline]] inline std::int32_t least(I<N> x) {
  if constexpr (N == 1) return x;
  else if constexpr (N == 4) {
    const std::int32_t a = x[0] < x[1] ? x[0] : x[1], b = x[2] < x[3] ? x[2] : x[3];
    return a < b ? a : b;
  } else {
    const auto both = reinterpret_cast<const I<N / 2>*>(&x);
    return least<N / 2>(both[0] < both[1] ? both[0] : both[1]);
  }
}

/// Lane i is lane `whence[i]` of x.
template <int N> [[gnu::always_inline]] inline F<N> permuted(const F<N>& x, const I<N>& whence) {
#if defined(__clang__)
  F<N> y;
  for (int i = 0; i < N; ++i) y[i] = x[whence[i]];
  return y;
#else
  return __builtin_shuffle(x, whence);
#endif
}

/// Lane i of a vector in memory order; plain numbers have one lane.
template <int N> [[gnu::always_inline]] inline float lane(const F<N>& v, int i) {
  if constexpr (N == 1) return v;
  else return v[i];
}

} // namespace chronus
