// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. What the guard lets through, holds down and mutes, at any cycle length.
#include "rt/guard.hpp"
#include <cmath>
#include <cstring>
#include <doctest/doctest.h>
#include <functional>
#include <vector>

using namespace chronus;
using rt::Guard;

namespace {

using Signal = std::function<float(Frame, int)>;

/// Two channels of a signal through a guard, asked for `period` frames at a time.
struct Guarded {
  Guarded(const Signal& signal, Frame frames, int period, bool on = true) : link(2, 2, 0), guard(link, 48000, on), y(2) {
    for (Frame f = 0; f < frames; f += static_cast<Frame>(period)) {
      const int n = static_cast<int>(std::min<Frame>(static_cast<Frame>(period), frames - f));
      for (int c = 0; c < 2; ++c)
        for (int i = 0; i < n; ++i) y[static_cast<std::size_t>(c)].push_back(signal(f + static_cast<Frame>(i), c));
      float* out[] = {y[0].data() + f, y[1].data() + f};
      guard.apply(out, f, n);
    }
  }
  link::Link link;
  Guard guard;
  std::vector<std::vector<float>> y;
};

float tone(Frame f, float level) { return level * static_cast<float>(std::sin(0.05 * static_cast<double>(f))); }

} // namespace

TEST_CASE("within full scale every bit passes, minus zero and the smallest too") {
  const Signal s = [](Frame f, int c) { return f == 5 ? -0.0F : f == 6 ? 1e-42F : f == 7 ? 1.0F : f == 8 ? -1.0F : tone(f, c ? 0.99F : 0.3F); };
  const Guarded g(s, 20'000, 256);
  for (int c = 0; c < 2; ++c)
    for (Frame f = 0; f < 20'000; ++f) {
      const float x = s(f, c);
      REQUIRE(std::memcmp(&x, &g.y[static_cast<std::size_t>(c)][f], sizeof x) == 0);
    }
  CHECK(g.link.counters.clipped.get() == 0);
}

TEST_CASE("above full scale a curve without a corner stays below the ceiling, and the samples are counted") {
  const Guarded g([](Frame f, int c) { return c ? tone(f, 4) : static_cast<float>(f) * 1e-4F; }, 48'000, 100);
  float before = 0;
  for (Frame f = 0; f < 48'000; ++f) {
    REQUIRE(std::abs(g.y[0][f]) < Guard::ceiling);
    REQUIRE(std::abs(g.y[1][f]) < Guard::ceiling);
    REQUIRE(g.y[0][f] >= before);
    REQUIRE(g.y[0][f] - before <= 1.01e-4F);
    before = g.y[0][f];
  }
  CHECK(g.link.counters.clipped.get() > 38'000);
  CHECK(g.link.counters.guarded.get() == 0);
}

TEST_CASE("a constant offset above 0.1 is muted after 2 s, one below it and a slow wave never are") {
  const auto muted = [](const Signal& s) { return Guarded(s, 480'000, 256).link.counters.guarded.get() > 0; };
  CHECK(muted([](Frame f, int c) { return c ? 0.11F + tone(f, 0.5F) : 0.0F; }));
  CHECK(muted([](Frame, int c) { return c ? 0.0F : -0.2F; }));
  CHECK_FALSE(muted([](Frame f, int) { return 0.09F + tone(f, 0.5F); }));
  CHECK_FALSE(muted([](Frame f, int) { return 0.9F * static_cast<float>(std::sin(2 * M_PI * 0.3 * static_cast<double>(f) / 48000)); }));
  CHECK_FALSE(muted([](Frame f, int) { return f < 91'000 ? 0.5F : 0.0F; }));
  const Guarded g([](Frame, int c) { return c ? 0.3F : 0.05F; }, 200'000, 256);
  CHECK(g.y[1][95'999] == 0.3F);
  CHECK(g.y[1][96'000] < 0.3F);
  for (Frame f = 96'240; f < 200'000; ++f) REQUIRE((g.y[0][f] == 0 && g.y[1][f] == 0));
  CHECK(g.link.counters.guarded.get() == 1);
  CHECK(g.link.counters.guard_channel.get() == 1);
}

TEST_CASE("what has blown up is muted at once and comes back when it has been sound for a second; nothing that is not finite passes") {
  for (float bad : {1e30F, -101.0F, INFINITY, -INFINITY, NAN}) {
    const Guarded g([bad](Frame f, int c) { return f >= 10'000 && f < 12'000 && c == 0 ? bad : tone(f, 0.5F); }, 100'000, 64);
    for (const auto& y : g.y)
      for (float x : y) REQUIRE(std::abs(x) < Guard::ceiling);
    CHECK(g.y[1][9'999] == tone(9'999, 0.5F));
    for (Frame f = 10'240; f < 57'000; ++f) REQUIRE(g.y[1][f] == 0);
    CHECK(g.y[1][90'000] == tone(90'000, 0.5F));
    CHECK(g.link.counters.guarded.get() == 1);
  }
}

TEST_CASE("the guard does the same at any cycle length, and nothing when it is off") {
  const Signal wild = [](Frame f, int c) {
    const float x = tone(f, 0.4F + static_cast<float>(f % 7000) * 0.0006F) + (c && f > 60'000 ? 0.4F : 0.0F);
    return f % 120'001 == 30'000 ? 500.0F : x;
  };
  const Guarded want(wild, 400'000, 64);
  CHECK(want.link.counters.guarded.get() > 0);
  for (int period : {1, 17, 256, 1024, 8192}) {
    const Guarded got(wild, 400'000, period);
    CHECK(got.y == want.y);
  }
  const Guarded off(wild, 100'000, 256, false);
  for (Frame f = 0; f < 100'000; ++f) REQUIRE(off.y[0][f] == wild(f, 0));
}

TEST_CASE("another patch is given a chance") {
  Guarded g([](Frame, int) { return 0.5F; }, 100'000, 256);
  CHECK(g.y[0].back() == 0);
  g.guard.open();
  std::vector<float> a(1000, 0.5F), b(1000, 0.5F);
  float* out[] = {a.data(), b.data()};
  g.guard.apply(out, 100'000, 1000);
  CHECK(a[0] < 0.01F);
  CHECK(a[999] == 0.5F);
}
