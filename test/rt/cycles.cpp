// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The callback whole, with hands in place of workers: every frame once, in order, whatever a cycle's length.
#include "rt/process.hpp"
#include "support/scenario.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

/// Fills a slot's ring up to the horizon; the sound is the frame's number.
void fill(link::Link& link, std::size_t slot, Frame& made) {
  for (; made < link.counters.horizon.get(); made += block_frames) {
    float* cell = link.rings(slot).blocks.claim();
    if (!cell) return;
    for (Frame i = 0; i < block_frames; ++i) cell[i] = static_cast<float>((made + i) % 100'003);
    link.rings(slot).blocks.keep({.frame = made});
    link.rings(slot).blocks.publish();
    link.rings(slot).progress.rendered.set(made + block_frames);
  }
}

} // namespace

TEST_CASE("every frame is played once and in order in cycles of any length from 1 to 8192") {
  link::Link link(2, 1, 0);
  link.issued.set(never);
  rt::Process process(link, 48000, 8192, true);
  std::vector<float> y(8192);
  float* out[] = {y.data()};
  process.cycle(nullptr, out, 0, rt::Process::Patience::none);
  Frame at = 0, made[2] = {0, 0};
  int wrong = 0;
  auto play = [&](int frames) {
    fill(link, 0, made[0]), fill(link, 1, made[1]);
    process.cycle(nullptr, out, frames, rt::Process::Patience::none);
    for (int i = 0; i < frames; ++i) wrong += y[static_cast<std::size_t>(i)] != static_cast<float>(at++ % 100'003);
    REQUIRE(link.counters.playhead.get() == at);
    REQUIRE(link.counters.horizon.get() == block_ceil(at + 8192));
  };
  for (int n = 1; n <= 8192; n += n < 300 ? 1 : 127) play(n);
  for (std::uint64_t i = 0; i < 300; ++i) play(1 + static_cast<int>(chance(1, i) * 8191));
  play(8192);
  CHECK(wrong == 0);
  CHECK(link.counters.starved.get() == 0);
}

TEST_CASE("where nobody asks for a lead it is two periods, but one where that is long enough; it grows with the period, and stays") {
  for (const auto& [period, lead] : {std::pair<Frame, Frame>{16, 64}, {64, 128}, {100, 256}, {256, 512}, {512, 512}, {1024, 1024}, {1000, 1024}}) {
    link::Link link(1, 1, 0);
    link.issued.set(never);
    rt::Process process(link, 48000, period, true, false, true);
    std::vector<float> y(period);
    float* out[] = {y.data()};
    process.cycle(nullptr, out, static_cast<int>(period), rt::Process::Patience::none);
    CHECK(link.counters.lead.get() == lead);
    process.refill(16);
    CHECK(link.counters.lead.get() == lead);
    process.refill(256);
    CHECK(link.counters.lead.get() == std::max<Frame>(lead, 512));
    process.refill(256, 700);
    CHECK(link.counters.lead.get() == std::max<Frame>(lead, 704));
  }
}

TEST_CASE("a period above the lead raises the lead at once, and costs that one cycle at most") {
  link::Link link(1, 1, 0);
  link.issued.set(never);
  rt::Process process(link, 48000, 64, true);
  CHECK(link.counters.lead.get() == 64);
  std::vector<float> y(1024);
  float* out[] = {y.data()};
  Frame made = 0;
  process.cycle(nullptr, out, 0, rt::Process::Patience::none);
  fill(link, 0, made);
  process.cycle(nullptr, out, 1000, rt::Process::Patience::none);
  CHECK(link.counters.lead.get() == 1024);
  CHECK(link.counters.starved.get() == 1000 - 64);
  for (int i = 0; i < 20; ++i) {
    fill(link, 0, made);
    process.cycle(nullptr, out, 1000, rt::Process::Patience::none);
  }
  CHECK(link.counters.starved.get() == 1000 - 64);
}

TEST_CASE("a slot that has stopped rendering holds up neither the playhead nor the one that is heard") {
  link::Link link(2, 1, 0);
  link.issued.set(never);
  rt::Process process(link, 48000, 256, true);
  std::vector<float> y(256);
  float* out[] = {y.data()};
  Frame made = 0, dead = 0;
  process.cycle(nullptr, out, 0, rt::Process::Patience::none);
  fill(link, 1, dead);
  for (int i = 0; i < 2000; ++i) {
    fill(link, 0, made);
    process.cycle(nullptr, out, 256, rt::Process::Patience::none);
  }
  CHECK(link.counters.starved.get() == 0);
  CHECK(link.counters.playhead.get() == 2000 * 256);
}
