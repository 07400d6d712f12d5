// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Spectra in double precision: small and plain, since nobody waits for them.
#pragma once
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

namespace chronus::test {

inline double decibels(double ratio) { return 20 * std::log10(ratio + 1e-15); }

/// In place; the size is a power of two.
inline void transform(std::vector<std::complex<double>>& x) {
  const std::size_t n = x.size();
  if (n < 2) return;
  std::vector<std::complex<double>> even(n / 2), odd(n / 2);
  for (std::size_t i = 0; i < n / 2; ++i) even[i] = x[2 * i], odd[i] = x[2 * i + 1];
  transform(even), transform(odd);
  for (std::size_t k = 0; k < n / 2; ++k) {
    const auto turned = std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n)) * odd[k];
    x[k] = even[k] + turned;
    x[k + n / 2] = even[k] - turned;
  }
}

/// The power in each bin under a window whose side lobes lie below −92 dB (Blackman-Harris): main lobe ±4 bins.
inline std::vector<double> power(const std::vector<float>& sound, std::size_t from, std::size_t n) {
  std::vector<std::complex<double>> x(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double a = 2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n);
    x[i] = sound[from + i] * (0.35875 - 0.48829 * std::cos(a) + 0.14128 * std::cos(2 * a) - 0.01168 * std::cos(3 * a));
  }
  transform(x);
  std::vector<double> p(n / 2);
  for (std::size_t i = 0; i < n / 2; ++i) p[i] = std::norm(x[i]);
  return p;
}

/// The complex level of one frequency in a steady sound: correlated over [from, from + n), n whole periods or many.
inline std::complex<double> level(const std::vector<float>& sound, double turns_a_frame, std::size_t from, std::size_t n) {
  std::complex<double> sum = 0;
  double weight = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double w = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * (static_cast<double>(i) + 0.5) / static_cast<double>(n));
    sum += w * sound[from + i] * std::polar(1.0, -2 * std::numbers::pi * std::fmod(turns_a_frame * static_cast<double>(from + i), 1.0));
    weight += w;
  }
  return sum * 2.0 / weight;
}

} // namespace chronus::test
