// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The envelope, frame by frame.
#include "support/module_bench.hpp"
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

struct Envelope {
  explicit Envelope(double rate = 48000) : bench(*find_module("adsr"), find_module("adsr")->kernels.front(), rate) { bench.disconnect(); }
  std::vector<float> play(std::size_t frames) {
    auto sound = test::play(bench, frames, {}, 0, now);
    now += frames;
    return sound;
  }
  Bench bench;
  Frame now = 0;
};

} // namespace

TEST_CASE("each segment ends at exactly its frame, at any rate") {
  for (double rate : {44100.0, 48000.0, 96000.0, 192000.0})
    for (float attack : {0.01f, 1.0f, 10.0f, 33.3f}) {
      CAPTURE(rate);
      CAPTURE(attack);
      Envelope e(rate);
      e.bench.set("attack", attack);
      e.bench.set("decay", 20);
      e.bench.set("sustain", 0.25f);
      e.bench.set("release", 30);
      CHECK(e.play(100).back() == 0);
      e.bench.gate(0, true);
      const auto n = static_cast<std::size_t>(std::max(1.0, std::ceil(static_cast<double>(attack) * rate / 1000 - 0.001)));
      const auto d = static_cast<std::size_t>(std::ceil(20 * rate / 1000)), r = static_cast<std::size_t>(std::ceil(30 * rate / 1000));
      const auto on = e.play(n + d + 1000);
      CHECK(on[0] == 0);
      CHECK(std::find(on.begin(), on.end(), 1.0f) - on.begin() == static_cast<std::ptrdiff_t>(n));
      CHECK(std::find(on.begin() + static_cast<std::ptrdiff_t>(n), on.end(), 0.25f) - on.begin() == static_cast<std::ptrdiff_t>(n + d));
      for (std::size_t k = 0; k <= n; ++k) REQUIRE(on[k] == doctest::Approx(static_cast<double>(k) / static_cast<double>(n)).epsilon(1e-6));
      e.bench.gate(0, false);
      const auto off = e.play(r + 100);
      CHECK(off[0] == 0.25f);
      CHECK(std::find(off.begin(), off.end(), 0.0f) - off.begin() == static_cast<std::ptrdiff_t>(r));
      for (std::size_t k = r; k < off.size(); ++k) REQUIRE(off[k] == 0);
    }
}

TEST_CASE("a minute's attack lasts a minute, to the frame") {
  Envelope e(96000);
  e.bench.set("attack", 60000);
  e.bench.gate(0, true);
  const std::size_t n = 60 * 96000;
  const auto on = e.play(n + 10);
  // So near the end 24 bits show the same 1 for some frames: what counts is where the decay begins.
  CHECK(on[n] == 1);
  CHECK(on[n + 1] < 1);
  CHECK(on[n / 2] == doctest::Approx(0.5).epsilon(1e-6));
}

TEST_CASE("a gate opened again rises from where it is, and one closed in the attack falls from there") {
  Envelope e;
  e.bench.set("sustain", 0.5f);
  e.bench.set("attack", 10);
  e.bench.gate(0, true);
  e.play(240);
  e.bench.gate(0, false); // at half height
  const auto off = e.play(480);
  CHECK(off[0] == doctest::Approx(0.5).epsilon(1e-6));
  CHECK(off[479] < off[0]);
  const float last = off.back();
  e.bench.gate(0, true);
  const auto on = e.play(481);
  CHECK(on[0] == doctest::Approx(last).epsilon(0.01));
  CHECK(on[480] == 1);
  e.bench.gate(0, true); // once more while it is open
  const auto again = e.play(481);
  CHECK(again[0] == doctest::Approx(1).epsilon(0.01));
  CHECK(again[480] == 1);
}

TEST_CASE("a second closing does not prolong the release") {
  Envelope e;
  e.bench.gate(0, true);
  e.play(48000);
  e.bench.gate(0, false);
  e.play(4800);
  e.bench.gate(0, false);
  const auto rest = e.play(4801);
  CHECK(rest[4799] > 0);
  CHECK(rest[4800] == 0);
}

TEST_CASE("with a cable the envelope multiplies, without one it comes out itself") {
  const auto& spec = *find_module("adsr");
  Bench b(spec, spec.kernels.front());
  b.gate(0, true);
  const auto sound = play(b, 24000, std::vector<float>(24000, -2.0f));
  CHECK(sound[480] == -2);
  CHECK(sound[20000] == doctest::Approx(-1.4));
}

TEST_CASE("a time that moves bends the rest of the segment") {
  Envelope e;
  e.bench.set("attack", 20);
  e.bench.gate(0, true);
  e.play(480); // half of the way
  e.bench.set("attack", 10);
  const auto on = e.play(300);
  CHECK(on[239] < 1);
  CHECK(on[240] == 1);
}
