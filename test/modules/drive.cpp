// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The drive's curves, its latency, and what oversampling is worth.
#include "support/module_bench.hpp"
#include "support/spectrum.hpp"
#include <algorithm>
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

enum { tanh_, soft, hard, fold };
constexpr std::size_t late = 27;

std::vector<float> driven(int curve, float amount, int oversample, const std::vector<float>& x) {
  const auto& spec = *find_module("drive");
  Bench b(spec, spec.kernels.front());
  b.set("curve", static_cast<float>(curve));
  b.set("amount", amount);
  b.set("oversample", static_cast<float>(oversample));
  return play(b, x.size(), x);
}

std::vector<float> sine(double hertz, double level, std::size_t frames) {
  std::vector<float> x(frames);
  for (std::size_t i = 0; i < frames; ++i) x[i] = static_cast<float>(level * std::sin(2 * std::numbers::pi * hertz * static_cast<double>(i) / 48000));
  return x;
}

/// All that is no harmonic of a tone driven hard, below 18 kHz, against the tone, in dB.
double aliases(int curve, float amount, int oversample) {
  constexpr std::size_t n = 1 << 15;
  constexpr double hertz = 4987.3;
  const auto p = power(driven(curve, amount, oversample, sine(hertz, 1, n + 1000)), 1000, n);
  double between = 0, fundamental = 0;
  for (std::size_t i = 8; i < n * 18 / 48; ++i) {
    const double harmonic = std::round(static_cast<double>(i) * 48000 / n / hertz);
    const double away = std::fabs(static_cast<double>(i) - harmonic * hertz * n / 48000);
    if (harmonic == 1 && away < 6) fundamental += p[i];
    if (away >= 6) between += p[i];
  }
  return decibels(std::sqrt(between / fundamental));
}

} // namespace

TEST_CASE("the curves are their formulas, 27 frames later") {
  std::vector<float> x(48000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) / 2000 - 12;
  double worst = 0;
  for (int curve = 0; curve < 4; ++curve) {
    CAPTURE(curve);
    const auto y = driven(curve, 1, 0, x);
    for (std::size_t i = late; i < y.size(); ++i) {
      const double v = x[i - late], w = std::clamp(v, -1.5, 1.5);
      const double exact[] = {std::tanh(v), w - 4 * w * w * w / 27, std::clamp(v, -1.0, 1.0), std::sin(v)};
      REQUIRE(std::fabs(y[i]) <= 1);
      const double error = std::fabs(y[i] - exact[curve]);
      REQUIRE(error < (curve == fold ? 2e-6 : 5e-7));
      if (curve == tanh_) worst = std::max(worst, error);
    }
  }
  MESSAGE("tanh: ", decibels(worst), " dB at worst");
}

TEST_CASE("the latency is 27 frames at every oversampling, and small sounds pass unchanged up to 0.4 of the rate") {
  for (int oversample = 0; oversample < 3; ++oversample)
    for (double hertz : {100.0, 1000.0, 10000.0, 19000.0}) {
      CAPTURE(oversample);
      CAPTURE(hertz);
      const auto y = driven(soft, 1, oversample, sine(hertz, 1e-3, 9600 + 480));
      const auto a = level(y, hertz / 48000, 480, 9600);
      CHECK(std::fabs(decibels(std::abs(a) / 1e-3)) < 0.005);
      const double phase = std::arg(a * std::polar(1.0, std::numbers::pi / 2 + 2 * std::numbers::pi * hertz * late / 48000));
      CHECK(std::fabs(phase) < 1e-3);
    }
}

TEST_CASE("each doubling of the rate makes the aliases fainter") {
  for (auto [curve, amount] : {std::pair{tanh_, 3.0f}, {hard, 3.0f}, {fold, 8.0f}}) {
    const double once = aliases(curve, amount, 0), twice = aliases(curve, amount, 1), four = aliases(curve, amount, 2);
    MESSAGE("curve ", curve, ": aliases at ", once, ", ", twice, " and ", four, " dB");
    CHECK(twice < once - 6);
    CHECK(four < std::max(twice - 6, -76.0)); // the filters' own limit
  }
}

TEST_CASE("amount is before the curve, output behind it") {
  const auto& spec = *find_module("drive");
  Bench b(spec, spec.kernels.front());
  b.set("oversample", 0);
  b.set("curve", hard);
  b.set("amount", 4);
  b.set("output", 0.5f);
  const auto y = play(b, 200, std::vector<float>(200, 0.2f));
  CHECK(y[100] == doctest::Approx(0.4));
  b.set("amount", 10);
  CHECK(play(b, 200, std::vector<float>(200, 0.2f), 0, 256)[100] == 0.5f);
}
