// SPDX-License-Identifier: GPL-3.0-or-later
// Sums of times against what they must be: whole numbers that follow from the text alone.
#include "control/exact_time.hpp"
#include "control/values.hpp"
#include <cmath>
#include <doctest/doctest.h>
#include <random>
#include <string>

using namespace chronus;
using namespace chronus::control;

namespace {

Frame sum(const char* text, int times, double rate) {
  ExactTime all;
  for (int i = 0; i < times; ++i) all += parse_exact_time({text, 1}, rate, "wait");
  return all.frames(rate);
}

} // namespace

TEST_CASE("a sum of times is rounded once, at its end") {
  CHECK(sum("125ms", 2400, 44100) == 13'230'000);
  CHECK(sum("0.01ms", 20'000, 48000) == 9600);
  CHECK(sum("10us", 20'000, 48000) == 9600);
  CHECK(sum("1fr", 1000, 44100) == 1000);
  CHECK(sum("64fr", 100'001, 48000) == 6'400'064);
  CHECK(sum("0.1", 36'000, 44100) == 158'760'000);
  CHECK(sum("0.3333333", 30'000, 96000) == 959'999'904);
  CHECK(sum("1.5min", 960, 192000) == Frame{86'400} * 192'000);
  CHECK(sum("1h", 24, 44100) == Frame{86'400} * 44'100);
}

TEST_CASE("halves of a frame go up, and nothing else moves") {
  CHECK(ExactTime(1, 2).frames(1) == 1);
  CHECK(ExactTime(1, 3).frames(1) == 0);
  CHECK(ExactTime(49'999, 100'000).frames(1) == 0);
  CHECK(ExactTime(3, 88'200).frames(44100) == 2);
}

TEST_CASE("sums of random fractions are the fractions' sums, in any order") {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    // All of them multiples of 1/(2·3·5·7·48000) s, so that whole numbers tell what their sum is.
    constexpr std::int64_t unit = 210LL * 48'000;
    std::int64_t whole = 0;
    ExactTime all;
    for (int i = 0; i < 300; ++i) {
      static constexpr std::int64_t parts[] = {unit, unit / 7, unit / 30, 210, 70, 42, 1};
      const std::int64_t part = parts[random() % std::size(parts)], count = random() % 1000;
      whole += part * count;
      all += ExactTime(count, unit / part);
    }
    CHECK(all == ExactTime(whole, unit));
    CHECK(all.frames(48000) == static_cast<Frame>((2 * whole + 210) / 420));
  }
}

TEST_CASE("denominators without a common measure are rounded to a femtosecond, not lost") {
  ExactTime all;
  double expected = 0;
  for (const int prime : {999'983, 999'979, 999'961, 999'959, 999'953, 999'931}) {
    all += ExactTime(prime - 1, prime);
    expected += static_cast<double>(prime - 1) / prime;
  }
  CHECK(std::abs(all.seconds() - expected) < 1e-13);
  CHECK(all.frames(48000) == 288'000);
}
