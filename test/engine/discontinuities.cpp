// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Clean waves break off nowhere; one lost, repeated or wrong sample, a jump and a hard silence are found at their frame.
#include "control/discontinuities.hpp"
#include "support/scenario.hpp"
#include <cmath>
#include <doctest/doctest.h>
#include <functional>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

constexpr double rate = 48000;
constexpr std::size_t length = 96'000;
constexpr Frame start = 1'000'000;

using Wave = std::function<double(double)>; // of a count of frames

std::vector<float> played(const Wave& wave, std::size_t n = length) {
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = static_cast<float>(wave(static_cast<double>(i)));
  return x;
}
Wave sine(double hz, double level = 0.5) {
  return [=](double i) { return level * std::sin(2 * M_PI * hz * i / rate); };
}
Wave saw(double hz) {
  return [=](double i) { return 0.8 * (std::fmod(hz * i / rate, 1) - 0.5); };
}
Wave square(double hz) {
  return [=](double i) { return std::fmod(hz * i / rate, 1) < 0.3 ? 0.4 : -0.4; };
}
Wave noise() {
  return [](double i) { return chance(7, static_cast<std::uint64_t>(i)) - 0.5; };
}

std::vector<Discontinuity> found(const std::vector<float>& x) { return find_discontinuities(x.data(), 1, start, x.size(), rate); }

/// One break, of this kind, at this place.
void only(const std::vector<float>& x, std::size_t at, Break kind) {
  const auto all = found(x);
  REQUIRE(all.size() == 1);
  CHECK(all[0].frame == start + at);
  CHECK(all[0].kind == kind);
}

} // namespace

TEST_CASE("clean waves have no discontinuity") {
  for (double hz : {30.0, 55.0, 110.0, 440.0, 1000.0, 7999.0}) {
    CAPTURE(hz);
    CHECK(found(played(sine(hz))).empty());
    CHECK(found(played(saw(hz))).empty());
    CHECK(found(played(square(hz))).empty());
  }
  CHECK(found(played(noise())).empty());
  CHECK(found(std::vector<float>(length)).empty());
  CHECK(found({}).empty());
  CHECK(found({0.5F}).empty());
  const Wave chord = [](double i) { return sine(220, 0.2)(i) + saw(55)(i) * 0.3 + square(331)(i) * 0.2; };
  CHECK(found(played(chord)).empty());
  const Wave notes = [](double i) { // an attack of 5 ms, a decay, four times a second
    const double t = std::fmod(i / rate, 0.25);
    return sine(440)(i) * std::min(t / 0.005, 1.0) * std::max(1 - 5 * t, 0.0);
  };
  CHECK(found(played(notes)).empty());
}

TEST_CASE("each edge of a very slow square is one, and no more") {
  const auto all = found(played(square(2)));
  CHECK(all.size() == 7);
}

TEST_CASE("one lost and one repeated sample of a sine are found at their frame, where the wave is steep") {
  for (double hz : {55.0, 220.0, 440.0, 880.0})
    for (int n = 0; n < 20; ++n) {
      CAPTURE(hz);
      CAPTURE(n);
      const auto x = played(sine(hz));
      const auto at = static_cast<std::size_t>(rate / hz * (n + 30) / 2 + rate / hz * 0.1 * (n % 2)); // at most 36 degrees from the steepest
      auto lost = x, repeated = x;
      lost.erase(lost.begin() + static_cast<long>(at));
      only(lost, at, Break::jump);
      repeated.insert(repeated.begin() + static_cast<long>(at), x[at - 1]);
      only(repeated, at, Break::jump);
    }
}

TEST_CASE("a jump in phase, a step in level and one wrong sample are found at their frame") {
  auto x = played(sine(440));
  for (std::size_t i = 50'000; i < length; ++i) x[i] = static_cast<float>(sine(440)(static_cast<double>(i) + 40));
  only(x, 50'000, Break::jump);
  x = played(sine(100));
  for (std::size_t i = 30'001; i < length; ++i) x[i] += 0.05F;
  only(x, 30'001, Break::jump);
  x = played(sine(300));
  x[40'000] += 0.1F;
  only(x, 40'000, Break::jump);
  x.assign(length, 0);
  x[1234] = 0.01F;
  CHECK(found(x).front().frame == start + 1234);
}

TEST_CASE("a block that is missing is two breaks, where zeros begin and where they end, in noise too") {
  for (const Wave& wave : {sine(441, 0.5), noise(), saw(110)}) {
    auto x = played(wave);
    std::size_t from = 20'000;
    while (std::abs(x[from - 1]) < 0.3F || std::abs(x[from + 64]) < 0.3F) ++from;
    std::fill_n(x.begin() + static_cast<long>(from), 64, 0.0F);
    const auto all = found(x);
    REQUIRE(all.size() == 2);
    CHECK(all[0].frame == start + from);
    CHECK(all[0].kind == Break::to_zero);
    CHECK(all[1].frame == start + from + 64);
    CHECK(all[1].kind == Break::from_zero);
  }
}

TEST_CASE("each channel is looked at by itself") {
  const auto left = played(sine(440));
  auto right = played(sine(300));
  right[40'000] += 0.1F;
  std::vector<float> both;
  for (std::size_t i = 0; i < length; ++i) both.insert(both.end(), {left[i], right[i]});
  const auto all = find_discontinuities(both.data(), 2, start, length, rate);
  REQUIRE(all.size() == 1);
  CHECK(all[0].channel == 1);
  CHECK(all[0].frame == start + 40'000);
}
