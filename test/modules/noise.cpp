// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Noise by its statistics and its spectrum.
#include "support/module_bench.hpp"
#include "support/spectrum.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

std::vector<float> noise(float color, double rate, std::size_t frames, int lane = 0, std::uint64_t seed = 1) {
  const auto& spec = *find_module("noise");
  Bench b(spec, spec.kernels.front(), rate, lane, 1, seed);
  b.set("color", color);
  b.set("gain", 1);
  return play(b, frames);
}

double correlation(const std::vector<float>& a, const std::vector<float>& b, std::size_t lag) {
  double sum = 0;
  for (std::size_t i = 0; i + lag < a.size(); ++i) sum += static_cast<double>(a[i + lag]) * b[i];
  return 3 * sum / static_cast<double>(a.size() - lag);
}

} // namespace

TEST_CASE("white noise is uniform within its gain, and knows neither its past nor its neighbours") {
  constexpr std::size_t n = 1 << 18; // correlations of strangers: ±0.002, here within five times that
  const auto a = noise(0, 48000, n), b = noise(0, 48000, n, 1), c = noise(0, 48000, n, 0, 2);
  int tenths[10] = {};
  for (float x : a) {
    REQUIRE(std::fabs(x) <= 1);
    ++tenths[std::min(9, static_cast<int>((x + 1) * 5))];
  }
  for (int count : tenths) CHECK(std::fabs(count / (n / 10.0) - 1) < 0.04);
  CHECK(correlation(a, a, 0) == doctest::Approx(1).epsilon(0.01));
  for (std::size_t lag : {1, 2, 3, 16, 64, 4096}) CHECK(std::fabs(correlation(a, a, lag)) < 0.01);
  for (std::size_t lag : {0, 1, 2}) {
    CHECK(std::fabs(correlation(a, b, lag)) < 0.01);
    CHECK(std::fabs(correlation(a, c, lag)) < 0.01);
  }
}

TEST_CASE("pink noise falls by 3 dB an octave from 40 Hz to 16 kHz, at any rate") {
  for (double rate : {44100.0, 48000.0, 96000.0, 192000.0}) {
    CAPTURE(rate);
    constexpr std::size_t n = 1 << 16, runs = 48;
    // The same white noise through both: their ratio is the filter, without waiting for averages.
    const auto pink = noise(1, rate, n * (runs + 2)), white = noise(0, rate, n * (runs + 2));
    std::vector<double> p(n / 2), w(n / 2);
    for (std::size_t r = 0; r < runs; ++r) {
      const auto a = power(pink, n + r * n, n), b = power(white, n + r * n, n);
      for (std::size_t i = 0; i < n / 2; ++i) p[i] += a[i], w[i] += b[i];
    }
    double low = 300, high = -300;
    for (double hertz = 40; hertz < 16000 / 1.13; hertz *= 1.26) {
      double a = 0, b = 0;
      for (auto i = static_cast<std::size_t>(hertz * n / rate); static_cast<double>(i) < hertz * 1.26 * n / rate; ++i) a += p[i] * static_cast<double>(i), b += w[i];
      const double flat = 10 * std::log10(a / b);
      low = std::min(low, flat), high = std::max(high, flat);
    }
    MESSAGE("pink at ", rate, " Hz: within ±", (high - low) / 2, " dB");
    CHECK(high - low < 1);
    double sum = 0;
    for (float x : pink) sum += x * x;
    CHECK(std::sqrt(sum / static_cast<double>(pink.size())) == doctest::Approx(0.5 / std::sqrt(3)).epsilon(0.1));
  }
}
