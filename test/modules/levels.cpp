// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Gain, mix and pan.
#include "support/module_bench.hpp"
#include <cmath>
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

TEST_CASE("gain and mix are a factor") {
  for (const char* type : {"gain", "mix"}) {
    const auto& spec = *find_module(type);
    Bench b(spec, spec.kernels.front());
    CHECK(play(b, 64, std::vector<float>(64, 0.3f))[63] == 0.3f);
    b.set("gain", -2);
    CHECK(play(b, 64, std::vector<float>(64, 0.3f))[63] == -0.6f);
  }
}

TEST_CASE("pan keeps the power, and its middle is -3.01 dB on both sides") {
  const auto& spec = *find_module("pan");
  Bench b(spec, spec.kernels.front());
  for (int i = 0; i < 64; ++i) b.input(0)[i] = 1;
  for (float pos = -1; pos <= 1; pos += 0.125f) {
    b.set("pos", pos);
    b.run(0, 64);
    const double l = b.output(0)[5], r = b.output(1)[5], angle = (pos + 1) * 3.14159265358979 / 4;
    CHECK(l * l + r * r == doctest::Approx(1).epsilon(1e-6));
    CHECK(std::fabs(l - std::cos(angle)) < 1e-6);
    CHECK(std::fabs(r - std::sin(angle)) < 1e-6);
    if (pos == 0) CHECK(l == r);
    if (pos == -1) CHECK(r == 0);
  }
}
