// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A filter of −3 dB an octave: eight real poles between 8 Hz and 0.4 of the rate at equal ratios, a zero in the
// middle of each ratio, by the bilinear transform with every corner prewarped; summed as eight one-pole filters side by side.
// Within ±0.2 dB of 1/√f from 40 Hz to 16 kHz at 44.1 kHz, closer at higher rates.
// Source: J. O. Smith and H. F. Smith, "Closed form fractional integration and differentiation via real exponentially spaced
// pole-zero pairs" (2016).
#pragma once
#include <chronus/simd.hpp>

namespace chronus::inline CHRONUS_ISA {

/// As part of State. Coefficients and sums, a word a lane each; scaled to the RMS of the white noise that enters it.
template <int N> struct Pink {
  static constexpr int poles = 8;
  F<N> direct, pole[poles], weight[poles], sum[poles];

  static double tangent(double x) { // sin/cos by their series, x below 1.3: the same bits everywhere
    double sine = 0, cosine = 0, term = 1;
    for (int n = 0; n < 30; ++n) {
      (n % 2 ? sine : cosine) += n % 4 < 2 ? term : -term;
      term *= x / (n + 1);
    }
    return sine / cosine;
  }
  static double root(double x, int halvings) { // x^(1/2^halvings)
    while (halvings-- > 0) x = __builtin_sqrt(x);
    return x;
  }

  void start(double rate) {
    constexpr double pi = 3.14159265358979324, lowest = 8;
    const double half = root(0.4 * rate / lowest, 4); // half a ratio
    double p[poles], z[poles], r[poles], f = lowest, all = 1;
    const auto corner = [&](double hertz) {
      const double t = tangent(pi * hertz / rate);
      return (1 - t) / (1 + t);
    };
    for (int k = 0; k < poles; ++k, f *= half * half) p[k] = corner(f), z[k] = corner(f * half), all *= z[k] / p[k];
    double power = 1;
    for (int k = 0; k < poles; ++k) {
      r[k] = 1;
      for (int j = 0; j < poles; ++j) r[k] *= (1 - z[j] / p[k]) / (j == k ? 1 : 1 - p[j] / p[k]);
    }
    for (int k = 0; k < poles; ++k)
      for (int j = 0; j < poles; ++j) power += r[j] * r[k] * p[j] * p[k] / (1 - p[j] * p[k]);
    const double scale = 1 / __builtin_sqrt(power);
    direct = splat<N>(static_cast<float>(all * scale));
    for (int k = 0; k < poles; ++k) {
      pole[k] = splat<N>(static_cast<float>(p[k]));
      weight[k] = splat<N>(static_cast<float>(r[k] * scale));
      sum[k] = F<N>{};
    }
  }

  /// Lanes outside `moves` stand still.
  [[gnu::always_inline]] F<N> step(F<N> white, M<N> moves) {
    F<N> y = direct * white;
    for (int k = 0; k < poles; ++k) {
      const F<N> next = fma<N>(pole[k], sum[k], white);
      y = fma<N>(weight[k], next, y);
      sum[k] = select<N>(moves, next, sum[k]);
    }
    return y;
  }
};

} // namespace chronus::inline CHRONUS_ISA
