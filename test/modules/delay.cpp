// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Echoes, frame by frame.
#include "support/module_bench.hpp"
#include <cmath>
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

std::vector<float> impulse(std::size_t frames) {
  std::vector<float> x(frames);
  x[0] = 1;
  return x;
}

} // namespace

TEST_CASE("echoes come at exactly their frames, each by feedback weaker") {
  const auto& spec = *find_module("delay");
  Bench b(spec, spec.kernels.front());
  b.set("time", 10);
  b.set("feedback", 0.5f);
  b.set("mix", 0.25f);
  const auto y = play(b, 2000, impulse(2000));
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double exact = i == 0 ? 0.75 : i % 480 == 0 ? 0.25 * std::pow(0.5, static_cast<double>(i / 480 - 1)) : 0;
    REQUIRE(y[i] == doctest::Approx(exact));
  }
}

TEST_CASE("ten seconds are ten seconds, also where the line has gone round") {
  const auto& spec = *find_module("delay");
  Bench b(spec, spec.kernels.front(), 44100);
  b.set("time", 10000);
  b.set("feedback", 1);
  b.set("mix", 1);
  const auto y = play(b, 1'400'000, impulse(1'400'000));
  for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == (i > 0 && i % 441000 == 0 ? 1.0f : 0.0f));
}

TEST_CASE("a time between frames shifts the phase of a tone by that much") {
  const auto& spec = *find_module("delay");
  Bench b(spec, spec.kernels.front());
  const double d = 100.37, w = 2 * 3.141592653589793 * 1000 / 48000;
  b.set("time", static_cast<float>(d / 48));
  b.set("mix", 1);
  std::vector<float> x(4800);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(std::sin(w * static_cast<double>(i)));
  const auto y = play(b, x.size(), x);
  for (std::size_t i = 200; i < y.size(); ++i) REQUIRE(std::fabs(y[i] - std::sin(w * (static_cast<double>(i) - d))) < 2e-4);
}

TEST_CASE("the shortest time works: two frames, with feedback") {
  const auto& spec = *find_module("delay");
  Bench b(spec, spec.kernels.front(), 8000); // 0.1 ms are less than a frame
  b.set("time", 0.1f);
  b.set("feedback", 0.5f);
  b.set("mix", 1);
  const auto y = play(b, 20, impulse(20));
  for (std::size_t i = 1; i < y.size(); ++i) CHECK(y[i] == doctest::Approx(i % 2 ? 0 : std::pow(0.5, static_cast<double>(i) / 2 - 1)));
}

TEST_CASE("in a cycle the echo is the same, not below 65 frames, and the dry sound comes a block later") {
  const auto& spec = *find_module("delay");
  for (float ms : {10.0f, 0.5f}) {
    Bench b(spec, spec.kernels.front());
    b.close_cycle();
    b.set("time", ms);
    b.set("mix", 0.5f);
    std::vector<float> y;
    for (Frame f = 0; f < 640; f += 32) {
      b.read(f, 32);
      for (Frame i = f % 64; i < f % 64 + 32; ++i) b.input(0)[i] = f + i % 32 == 0 ? 1.0f : 0.0f;
      b.run(f, 32);
      y.insert(y.end(), b.output() + f % 64, b.output() + f % 64 + 32);
    }
    const std::size_t echo = ms == 10 ? 480 : 65;
    for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == (i == 64 || i == echo ? 0.5f : 0.0f));
  }
}

TEST_CASE("what is older than the line's beginning is silence") {
  const auto& spec = *find_module("delay");
  Bench b(spec, spec.kernels.front());
  b.set("time", 5);
  b.set("mix", 1);
  const std::vector<float> ones(480, 1);
  play(b, 480, ones);
  b.histories()[0].valid_from = 448; // forgotten, all but the last 32 frames
  const auto y = play(b, 480, ones, 0, 480);
  for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == doctest::Approx(i + 480 - 240 >= 448 ? 1 : 0));
}
