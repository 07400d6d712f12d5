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
      const Wide<1> step = Pitch<1>(rate)(hertz);
      const long double got = static_cast<long double>(static_cast<std::uint64_t>(step.high) << 32 | step.low) * 0x1p-64L;
      const long double want = static_cast<long double>(hertz) / static_cast<long double>(rate);
      CHECK(std::fabs(static_cast<double>(got - want) * rate * 86400) < 1e-8 + 1e-15 * hertz * 86400); // turns
    }
}

TEST_CASE("a frequency below 0 is a step backward, and one that is known to be above 0 has the same bits") {
  const Pitch<1> pitch(48000);
  for (float hertz : {0.0f, 0.01f, 440.0f, 4186.01f, 12000.0f, 23000.0f}) {
    const Wide<1> ahead = pitch(hertz), forward = pitch.forward()(hertz);
    Wide<1> sum = pitch(-hertz);
    CHECK((ahead.high == forward.high && ahead.low == forward.low));
    sum.add(ahead);
    CHECK((sum.high == 0 && sum.low == 0));
  }
}

TEST_CASE("a frequency above half the rate fades, and its phase is the true one") {
  const Pitch<1> pitch(8000);
  float value = 0, less = 0;
  const Signal<1> hertz{&value, 0};
  const auto high = [&](float x) { return value = x, pitch.is_high(hertz, 1); };
  for (float x : {0.0f, 440.0f, -440.0f, 3840.0f, -3840.0f}) CHECK((!high(x) && pitch.loudness(x) == 1));
  for (float x : {3841.0f, 15000.0f, -4000.0f, 1e6f, std::nanf(""), INFINITY}) CHECK(high(x));
  for (float x : {4000.0f, -4000.0f, 15000.0f, -1e6f}) CHECK(pitch.loudness(x) == 0);
  CHECK(pitch.loudness(-3920) == doctest::Approx(0.5).epsilon(1e-4));
  for (float x : {3900.0f, 4100.0f, -15000.0f, 999999.0f}) {
    value = x;
    CHECK(pitch.folded(hertz, 1, &less)[0] == std::remainder(x, 8000.0f));
  }
  CHECK(std::isfinite((value = std::nanf(""), pitch.folded(hertz, 1, &less)[0])));
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
