// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The limiter's ceiling, and what it leaves alone.
#include "support/module_bench.hpp"
#include "support/scenario.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

Bench limiter(float ceiling, float release, double rate = 48000) {
  const auto& spec = *find_module("limiter");
  Bench b(spec, spec.kernels.front(), rate);
  b.set("ceiling", ceiling);
  b.set("release", release);
  return b;
}

Sound limited(Bench& b, const std::vector<float>& left, const std::vector<float>& right) {
  Sound y(2);
  for (Frame f = 0; f + block_frames <= left.size(); f += block_frames) {
    std::memcpy(b.input(0), left.data() + f, block_frames * sizeof(float));
    std::memcpy(b.input(1), right.data() + f, block_frames * sizeof(float));
    b.run(f, block_frames);
    for (std::size_t side = 0; side < 2; ++side)
      y[side].insert(y[side].end(), b.output(static_cast<int>(side)), b.output(static_cast<int>(side)) + block_frames);
  }
  return y;
}

template <class Wave> std::vector<float> sound(std::size_t frames, Wave&& wave) {
  std::vector<float> x(frames);
  for (std::size_t i = 0; i < frames; ++i) x[i] = static_cast<float>(wave(i));
  return x;
}

} // namespace

TEST_CASE("no frame is above the ceiling: impulses, squares, bursts, noise 40 dB over and more") {
  constexpr std::size_t n = 64000;
  const auto noise = [](double gain, std::uint64_t seed) { return [=](std::size_t i) { return gain * (chance(seed, i) * 2 - 1); }; };
  const std::vector<float> loud[] = {
      sound(n, [](std::size_t i) { return i % 1001 == 0 ? (i % 2002 ? -1e3 : 7.3) : 0.1; }),
      sound(n, [](std::size_t i) { return i % 377 < 188 ? 2.0 : -2.0; }),
      sound(n, noise(100, 1)),
      sound(n, noise(1e5, 2)),
      sound(n, [](std::size_t i) { return i / 3000 % 2 ? 30 * std::sin(0.05 * static_cast<double>(i)) : 0.2; }),
      sound(n, [](std::size_t i) { return std::pow(1.001, static_cast<double>(i % 20000)) * (chance(3, i) * 2 - 1); }),
      sound(n, [](std::size_t i) { return 0.25 + chance(4, i) * 0.0001; }), // just above one of the ceilings
  };
  for (double rate : {8000.0, 44100.0, 48000.0, 192000.0, 384000.0})
    for (float ceiling : {0.25f, 0.95f, 1.0f})
      for (float release : {1.0f, 100.0f})
        for (const auto& x : loud) {
          Bench b = limiter(ceiling, release, rate);
          const auto y = limited(b, x, loud[2]);
          float peak = 0;
          for (const auto& side : y)
            for (float v : side) peak = std::max(peak, std::fabs(v));
          CHECK(peak <= ceiling);
          CHECK(peak > ceiling * 0.7f);
        }
}

TEST_CASE("what stays below the ceiling comes out bit for bit, 1.3 ms later at 48 kHz") {
  for (auto [rate, late] : {std::pair{44100.0, 63}, {48000.0, 63}, {96000.0, 127}, {192000.0, 255}}) {
    const auto x = sound(9600, [](std::size_t i) { return 0.95 * (chance(5, i) * 2 - 1); });
    Bench b = limiter(0.95f, 100, rate);
    const auto y = limited(b, x, x);
    for (std::size_t i = 0; i < x.size(); ++i) {
      REQUIRE(y[0][i] == (i < static_cast<std::size_t>(late) ? 0 : x[i - static_cast<std::size_t>(late)]));
      REQUIRE(y[1][i] == y[0][i]);
    }
  }
}

TEST_CASE("after a peak the gain comes back by its time constant, and to exactly 1") {
  const auto left = sound(96000, [](std::size_t i) { return i == 4800 ? 5.0 : 0.0; });
  const auto right = sound(96000, [](std::size_t) { return 0.125; });
  Bench b = limiter(0.5f, 100);
  const auto y = limited(b, left, right);
  const auto gain = [&](std::size_t i) { return y[1][i] / 0.125; };
  CHECK(gain(4863) == doctest::Approx(0.1).epsilon(1e-4)); // linked: the left side's peak turns the right side down too
  CHECK(gain(4863 + 4800) == doctest::Approx(1 - 0.9 * std::exp(-1)).epsilon(0.03));
  CHECK(y[1][4799] == 0.125f);
  for (std::size_t i = 72000; i < y[1].size(); ++i) REQUIRE(y[1][i] == 0.125f);
  double steepest = 0;
  for (std::size_t i = 64; i < y[1].size(); ++i) steepest = std::max(steepest, std::fabs(gain(i) - gain(i - 1)));
  CHECK(steepest < 0.9 / 31); // over 32 frames and more: no corner, no click
}

TEST_CASE("gain is before the ceiling") {
  const auto x = sound(4800, [](std::size_t i) { return 0.2 * std::sin(0.1 * static_cast<double>(i)); });
  Bench b = limiter(0.9f, 1000);
  b.set("gain", 2);
  const auto y = limited(b, x, x);
  for (std::size_t i = 63; i < 4800; ++i) REQUIRE(y[0][i] == 2 * x[i - 63]);
}
