// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The saw and the square: levels of their harmonics, and what lies between them.
#include "dsp/step_table.hpp"
#include "support/module_bench.hpp"
#include "support/spectrum.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

std::vector<float> wave(const char* type, double hertz, double rate, std::size_t frames, double width = 0.5) {
  const auto& spec = *find_module(type);
  Bench b(spec, spec.kernels.front(), rate);
  b.set("freq", static_cast<float>(hertz));
  b.set("gain", 1);
  if (b.find("width").second) b.set("width", static_cast<float>(width));
  return play(b, frames);
}

/// All that is not a harmonic, against the tone, in dB.
double aliases(const char* type, double hertz, double rate) {
  constexpr std::size_t n = 1 << 16;
  const auto p = power(wave(type, hertz, rate, n + 1000), 1000, n);
  double between = 0, fundamental = 0;
  for (std::size_t i = 8; i < p.size(); ++i) {
    const double harmonic = std::round(static_cast<double>(i) * rate / n / hertz);
    const double away = std::fabs(static_cast<double>(i) - harmonic * hertz * n / rate);
    if (harmonic == 1 && away < 6) fundamental += p[i];
    if (away >= 6) between += p[i];
  }
  return decibels(std::sqrt(between / fundamental));
}

} // namespace

TEST_CASE("all aliases of a saw together lie below -72 dB of the tone") {
  for (double hertz : {4987.3, 2793.8, 1244.5, 440.1}) {
    CAPTURE(hertz);
    const double a = aliases("saw", hertz, 48000);
    MESSAGE("saw ", hertz, " Hz: aliases at ", a, " dB");
    CHECK(a < -72);
    CHECK(aliases("square", hertz, 48000) < -72);
  }
  CHECK(aliases("saw", 4987.3, 44100) < -62);
}

TEST_CASE("the harmonics of a saw fall as 1/n") {
  const auto sound = wave("saw", 375, 48000, 50000); // 128 frames a turn
  for (int n = 1; n <= 30; ++n) {
    CAPTURE(n);
    CHECK(std::fabs(decibels(std::abs(level(sound, n / 128.0, 1280, 12800)) / (2 / std::numbers::pi / n))) < 0.1);
  }
}

TEST_CASE("a square has odd harmonics only, and its mean is 0 at any width") {
  const auto even = wave("square", 375, 48000, 50000);
  for (int n = 1; n <= 21; n += 2) CHECK(std::fabs(decibels(std::abs(level(even, n / 128.0, 1280, 12800)) / (4 / std::numbers::pi / n))) < 0.1);
  for (int n = 2; n <= 20; n += 2) CHECK(std::abs(level(even, n / 128.0, 1280, 12800)) < 1e-3);
  for (double width : {0.05, 0.25, 0.5, 0.9}) {
    const auto sound = wave("square", 375, 48000, 20000, width);
    double mean = 0;
    for (std::size_t i = 1280; i < 1280 + 12800; ++i) mean += sound[i] / 12800;
    CHECK(std::fabs(mean) < 2e-4);
    CHECK(std::fabs(std::abs(level(sound, 3 / 128.0, 1280, 12800)) - 4 / (3 * std::numbers::pi) * std::fabs(std::sin(3 * std::numbers::pi * width))) < 2e-3);
  }
}

TEST_CASE("a pulse has the harmonics of its width, be it shorter than a frame") {
  for (double hertz : {110.0, 880.0, 7040.0, 11000.0})
    for (double width : {0.01, 0.02, 0.1, 0.97, 0.99}) {
      CAPTURE(hertz);
      CAPTURE(width);
      const double part = static_cast<double>(static_cast<float>(width));
      const auto sound = wave("square", hertz, 48000, 40000, width);
      for (int n = 1; n * hertz < 0.28 * 48000; ++n) {
        const double want = 4 / (n * std::numbers::pi) * std::fabs(std::sin(n * std::numbers::pi * part));
        CHECK(std::fabs(std::abs(level(sound, n * hertz / 48000, 1280, 32768)) - want) < 0.01 * want + 2e-5);
      }
    }
  for (double width : {0.01, 0.99}) {
    constexpr std::size_t n = 1 << 16;
    const auto p = power(wave("square", 4987.3, 48000, n + 1000, width), 1000, n);
    double between = 0;
    for (std::size_t i = 8; i < p.size(); ++i) {
      const double at = static_cast<double>(i) * 48000 / n;
      if (std::fabs(at - std::round(at / 4987.3) * 4987.3) > 6.0 * 48000 / n) between += p[i];
    }
    const auto full = power(wave("sine", 4987.3, 48000, n + 1000), 1000, n);
    double tone = 0;
    for (double x : full) tone += x;
    CHECK(decibels(std::sqrt(between / tone)) < -80);
  }
}

TEST_CASE("two edges of a width that moves lie where they pass each other within a frame") {
  const auto& spec = *find_module("square");
  Bench b(spec, spec.kernels.front());
  b.set("freq", 100);
  b.set("gain", 1);
  const int width = b.find("width").first;
  b.move(width);
  double sum = 0;
  for (Frame f = 0; f < 48000; f += 64) { // the width goes to and fro each frame: the mean is that of each frame's own
    for (int i = 0; i < 64; ++i) b.value(width)[i] = i % 2 ? 0.99f : 0.01f;
    b.run(f, 64);
    for (int i = 0; i < 64; ++i) sum += b.output()[i];
  }
  CHECK(std::fabs(sum / 48000) < 1e-3);
}

TEST_CASE("a saw begins at 0 and rises; a square begins high") {
  const auto saw = wave("saw", 100, 48000, 100);
  CHECK(saw[0] == 0);
  for (std::size_t i = 1; i < 100; ++i) // as late as its falls will be, or it would have an offset
    CHECK(saw[i] == doctest::Approx(2 * 100 * std::max(static_cast<double>(i) - step_delay, 0.0) / 48000).epsilon(1e-4));
  CHECK(wave("square", 100, 48000, 1)[0] == doctest::Approx(1));
}

TEST_CASE("a saw overshoots by no more than its head says") {
  float peak = 0;
  for (float x : wave("saw", 441.7, 48000, 48000)) peak = std::max(peak, std::fabs(x));
  MESSAGE("peak of a saw of gain 1: ", peak);
  CHECK(peak < 1.37f); // 4/3 just after the fall, and the ramp that is drawn as late as it
}
