// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Orders from several sources become tasks of every slot, in one order; the horizon follows the playhead.
#include "support/rt_bench.hpp"
#include "support/scenario.hpp"
#include <algorithm>
#include <cmath>

using namespace chronus;
using namespace chronus::test;

TEST_CASE("ops of all sources reach every slot merged by frame and sequence") {
  RtBench b(3, true, 8192);
  std::vector<std::pair<Frame, std::uint64_t>> all;
  Frame frame[2] = {1, 1};
  for (std::uint64_t sequence = 1; sequence <= 1000; ++sequence) {
    const auto source = static_cast<std::size_t>(chance(1, sequence) * 2);
    frame[source] += static_cast<Frame>(chance(2, sequence) * 4);
    b.order(source, op_order(frame[source], sequence, static_cast<float>(sequence)));
    all.push_back({frame[source], sequence});
  }
  std::sort(all.begin(), all.end());
  REQUIRE(all.back().first < 8192);
  b.schedule.grant(0, false);
  for (int slot = 0; slot < 3; ++slot) {
    const auto tasks = b.told(slot);
    REQUIRE(tasks.size() == all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      REQUIRE(tasks[i].frame == all[i].first);
      REQUIRE(tasks[i].op.value == static_cast<float>(all[i].second));
    }
  }
  CHECK(b.link.counters.late.get() == 0);
}

TEST_CASE("a late op is raised to the horizon and counted once; one that is wanted at once is never late") {
  RtBench b(2, true);
  b.step(0);
  REQUIRE(b.schedule.horizon() == 1024);
  b.order(0, op_order(500, 1, 1));
  b.order(0, op_order(1024, 3, 3));
  b.order(1, op_order(0, 2, 2));
  b.schedule.grant(64, false);
  for (int slot = 0; slot < 2; ++slot) {
    const auto tasks = b.told(slot);
    REQUIRE(tasks.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      CHECK(tasks[i].frame == 1024);
      CHECK(tasks[i].op.value == static_cast<float>(i + 1));
    }
  }
  CHECK(b.link.counters.late.get() == 1);
}

TEST_CASE("the horizon is the playhead and the lead, rounded up to a block, and never goes back") {
  RtBench b(2, true, 100);
  CHECK(b.schedule.lead() == 128);
  Frame playhead = 0;
  for (std::uint64_t i = 0; i < 300; ++i) {
    b.step(playhead);
    CHECK(b.schedule.horizon() == block_ceil(playhead + 128));
    CHECK(b.link.counters.horizon.get() == b.schedule.horizon());
    playhead += static_cast<Frame>(chance(3, i) * 200);
  }
  const Frame high = b.schedule.horizon();
  b.schedule.grant(0, false);
  CHECK(b.schedule.horizon() == high);
  b.schedule.raise_lead(1000);
  b.schedule.raise_lead(10);
  CHECK(b.schedule.lead() == 1024);
  b.step(playhead);
  CHECK(b.schedule.horizon() == block_ceil(playhead + 1024));
}

TEST_CASE("the horizon stands at the very frame up to which the sources have issued, and what holds there is passed on") {
  RtBench b(2, true, 4096, 777);
  for (std::uint64_t s = 1; s <= 5; ++s) b.order(0, op_order(777, s));
  b.order(0, op_order(778, 6));
  b.schedule.grant(0, true);
  CHECK(b.schedule.horizon() == 777);
  CHECK(b.told(0).size() == 5);
  CHECK(b.told(1).size() == 5);
  b.link.issued.set(never);
  b.schedule.grant(0, true);
  CHECK(b.schedule.horizon() == 4096);
  CHECK(b.told(0).size() == 1);
  CHECK(b.link.counters.late.get() == 0);
}

TEST_CASE("a storm of ops that fills a slot's ring waits in its source, and none is lost or out of order") {
  RtBench b(2, true);
  b.step(0);
  constexpr std::uint64_t storm = 40'000;
  std::uint64_t sent = 0, got = 0;
  for (Frame playhead = 64; got < storm; playhead += 64) {
    while (sent < storm && b.link.orders[1]->push(op_order(0, sent + 1, static_cast<float>(sent)))) ++sent;
    b.schedule.grant(playhead, false);
    REQUIRE(playhead < 64 * 100);
    REQUIRE(b.schedule.horizon() == playhead + b.schedule.lead()); // the sound goes on
    if (playhead % 256) continue; // the workers are slow
    const auto one = b.told(0), other = b.told(1);
    REQUIRE(one.size() == other.size());
    for (std::size_t i = 0; i < one.size(); ++i, ++got) {
      REQUIRE(one[i].op.value == static_cast<float>(got));
      REQUIRE(other[i].op.value == static_cast<float>(got));
      REQUIRE((i == 0 || one[i].frame >= one[i - 1].frame));
    }
  }
  CHECK(b.link.orders[1]->read_available() == 0);
}

TEST_CASE("a storm comes in portions by the frames that were played, however long the lead is") {
  RtBench b(2, true, 8192);
  b.step(64);
  for (std::uint64_t s = 1; s <= 10'000; ++s) b.order(1, op_order(0, s));
  std::size_t got = 0;
  Frame playhead = 64;
  for (Frame played : {64, 128, 64}) {
    b.schedule.grant(playhead += played, false);
    got += b.told(0).size();
    CHECK(10'000 - b.link.orders[1]->read_available() == got);
    CHECK(b.told(1).size() == 1024 + 24 * played);
  }
  b.schedule.grant(playhead + 64, true); // who waits takes them all
  CHECK(b.link.orders[1]->read_available() == 0);
}

TEST_CASE("a panic shuts the outputs, forgets a moment later, purges the gates that are queued, and a gate opens again") {
  RtBench b(2, true);
  b.step(0);
  Order panic{};
  panic.kind = OrderKind::panic;
  panic.sequence = 10;
  Order gate = op_order(1500, 5, 1);
  gate.op.kind = OpKind::gate;
  b.order(0, gate);
  b.order(0, op_order(1550, 6, 6)); // the table has that value: it stays
  b.order(0, op_order(1600, 11, 11));
  b.order(1, panic);
  b.schedule.grant(64, false);
  const auto& levels = b.schedule.gestures().levels;
  REQUIRE(levels.size() == 1);
  CHECK(levels.front().at == 1024);
  CHECK(levels.front().to == 0);
  b.told(0), b.told(1);
  b.step(1200);
  REQUIRE(b.seen[0].size() == 3);
  CHECK(b.seen[0][0].kind == TaskKind::panic);
  CHECK(b.seen[0][0].frame == 1024 + levels.front().frames);
  CHECK(b.seen[0][1].op.value == 6);
  CHECK(b.seen[0][2].op.value == 11);
  CHECK(levels.size() == 1); // a set opens nothing
  gate.frame = 0, gate.sequence = 12;
  b.order(1, gate);
  b.step(1264);
  CHECK(levels.size() == 2);
}

TEST_CASE("what comes in at the ports reaches every slot with one delay of lead and block, at any cycle length") {
  Link link(2, 1, 2);
  link.issued.set(never);
  rt::Schedule schedule(link, 48000, 1024, true);
  std::vector<float> left(8192), right(8192);
  const float* in[] = {left.data(), right.data()};
  constexpr Frame delay = 1024 + 64;
  Frame playhead = 0, heard[2] = {0, 0};
  for (std::uint64_t n = 0; playhead < 60'000; ++n) {
    const int frames = 1 + static_cast<int>(chance(4, n) * 1024);
    for (int i = 0; i < frames; ++i) left[static_cast<std::size_t>(i)] = static_cast<float>(playhead + static_cast<Frame>(i) + 1), right[static_cast<std::size_t>(i)] = -left[static_cast<std::size_t>(i)];
    schedule.inputs().capture(in, playhead, frames);
    playhead += static_cast<Frame>(frames);
    schedule.grant(playhead, false);
    for (std::size_t s = 0; s < 2; ++s) {
      link.rings(s).progress.rendered.set(schedule.horizon());
      for (BlockRing& ring = link.rings(s).inputs; const BlockHeader* h = ring.front(); ring.pop(), heard[s] += block_frames) {
        REQUIRE(h->frame == heard[s]);
        for (Frame i = 0; i < block_frames; ++i) {
          const Frame f = heard[s] + i;
          const float wanted = f < delay ? 0 : static_cast<float>(f - delay + 1);
          REQUIRE(ring.samples(0)[i] == wanted);
          REQUIRE(ring.samples(1)[i] == -wanted);
        }
      }
    }
    REQUIRE(heard[0] == schedule.horizon());
  }
}

TEST_CASE("what is no sound at the ports comes in as silence") {
  Link link(2, 1, 1);
  link.issued.set(never);
  rt::Schedule schedule(link, 48000, 64, true);
  const std::vector<float> bad = {NAN, -NAN, INFINITY, -INFINITY, 1e30F, -1e6F, 0.5F, -2};
  const std::vector<float> good = {0, 0, 0, 0, 0, 0, 0.5F, -2};
  std::vector<float> in(64);
  for (std::size_t i = 0; i < 64; ++i) in[i] = bad[i % bad.size()];
  const float* ports[] = {in.data()};
  for (Frame playhead = 0; playhead < 640; playhead += 64) {
    schedule.inputs().capture(ports, playhead, 64);
    schedule.grant(playhead + 64, false);
  }
  BlockRing& ring = link.rings(0).inputs;
  int blocks = 0;
  for (; const BlockHeader* h = ring.front(); ring.pop())
    if (h->frame >= 128) {
      ++blocks;
      for (std::size_t i = 0; i < 64; ++i) REQUIRE(ring.samples(0)[i] == good[i % good.size()]);
    }
  CHECK(blocks > 5);
}

TEST_CASE("of ops that wait for a swap, what a later word for the same target makes void can be forgotten") {
  auto waiting = std::make_unique<rt::WaitingOps>();
  auto say = [&](std::uint64_t revision, std::uint32_t module, std::uint16_t lane, float value) {
    waiting->push({.kind = link::OrderKind::op, .revision = revision, .op = {link::OpKind::set, true, 1, lane, module, value}});
  };
  for (std::size_t i = 0; i < rt::WaitingOps::capacity - 4; ++i) say(2, 0, static_cast<std::uint16_t>(i % 4), static_cast<float>(i));
  say(2, 7, 3, 1);
  say(2, 7, link::all_lanes, 2);
  say(2, 7, 3, 3);
  say(3, 7, link::all_lanes, 4);
  CHECK(waiting->full());
  waiting->forget_void();
  std::vector<float> left;
  for (; !waiting->empty(); waiting->pop()) left.push_back(waiting->front().op.value);
  const auto last = static_cast<float>(rt::WaitingOps::capacity - 5);
  CHECK(left == std::vector<float>{last - 3, last - 2, last - 1, last, 2, 3, 4});
}
