// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Biquad and svf against the cookbook's formulas in double precision.
#include "support/module_bench.hpp"
#include "support/scenario.hpp"
#include "support/spectrum.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

/// The cookbook's filter (R. Bristow-Johnson), direct form I. Mode 3: the bandpass of constant skirts.
std::vector<double> cookbook(const std::vector<float>& x, int mode, double cutoff, double q, double rate) {
  const double w = 2 * std::numbers::pi * cutoff / rate, alpha = std::sin(w) / (2 * q), c = std::cos(w);
  const double b0[] = {(1 - c) / 2, (1 + c) / 2, alpha, q * alpha}, b1[] = {1 - c, -(1 + c), 0, 0}, b2[] = {(1 - c) / 2, (1 + c) / 2, -alpha, -q * alpha};
  std::vector<double> y(x.size());
  double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    y[i] = (b0[mode] * x[i] + b1[mode] * x1 + b2[mode] * x2 + 2 * c * y1 - (1 - alpha) * y2) / (1 + alpha);
    x2 = x1, x1 = x[i], y2 = y1, y1 = y[i];
  }
  return y;
}

std::vector<float> filtered(const char* type, const std::vector<float>& x, int mode, double cutoff, double q, double rate) {
  flush_denormals();
  const auto& spec = *find_module(type);
  Bench b(spec, spec.kernels.front(), rate);
  b.set("mode", static_cast<float>(mode));
  b.set("cutoff", static_cast<float>(cutoff));
  b.set("q", static_cast<float>(q));
  return play(b, x.size(), x);
}

} // namespace

TEST_CASE("both filters are the cookbook's, within -100 dB, from 10 Hz to 20 kHz") {
  constexpr double limit = -100;
  std::vector<float> x(48000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(chance(4, i) * 2 - 1);
  double worst = -300;
  for (const char* type : {"biquad", "svf"})
    for (double rate : {44100.0, 48000.0, 192000.0})
      for (int mode = 0; mode < 3; ++mode)
        for (float cutoff : {10.0f, 100.0f, 1000.0f, 8000.0f, 20000.0f})
          for (float q : {0.5f, 0.70710678f, 5.0f, 20.0f}) {
            const auto y = filtered(type, x, mode, cutoff, q, rate);
            const auto exact = cookbook(x, mode == 2 && type[0] == 's' ? 3 : mode, cutoff, q, rate);
            double error = 0, signal = 0;
            for (std::size_t i = 0; i < x.size(); ++i) error += std::pow(y[i] - exact[i], 2), signal += exact[i] * exact[i];
            CAPTURE(type[0]);
            CAPTURE(rate);
            CAPTURE(mode);
            CAPTURE(cutoff);
            CAPTURE(q);
            const double e = decibels(std::sqrt(error / signal));
            worst = std::max(worst, e);
            CHECK(e < limit);
          }
  MESSAGE("worst against the cookbook: ", worst, " dB");
}

TEST_CASE("at cutoff a filter of q 1/sqrt2 takes 3.01 dB, and far away 12 dB an octave") {
  for (const char* type : {"biquad", "svf"}) {
    std::vector<float> impulse(1 << 16);
    impulse[0] = 1;
    const auto at = [&](int mode, double cutoff, double hertz) {
      const auto h = filtered(type, impulse, mode, cutoff, 0.70710678, 48000);
      std::complex<double> sum = 0;
      for (std::size_t i = 0; i < h.size(); ++i) sum += std::polar(static_cast<double>(h[i]), -2 * std::numbers::pi * hertz * static_cast<double>(i) / 48000);
      return decibels(std::abs(sum));
    };
    for (double cutoff : {50.0, 1000.0, 12000.0})
      for (int mode : {0, 1}) CHECK(at(mode, cutoff, cutoff) == doctest::Approx(-3.0103).epsilon(1e-4));
    CHECK(at(0, 100, 1600) - at(0, 100, 800) == doctest::Approx(-12.04).epsilon(0.01));
    CHECK(at(1, 4000, 100) - at(1, 4000, 200) == doctest::Approx(-12.04).epsilon(0.01));
    CHECK(at(2, 1000, 1000) == doctest::Approx(type[0] == 'b' ? 0.0 : -3.0103).epsilon(1e-4));
    CHECK(std::fabs(at(0, 1000, 0.001)) < 1e-4);
  }
}

TEST_CASE("neither filter blows up while cutoff and q jump each frame, for ten seconds") {
  for (const char* type : {"biquad", "svf"}) {
    const auto& spec = *find_module(type);
    Scenario s;
    s.values = Values::random_each_frame;
    s.frames = 480000;
    float peak = 0;
    const auto sounds = play(spec, spec.kernels.front(), s);
    for (float x : sounds[0][0]) peak = std::max(peak, std::fabs(x));
    CHECK(peak < 200);
  }
}
