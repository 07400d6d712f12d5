// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. Twice the rate and back, by half-band filters in polyphase form: every second frame is an old one, every
// other lies between 2·K old ones, weighted symmetrically. A stream at P times the rate is P streams at the rate, one a phase.
//   K = 12   for the first doubling: 0.4 of the rate passes (to 0.0015 dB), from 0.6 on −81 dB
//   K = 4    for the second one, which has more room: −89 dB
// up comes K frames of its own rate late, down K − 1. Weights by least squares on the largest error, weighted anew each round.
// Source: P. P. Vaidyanathan, "Multirate systems and filter banks", chapter 4.
#pragma once
#include "dsp/rows.hpp"

namespace chronus::inline CHRONUS_ISA {

template <int K> inline constexpr float half_band[K] = {};
template <>
inline constexpr float half_band<12>[12] = {0.316457356f,  -0.100657417f,   0.0549448827f,  -0.0339800616f,  0.0217132008f,   -0.0137885861f,
                                            0.00849954141f, -0.00498825106f, 0.00272923697f, -0.00135218348f, 0.000576818942f, -0.000198015909f};
template <> inline constexpr float half_band<4>[4] = {0.303170158f, -0.0676782126f, 0.0169651237f, -0.00247411478f};

/// One phase of a stream over a segment and `past` frames before it; frame by frame, N lanes each. Room for whole vectors.
template <int N, int past> struct Stream {
  alignas(64) float data[(past + block_frames) * N + native_width];
  float* at(int frame) { return data + (past + frame) * N; }
  const float* at(int frame) const { return data + (past + frame) * N; }
  void recall(const F<N>* kept) { __builtin_memcpy(data, kept, past * sizeof(F<N>)); }
  /// The last `past` frames of the segment's.
  void keep(F<N>* kept, int frames) const { __builtin_memcpy(kept, data + frames * N, past * sizeof(F<N>)); }
};

/// Frame r of a stream of P phases, counted from a frame's first phase.
template <int P> struct PhaseOf {
  int phase, frame;
  constexpr PhaseOf(int r) : phase((r % P + P) % P), frame((r - phase) / P) {}
};

/// The sum over the 2·K frames around: x(j) and x(−1 − j) are the ones next to it for j = 0, W floats each.
template <int K, class At> [[gnu::always_inline]] inline F<native_width> half_band_sum(At&& x) {
  F<native_width> sum = F<native_width>{};
#pragma GCC unroll 12
  for (int j = K - 1; j >= 0; --j) sum = fma<native_width>(splat<native_width>(half_band<K>[j]), x(j) + x(-1 - j), sum);
  return sum;
}

/// From P phases to 2·P, for frames from … to. in(phase, frame) and out(phase, frame) are addresses.
template <int N, int P, int K, class In, class Out> inline void up(In&& in, Out&& out, int from, int to) {
  for (int j = from * N; j < to * N; j += native_width)
#pragma GCC unroll 2
    for (int p = 0; p < P; ++p) {
      const auto x = [&](int k) {
        const PhaseOf<P> r(p - K + 1 + k);
        return load<native_width>(in(r.phase, r.frame) + j);
      };
      store<native_width>(out(2 * p, 0) + j, x(-1));
      const F<native_width> between = half_band_sum<K>(x);
      store<native_width>(out(2 * p + 1, 0) + j, between + between);
    }
}

/// From 2·P phases to P, for frames from … to.
template <int N, int P, int K, class In, class Out> inline void down(In&& in, Out&& out, int from, int to) {
  for (int j = from * N; j < to * N; j += native_width)
#pragma GCC unroll 2
    for (int p = 0; p < P; ++p) {
      const auto x = [&](int k) {
        const PhaseOf<P> r(p - K + 1 + k);
        return load<native_width>(in(2 * r.phase + 1, r.frame) + j);
      };
      const PhaseOf<P> r(p - K + 1);
      const F<native_width> middle = load<native_width>(in(2 * r.phase, r.frame) + j);
      store<native_width>(out(p, 0) + j, 0.5f * middle + half_band_sum<K>(x));
    }
}

} // namespace chronus::inline CHRONUS_ISA
