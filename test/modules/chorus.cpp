// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The chorus: where its voices are, and how loud.
#include "support/module_bench.hpp"
#include "support/scenario.hpp"
#include "support/spectrum.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

Bench chorus(float voices, float depth, float mix, float feedback = 0) {
  const auto& spec = *find_module("chorus");
  Bench b(spec, spec.kernels.front());
  b.set("voices", voices - 1);
  b.set("depth", depth);
  b.set("mix", mix);
  b.set("feedback", feedback);
  return b;
}

/// The same sound into both sides.
Sound both(Bench& b, const std::vector<float>& x) {
  Sound y(2);
  for (Frame f = 0; f + block_frames <= x.size(); f += block_frames) {
    for (int side = 0; side < 2; ++side) std::memcpy(b.input(side), x.data() + f, block_frames * sizeof(float));
    b.run(f, block_frames);
    for (std::size_t side = 0; side < 2; ++side)
      y[side].insert(y[side].end(), b.output(static_cast<int>(side)), b.output(static_cast<int>(side)) + block_frames);
  }
  return y;
}

std::vector<float> noise(std::size_t frames) {
  std::vector<float> x(frames);
  for (std::size_t i = 0; i < frames; ++i) x[i] = static_cast<float>(chance(6, i) - 0.5);
  return x;
}

} // namespace

TEST_CASE("a voice that does not sway is the sound, delay later, bit for bit") {
  const auto x = noise(9600);
  Bench b = chorus(1, 0, 1);
  const auto y = both(b, x);
  for (std::size_t i = 0; i < y[0].size(); ++i) REQUIRE(y[0][i] == (i < 720 ? 0 : x[i - 720]));
  Bench dry = chorus(4, 3, 0);
  CHECK(both(dry, x)[1] == x);
}

TEST_CASE("each voice sways as its sine says") {
  const double w = 2 * std::numbers::pi * 700 / 48000;
  std::vector<float> x(96000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(std::sin(w * static_cast<double>(i)));
  for (int voices = 1; voices <= 4; ++voices) {
    Bench b = chorus(static_cast<float>(voices), 5, 1);
    b.set("rate", 1.5f);
    const auto y = both(b, x);
    const double parts[] = {0, 0.5, 0.25, 0.75};
    double worst = 0;
    for (std::size_t side = 0; side < 2; ++side)
      for (std::size_t i = 4800; i < y[side].size(); ++i) {
        double exact = 0;
        for (int k = 0; k < voices; ++k) {
          const double turn = 1.5 * static_cast<double>(i) / 48000 + parts[k] + (side ? 0.375 : 0);
          exact += std::sin(w * (static_cast<double>(i) - 720 - 240 * std::sin(2 * std::numbers::pi * turn)));
        }
        worst = std::max(worst, std::fabs(y[side][i] - exact / std::sqrt(voices)));
      }
    CAPTURE(voices);
    CHECK(worst < 5e-4);
  }
}

TEST_CASE("four voices are as loud as one, and the sides are strangers") {
  const auto x = noise(192000);
  double one = 0;
  for (float voices : {1.0f, 2.0f, 3.0f, 4.0f}) {
    CAPTURE(voices);
    Bench b = chorus(voices, 4, 1);
    const auto y = both(b, x);
    double ll = 0, lr = 0;
    for (std::size_t i = 4800; i < y[0].size(); ++i) ll += y[0][i] * y[0][i], lr += y[0][i] * y[1][i];
    if (voices == 1) one = ll;
    CHECK(std::fabs(10 * std::log10(ll / one)) < 0.5);
    CHECK(std::fabs(lr / ll) < 0.2);
  }
}

TEST_CASE("no count of voices and no feedback makes it grow") {
  for (float voices : {1.0f, 2.0f, 4.0f})
    for (float feedback : {-0.95f, 0.95f})
      for (float depth : {0.0f, 20.0f}) {
        Bench b = chorus(voices, depth, 1, feedback);
        std::vector<float> x = noise(480000);
        std::fill(x.begin() + 48000, x.end(), 0.0f);
        const auto y = both(b, x);
        double early = 0, late = 0;
        for (std::size_t i = 0; i < 48000; ++i) early = std::max<double>(early, std::fabs(y[0][i])), late = std::max<double>(late, std::fabs(y[0][i + 432000]));
        CHECK(early < 12);
        CHECK(late < 0.01);
      }
}

TEST_CASE("feedback brings the voice again, each time fainter, also where it is shorter than a block") {
  for (float ms : {10.0f, 1.0f, 0.1f}) {
    CAPTURE(ms);
    Bench b = chorus(1, 0, 1, -0.5f);
    b.set("delay", ms);
    std::vector<float> x(4800);
    x[0] = 1;
    const auto y = both(b, x)[0];
    if (ms == 0.1f) { // 4.8 frames: between them, but the sum of all is what it must be
      double sum = 0;
      for (float v : y) sum += v;
      CHECK(sum == doctest::Approx(1 / 1.5));
      continue;
    }
    const auto d = static_cast<std::size_t>(ms * 48);
    for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == doctest::Approx(i > 0 && i % d == 0 ? std::pow(-0.5, static_cast<double>(i / d - 1)) : 0));
  }
}
