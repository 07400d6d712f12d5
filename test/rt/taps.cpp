// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A recording holds exactly the frames asked for, and what it could not hold is counted.
#include "rt/player.hpp"
#include "support/scenario.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

struct Taped {
  Taped() : link(1, 2, 0), player(link, 48000), left(8192), right(8192) {}

  /// Plays on up to `end`; the sound is its own frame number.
  void play_until(Frame end, std::uint64_t seed = 0) {
    while (at < end) {
      const Frame n = std::min<Frame>(end - at, seed ? 1 + static_cast<Frame>(chance(seed, at) * 700) : 256);
      while (made < at + n) {
        float* cell = link.rings(0).blocks.claim();
        REQUIRE(cell != nullptr);
        for (Frame i = 0; i < block_frames; ++i) cell[i] = static_cast<float>(made + i), cell[block_frames + i] = -cell[i];
        link.rings(0).blocks.keep({.frame = made});
        link.rings(0).blocks.publish();
        made += block_frames;
      }
      float* out[] = {left.data(), right.data()};
      player.play(out, at, static_cast<int>(n), gestures);
      at += n;
    }
  }
  /// Takes everything out of a tap. \return whether it has ended
  bool drain(link::RecordTap& tap) {
    link::RecordTap::Chunk c;
    while (tap.chunks.pop(c)) {
      if (c.last) return true;
      for (Frame i = 0; i < c.frames; ++i) {
        float row[2];
        REQUIRE(tap.samples.pop(row, 2) == 2);
        REQUIRE(row[0] == static_cast<float>(c.frame + i));
        REQUIRE(row[1] == -static_cast<float>(c.frame + i));
        frames.push_back(c.frame + i);
      }
    }
    return false;
  }

  link::Link link;
  rt::Player player;
  rt::Gestures gestures;
  std::vector<float> left, right;
  Frame at = 0, made = 0;
  std::vector<Frame> frames;
};

} // namespace

TEST_CASE("a recording starts and ends at exactly the frames asked for, at any cycle length") {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    Taped t;
    link::RecordTap tap(2, 48000);
    t.gestures.taps.push({1001, &tap});
    t.gestures.taps.push({5003, nullptr});
    t.play_until(8000, seed);
    CHECK(t.drain(tap));
    REQUIRE(t.frames.size() == 4002);
    for (Frame i = 0; i < 4002; ++i) REQUIRE(t.frames[i] == 1001 + i);
    CHECK(tap.gaps.get() == 0);
  }
}

TEST_CASE("one recording can follow another at the same frame, and an empty one ends too") {
  Taped t;
  link::RecordTap a(2, 48000), b(2, 48000), c(2, 48000);
  t.gestures.taps.push({100, &a});
  t.gestures.taps.push({300, &b});
  t.gestures.taps.push({300, &c});
  t.gestures.taps.push({400, nullptr});
  t.play_until(1000);
  CHECK(t.drain(a));
  CHECK(t.frames.size() == 200);
  CHECK(t.drain(b));
  CHECK(t.frames.size() == 200);
  CHECK(t.drain(c));
  CHECK(t.frames.size() == 300);
  CHECK(t.frames.back() == 399);
}

TEST_CASE("frames that find the tap full are counted as a gap and left out, and the recording goes on where there is room") {
  Taped t;
  link::RecordTap tap(2, 400); // 3200 frames
  t.gestures.taps.push({0, &tap});
  t.play_until(6400);
  const std::uint64_t lost = tap.gaps.get();
  CHECK(lost == 6400 - 3200 / 256 * 256); // whole runs
  CHECK_FALSE(t.drain(tap));
  t.play_until(6656);
  t.gestures.taps.push({6656, nullptr});
  t.play_until(7000);
  CHECK(t.drain(tap));
  CHECK(tap.gaps.get() == lost);
  CHECK(t.frames.size() + lost == 6656);
  CHECK(t.frames.back() == 6655);
}

TEST_CASE("a recording that nobody reads still ends, once there is room to say so") {
  Taped t;
  link::RecordTap tap(2, 48000);
  for (int i = 0; tap.chunks.push({0, 0, false}); ++i) {}
  t.gestures.taps.push({0, &tap});
  t.gestures.taps.push({512, nullptr});
  t.play_until(1024);
  CHECK(tap.gaps.get() == 512);
  CHECK(t.gestures.taps.size() == 1);
  CHECK_FALSE(t.drain(tap));
  t.play_until(1280);
  CHECK(t.drain(tap));
  CHECK(t.gestures.taps.empty());
}
