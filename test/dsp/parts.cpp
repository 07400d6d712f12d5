// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The parts that modules share, in their portable copy.
#include "dsp/phase.hpp"
#include "dsp/sine.hpp"
#include "dsp/step_table.hpp"
#include <cmath>
#include <doctest/doctest.h>
#include <numbers>

using namespace chronus;

TEST_CASE("n steps at once are n steps") {
  Wide<4> once{{1, 2, 0x80000000u, 0xffffffffu}, {5, 0xffffffffu, 0x12345678u, 0xfedcba98u}};
  const Wide<4> step{{0, 7, 0x7fffffffu, 0x01234567u}, {3, 0xffffffffu, 0x80000001u, 0xfffffffeu}};
  Wide<4> singly = once;
  for (int i = 0; i < 63; ++i) singly.add(step);
  once.add(step.times(63));
  for (int l = 0; l < 4; ++l) {
    CHECK(once.high[l] == singly.high[l]);
    CHECK(once.low[l] == singly.low[l]);
  }
}

TEST_CASE("a frequency becomes a step to 50 bits: nothing drifts in a day") {
  for (double rate : {44100.0, 48000.0, 192000.0})
    for (float hertz : {0.001f, 0.1f, 440.0f, 4186.01f, 19999.9f}) {
      const Wide<1> step = Pitch<1>(rate, {0.001f, 20'000})(hertz);
      const long double got = static_cast<long double>(static_cast<std::uint64_t>(step.high) << 32 | step.low) * 0x1p-64L;
      const long double want = static_cast<long double>(hertz) / static_cast<long double>(rate);
      CHECK(std::fabs(static_cast<double>(got - want) * rate * 86400) < 1e-8 + 1e-15 * hertz * 86400); // turns
    }
}

TEST_CASE("a frequency above half the rate is held below it") {
  CHECK(Pitch<1>(22050, {1, 20'000})(15000).high < 0x80000000u);
  CHECK(Pitch<1>(48000, {1, 20'000})(std::nanf("")).high == Pitch<1>(48000, {1, 20'000})(1).high);
}

TEST_CASE("the sine has exact zeros, and half turns agree with the exact sine") {
  CHECK(ScaledSine<1>(1)(0) == 0);
  CHECK(ScaledSine<1>(1)(0x80000000u) == 0);
  CHECK(ScaledSine<1>(1)(0x40000000u) == doctest::Approx(1).epsilon(1e-6));
  for (float x = -0.5f; x <= 0.5f; x += 0.001f) CHECK(std::fabs(sine_half_turns<1>(x) - std::sin(std::numbers::pi * x)) < 2e-7);
}

TEST_CASE("a band-limited step begins where the sudden one does not yet stand, and ends where it does") {
  CHECK(step_table[0][0] == doctest::Approx(-1).epsilon(1e-2));
  CHECK(std::fabs(step_table[step_phases][step_taps - 1]) < 1e-3f);
  for (int k = 0; k + 1 < step_taps; ++k) CHECK(step_table[step_phases][k] == step_table[0][k + 1]);
}
