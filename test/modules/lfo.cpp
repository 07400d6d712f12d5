// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The slow waves against their formulas.
#include "support/module_bench.hpp"
#include <cmath>
#include <doctest/doctest.h>
#include <numbers>

using namespace chronus;
using namespace chronus::test;

TEST_CASE("an lfo is its shape, times depth, plus offset") {
  const auto& spec = *find_module("lfo");
  for (int shape = 0; shape < 4; ++shape) {
    CAPTURE(shape);
    Bench b(spec, spec.kernels.front());
    b.set("shape", static_cast<float>(shape));
    b.set("freq", 3);
    b.set("depth", 2);
    b.set("offset", 0.5f);
    const auto sound = play(b, 48000);
    for (std::size_t i = 0; i < sound.size(); i += 7) {
      const double turns = std::fmod(3.0 * static_cast<double>(i) / 48000, 1.0);
      if (std::fabs(turns - 0.5) < 1e-6 || turns < 1e-6 || turns > 1 - 1e-6) continue; // on a corner either side is right
      const double exact[] = {std::sin(2 * std::numbers::pi * turns), turns < 0.25 ? 4 * turns : turns < 0.75 ? 2 - 4 * turns : 4 * turns - 4,
                              turns < 0.5 ? 1.0 : -1.0, turns < 0.5 ? 2 * turns : 2 * turns - 2};
      REQUIRE(sound[i] == doctest::Approx(0.5 + 2 * exact[shape]).epsilon(1e-5));
    }
    CHECK(sound[0] == doctest::Approx(shape == 2 ? 2.5 : 0.5));
  }
}
