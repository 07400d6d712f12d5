// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. What the outputs play out of the slots' blocks: fades, gaps, levels.
#include "rt/player.hpp"
#include "support/scenario.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

constexpr int outs = 2, ramp = 240; // 5 ms
using Sound1 = std::function<float(Frame, int)>;

struct Stage {
  explicit Stage(bool guard = false) : link(2, outs, 0), player(link, 48000, guard), ys(outs) {}

  void block(int slot, Frame frame, const Sound1& sound) {
    float* cell = link.rings(slot).blocks.claim();
    REQUIRE(cell != nullptr);
    for (int c = 0; c < outs; ++c)
      for (Frame i = 0; i < block_frames; ++i) cell[static_cast<Frame>(c) * block_frames + i] = sound(frame + i, c);
    link.rings(slot).blocks.keep({.frame = frame, .epoch = epoch(slot, frame)});
    link.rings(slot).blocks.publish();
    link.rings(slot).progress.rendered.set(frame + block_frames);
  }
  /// Before the blocks that it concerns.
  void swap(Frame at, Frame end, int to) {
    swaps.push_back({.at = at, .end = end, .slot = to, .epoch = static_cast<std::uint32_t>(swaps.size() + 1), .revision = swaps.size() + 1});
    gestures.swaps.push(swaps.back());
  }
  /// As a worker marks its blocks: the slot that is cut by the swap within them, the other once it follows again.
  std::uint32_t epoch(int slot, Frame frame) const {
    std::uint32_t e = 0;
    for (const rt::Swap& s : swaps)
      if (slot == s.slot ? frame + block_frames > s.at : frame >= s.end) e = s.epoch;
    return e;
  }
  void blocks(int slot, Frame from, Frame to, const Sound1& sound) {
    for (Frame f = from; f < to; f += block_frames) block(slot, f, sound);
  }
  void play(int frames) {
    float *out[outs];
    std::vector<float> piece[outs];
    for (int c = 0; c < outs; ++c) piece[c].assign(static_cast<std::size_t>(frames), -77), out[c] = piece[c].data();
    player.play(out, at, frames, gestures);
    at += static_cast<Frame>(frames);
    player.drop_before(at);
    for (std::size_t c = 0; c < outs; ++c) ys[c].insert(ys[c].end(), piece[c].begin(), piece[c].end());
  }
  void play_until(Frame end, int period = 256) {
    while (at < end) play(static_cast<int>(std::min<Frame>(static_cast<Frame>(period), end - at)));
  }

  link::Link link;
  rt::Player player;
  rt::Gestures gestures;
  std::vector<rt::Swap> swaps;
  Frame at = 0;
  std::vector<std::vector<float>> ys;
};

float old_sound(Frame f, int c) { return static_cast<float>(chance(1, f, static_cast<std::uint64_t>(c))) - 0.5F; }
float new_sound(Frame f, int c) { return static_cast<float>(chance(2, f, static_cast<std::uint64_t>(c))) - 0.5F; }
float flat(Frame, int) { return 1; }

float largest_step(const std::vector<float>& y) {
  float top = 0;
  for (std::size_t i = 1; i < y.size(); ++i) top = std::max(top, std::fabs(y[i] - y[i - 1]));
  return top;
}

} // namespace

TEST_CASE("a fade is old and g times the difference, and the new sound itself from its end on") {
  for (Frame fade : {0, 1, 63, 480, 1000})
    for (Frame at : {256, 301}) {
      Stage s;
      s.swap(at, at + fade, 1);
      s.blocks(0, 0, 2048, old_sound);
      s.blocks(1, 0, 2048, new_sound);
      s.play_until(2048, 100);
      for (int c = 0; c < outs; ++c)
        for (Frame f = 0; f < 2048; ++f) {
          const float a = old_sound(f, c), b = new_sound(f, c);
          const float g = f < at ? 0 : static_cast<float>(f - at) / static_cast<float>(fade);
          REQUIRE(s.ys[static_cast<std::size_t>(c)][f] == (f < at ? a : f >= at + fade ? b : a + g * (b - a)));
        }
      CHECK(s.link.counters.swaps.get() == 1);
      CHECK(s.link.counters.live.get() == 1);
      CHECK(s.link.counters.starved.get() == 0);
    }
}

TEST_CASE("where old and new are the same bits, a fade leaves them as they are") {
  Stage s;
  auto both = [](Frame f, int c) { return f % 7 ? old_sound(f, c) * 1e-3F : -0.0F; };
  s.swap(1000, 3333, 1);
  s.blocks(0, 0, 4096, both);
  s.blocks(1, 0, 4096, both);
  s.play_until(4096);
  for (Frame f = 0; f < 4096; ++f) {
    const float x = both(f, 0);
    REQUIRE((std::memcmp(&s.ys[0][f], &x, 4) == 0 || (x == 0 && s.ys[0][f] == 0)));
  }
}

TEST_CASE("cycles of any length play the same bits") {
  std::vector<std::vector<float>> first;
  for (int way = 0; way < 4; ++way) {
    Stage s;
    const auto missing = [](Frame f) { return f == 1024 || f == 2048 || f == 2112; };
    s.swap(700, 1500, 1);
    s.swap(2600, 2600, 0);
    s.gestures.levels.push({3000, 480, 0, false});
    s.gestures.levels.push({3700, 240, 1, false});
    for (Frame f = 0; f < 4096; f += block_frames) {
      if (!missing(f) && f != 768) s.block(0, f, old_sound);
      if (!missing(f) && f != 896 && f != 1408) s.block(1, f, new_sound);
    }
    for (std::uint64_t n = 0; s.at < 4096; ++n) {
      const Frame left = 4096 - s.at;
      s.play(static_cast<int>(std::min(left, way == 0 ? 4096 : way == 1 ? 1 : way == 2 ? 64 : 1 + static_cast<Frame>(chance(3, n) * 600))));
    }
    CHECK(s.link.counters.starved.get() == 192);
    if (way == 0) first = s.ys;
    else CHECK(difference(s.ys, first) == -1);
  }
}

TEST_CASE("a missing block is never a block again that was heard: a straight ramp to zero, counted, and a ramp back") {
  Stage s;
  s.blocks(0, 0, 640, flat);
  s.blocks(0, 1280, 2560, flat);
  s.play_until(2560, 128);
  CHECK(s.link.counters.starved.get() == 640);
  const auto& y = s.ys[0];
  for (Frame f = 0; f < 640; ++f) REQUIRE(y[f] == 1);
  for (Frame f = 640; f < 1280; ++f) REQUIRE(y[f] == doctest::Approx(std::max(0.0, 1 - (static_cast<double>(f) - 639) / ramp)).epsilon(1e-5));
  for (Frame f = 1280; f < 2560; ++f) REQUIRE(y[f] == doctest::Approx(std::min(1.0, (static_cast<double>(f) - 1280) / ramp)).epsilon(1e-5));
  CHECK(y[1280 + ramp] == 1);
  CHECK(largest_step(y) <= 1.0001F / ramp);
}

TEST_CASE("a short gap comes back from where it got to") {
  Stage s;
  s.blocks(0, 0, 640, flat);
  s.blocks(0, 704, 1280, flat);
  s.play_until(1280);
  CHECK(s.link.counters.starved.get() == 64);
  CHECK(largest_step(s.ys[0]) <= 1.0001F / ramp);
  CHECK(s.ys[0][703] == doctest::Approx(1 - 64.0 / ramp));
  CHECK(s.ys[0][1279] == 1);
}

TEST_CASE("a gap that begins while the sound still comes back from another goes on without a step") {
  Stage s;
  s.blocks(0, 0, 640, flat);
  s.blocks(0, 640 + 192, 640 + 192 + 64, flat);
  s.blocks(0, 1280, 2560, flat);
  s.play_until(2560);
  CHECK(largest_step(s.ys[0]) <= 1.0001F / ramp);
}

TEST_CASE("a block that is missing within a fade is covered by the other slot's, without a step; what is due is heard in the end") {
  constexpr Frame at = 301, end = at + 480;
  const auto cut = [](Frame f, int c) { return f < at ? 1 : c ? 0.25F : -1.0F; };
  constexpr int both = 2;
  for (int missing : {0, 1, both}) // the slot whose blocks they are
    for (Frame first = block_floor(at); first < end; first += block_frames)
      for (Frame until = first + block_frames; until < end + 5 * block_frames; until += block_frames) {
        CAPTURE(missing);
        CAPTURE(first);
        CAPTURE(until);
        Stage s;
        s.swap(at, end, 1);
        for (Frame f = 0; f < 2048; f += block_frames) {
          const bool there = f < first || f >= until;
          if (f < end && (missing == 1 || there)) s.block(0, f, flat);
          if (missing == 0 || there) s.block(1, f, cut);
        }
        s.play_until(2048);
        // After its end the new sound is due, which nobody else has; before the swap both slots have the old one.
        const Frame starved = missing == both ? until - first : missing == 1 && until > end ? until - end : 0;
        REQUIRE(s.link.counters.starved.get() == starved);
        if (missing == 1 || (missing == 0 && first > at)) CHECK(s.link.counters.failovers.get() == 1);
        CHECK(largest_step(s.ys[0]) <= 2.0F * (1.0F / 480 + 2.0F / ramp) + (starved ? 1.0F / ramp : 0));
        // The fade's own line until then, and from a ramp later on.
        const auto line = [&](Frame f) { return 1 - 2 * static_cast<float>(std::clamp(f, at, end) - at) / 480; };
        for (Frame f = 0; f < (missing == both ? first : std::max(first, at)); ++f) REQUIRE(s.ys[0][f] == doctest::Approx(line(f)));
        for (Frame f = until + ramp; f < 2048; ++f) REQUIRE(s.ys[0][f] == doctest::Approx(line(f)));
      }
}

TEST_CASE("what the guard mutes fades out unheard, and what comes in is open from its very frame on, whatever the cycles") {
  std::vector<std::vector<float>> first;
  for (const int period : {64, 1, 256, 2048}) {
    Stage s(true);
    s.swap(700, 1180, 1);
    s.blocks(0, 0, 2048, [](Frame f, int c) { return f < 300 ? 0.5F : old_sound(f, c) * 1e6F; });
    s.blocks(1, 0, 2048, new_sound);
    s.play_until(2048, period);
    CHECK(s.link.counters.guarded.get() == 1);
    for (Frame f = 1180 + ramp; f < 2048; ++f) REQUIRE(s.ys[1][f] == new_sound(f, 1));
    if (first.empty()) first = s.ys;
    else CHECK(difference(s.ys, first) == -1);
  }
}

TEST_CASE("blocks from before the playhead are dropped, late ones too, and free their ring") {
  Stage s;
  constexpr Frame capacity = link::SlotRings::block_capacity;
  s.blocks(0, 0, capacity * 64, flat);
  s.blocks(1, 0, capacity * 64, flat);
  CHECK(s.link.rings(1).blocks.claim() == nullptr);
  s.play(1000);
  CHECK(s.link.rings(1).blocks.space(capacity) >= 15);
  CHECK(s.link.rings(1).blocks.space(capacity) < 15 + link::BlockRing::batch);
}

TEST_CASE("ready says whether playing on would starve") {
  Stage s;
  s.blocks(0, 0, 640, old_sound);
  CHECK(s.player.ready(0, 640, s.gestures));
  CHECK_FALSE(s.player.ready(0, 641, s.gestures));
  s.swap(200, 300, 1);
  CHECK(s.player.ready(0, 200, s.gestures));
  CHECK_FALSE(s.player.ready(0, 201, s.gestures));
  s.blocks(1, 192, 1024, new_sound);
  CHECK(s.player.ready(0, 201, s.gestures));
  CHECK(s.player.ready(0, 1024, s.gestures)); // the old slot is needed up to the fade's end only
  CHECK_FALSE(s.player.ready(0, 1025, s.gestures));
}

TEST_CASE("a level goes to its target in a straight line, exactly, and the fade at the end is reported at its end") {
  Stage s;
  s.blocks(0, 0, 4096, flat);
  s.gestures.levels.push({100, 480, 0, false});
  s.gestures.levels.push({1000, 240, 1, false});
  s.gestures.levels.push({2000, 960, 0, true});
  s.play_until(2959);
  CHECK(s.link.counters.fade_over.get() == 0);
  s.play_until(4096);
  CHECK(s.link.counters.fade_over.get() == 1);
  const auto& y = s.ys[1];
  CHECK(y[99] == 1);
  for (Frame f = 100; f < 580; ++f) REQUIRE(y[f] == doctest::Approx(1 - (static_cast<double>(f) - 99) / 480).epsilon(1e-3));
  for (Frame f = 579; f < 1000; ++f) REQUIRE(y[f] == 0);
  CHECK(y[1239] == 1);
  CHECK(y[1999] == 1);
  for (Frame f = 2959; f < 4096; ++f) REQUIRE(y[f] == 0);
  CHECK(largest_step(y) <= 1.001F / 240);
}
