// SPDX-License-Identifier: GPL-3.0-or-later
// While building. Prints the table of step.hpp: what a band-limited step differs from a sudden one, after the step.
//
// A sinc windowed by Kaiser's window (taps · phases points, cutoff in parts of the rate) becomes minimum-phase by its real
// cepstrum, so that all of the difference comes after the step and no latency is needed; its running sum is the step.
// Source: Brandt, "Hard sync without aliasing", ICMC 2001; the cepstrum as in Oppenheim and Schafer, "Discrete-time signal
// processing", chapter on the cepstrum.
#include <cmath>
#include <complex>
#include <cstdio>
#include <vector>

namespace {

constexpr int taps = 16, phases = 128, points = taps * phases, fold = 1 << 16;
constexpr double cutoff = 0.38, beta = 5; // flat to 0.3 of the rate, −6 dB at 0.38, −50 dB from 0.52 on
const double pi = std::acos(-1.0);
using Complex = std::complex<double>;

void transform(std::vector<Complex>& x, double sign) {
  const std::size_t n = x.size();
  for (std::size_t i = 1, j = 0; i < n; ++i) {
    std::size_t bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(x[i], x[j]);
  }
  for (std::size_t half = 1; half < n; half *= 2)
    for (std::size_t k = 0; k < half; ++k) {
      const Complex turn = std::polar(1.0, sign * pi * static_cast<double>(k) / static_cast<double>(half));
      for (std::size_t i = k; i < n; i += 2 * half) {
        const Complex odd = turn * x[i + half];
        x[i + half] = x[i] - odd;
        x[i] += odd;
      }
    }
}

double bessel_i0(double x) {
  double sum = 1, term = 1;
  for (int k = 1; k < 40; ++k) sum += term *= x * x / (4.0 * k * k);
  return sum;
}

std::vector<double> minimum_phase() {
  std::vector<Complex> x(fold);
  for (int i = 0; i < points; ++i) {
    const double t = i - (points - 1) / 2.0;
    const double r = 2 * t / (points - 1);
    const double angle = 2 * pi * cutoff * t / phases;
    x[i] = std::sin(angle) / angle * bessel_i0(beta * std::sqrt(1 - r * r));
  }
  transform(x, -1);
  for (auto& v : x) v = std::log(std::abs(v) + 1e-9);
  transform(x, 1);
  for (int i = 0; i < fold; ++i) x[i] *= (i == 0 || i == fold / 2 ? 1.0 : i < fold / 2 ? 2.0 : 0.0) / fold;
  transform(x, -1);
  for (auto& v : x) v = std::exp(v);
  transform(x, 1);
  std::vector<double> impulse(points);
  for (int i = 0; i < points; ++i) impulse[i] = x[i].real();
  return impulse;
}

} // namespace

int main() {
  std::vector<double> step = minimum_phase();
  for (std::size_t i = 1; i < step.size(); ++i) step[i] += step[i - 1];
  std::printf("// Made by step_table.cpp. Row p, column k: k + p/%d frames after the step.\n#pragma once\n"
              "namespace chronus {\ninline constexpr int step_taps = %d, step_phases = %d;\n"
              "alignas(64) inline constexpr float step_table[%d][%d] = {\n", phases, taps, phases, phases + 1, taps);
  for (int p = 0; p <= phases; ++p) {
    std::printf("{");
    for (int k = 0; k < taps; ++k) {
      const int i = k * phases + p;
      std::printf("%.9ef,", i < points ? static_cast<float>(step[i] / step.back() - 1) + 0.0 : 0.0);
    }
    std::printf("},\n");
  }
  std::printf("};\n");
  double late = 0; // what lies between the sudden step and this one, as the table is read
  for (int p = 0; p <= phases; ++p)
    for (int k = 0; k < taps; ++k) {
      const int i = k * phases + p;
      if (i < points) late += (1 - step[i] / step.back()) / phases * (p == 0 || p == phases ? 0.5 : 1);
    }
  std::printf("/// So many frames it comes late, in the mean.\n"
              "inline constexpr double step_delay = %.9f;\n} // namespace chronus\n", late);
}
