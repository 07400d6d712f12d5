// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Slots that hang are given up, and others follow in their place; no more than were asked for at once. No worker.
#include "support/rt_bench.hpp"
#include <algorithm>

using namespace chronus;
using namespace chronus::test;

namespace {

/// Grants a block at a time; of the slots only these render, and the others obey nothing.
void go(RtBench& b, Frame& playhead, Frame frames, std::initializer_list<int> alive) {
  for (const Frame end = playhead + frames; playhead < end; playhead += 64) {
    b.schedule.grant(playhead, false);
    for (int i : alive) b.told(i);
  }
}

std::uint32_t dismissals(const RtBench& b, int slot) { return b.link.rings(slot).dismissal.get(); }

void answer(RtBench& b, int slot) { b.link.rings(slot).progress.dismissal.set(dismissals(b, slot)); }

std::size_t wants(RtBench& b) {
  const auto all = b.events();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const Event& e) { return e.kind == EventKind::wants; }));
}

} // namespace

TEST_CASE("a spare that renders nothing for a second is given up; a slot more, once it is there, follows in its place") {
  RtBench b(2, true);
  Frame playhead = 0;
  go(b, playhead, 48'000, {0});
  CHECK(dismissals(b, 1) == 0);
  go(b, playhead, 3000, {0});
  CHECK(dismissals(b, 1) == 1);
  CHECK(wants(b) == 0); // for whom?
  b.link.add_slot();
  go(b, playhead, 64, {0, 2});
  CHECK(wants(b) == 1);
  REQUIRE(b.link.supplies.push({fake_plan(7), 0}));
  go(b, playhead, 4096, {0, 2});
  REQUIRE(b.of_kind(2, TaskKind::attach).size() == 1);
  CHECK(b.of_kind(0, TaskKind::give)[0].other == 2);
  // The worker returns; its slot rests, for as many follow as were asked for.
  answer(b, 1);
  go(b, playhead, 4096, {0, 1, 2});
  CHECK(b.of_kind(1, TaskKind::attach).empty());
  CHECK(wants(b) == 0);
  // Until another is lost.
  b.link.rings(2).progress.failures.set(1);
  go(b, playhead, 64, {0, 1, 2});
  CHECK(wants(b) == 1);
  REQUIRE(b.link.supplies.push({fake_plan(8), 0}));
  go(b, playhead, 64, {0, 1, 2});
  CHECK(b.of_kind(1, TaskKind::attach).size() == 1);
}

TEST_CASE("a slot that does not take the plan it has been given is given up a second after that, and not before") {
  RtBench b(2, true);
  Frame playhead = 0;
  b.link.rings(1).progress.failures.set(1);
  go(b, playhead, 64, {0});
  answer(b, 1);
  REQUIRE(b.link.supplies.push({fake_plan(7), 0}));
  go(b, playhead, 100'000, {0}); // the giver takes its time
  CHECK(dismissals(b, 1) == 1);
  const auto attached = b.told(1, false);
  REQUIRE(!attached.empty());
  b.link.rings(1).progress.given.set(attached[0].generation);
  go(b, playhead, 47'000, {0});
  CHECK(dismissals(b, 1) == 1);
  go(b, playhead, 3000, {0});
  CHECK(dismissals(b, 1) == 2);
}

TEST_CASE("live that renders nothing for a second, where nobody else plays, is given up, and another begins anew") {
  RtBench b(2, false);
  Frame playhead = 0;
  go(b, playhead, 51'200, {});
  CHECK(dismissals(b, 0) == 1);
  CHECK(b.schedule.gestures().all_lost);
  CHECK(wants(b) == 1);
  REQUIRE(b.link.supplies.push({fake_plan(7), 0}));
  go(b, playhead, 64, {1});
  REQUIRE(b.of_kind(1, TaskKind::attach).size() == 1);
  CHECK(number(b.of_kind(1, TaskKind::attach)[0].plan) == 7);
}

TEST_CASE("with the spare off, a slot that was to follow for a swap and was lost is made anew for it") {
  RtBench b(2, false);
  Frame playhead = 0;
  go(b, playhead, 64, {0});
  Commit& c = b.commit(1, 1, 20'000, 0, 1);
  c.base = fake_plan(555);
  go(b, playhead, 64, {0, 1});
  REQUIRE(b.of_kind(1, TaskKind::attach).size() == 1);
  b.link.rings(1).progress.failures.set(1);
  go(b, playhead, 64, {0});
  answer(b, 1);
  go(b, playhead, 64, {0, 1});
  CHECK(wants(b) == 1);
  REQUIRE(b.link.supplies.push({fake_plan(7), 0}));
  go(b, playhead, 20'000, {0, 1});
  CHECK(b.of_kind(1, TaskKind::attach).size() == 2);
  CHECK(b.schedule.gestures().swaps.front().at == 20'000);
}

TEST_CASE("with the spare off, a fault that is long over costs nothing at the next swap: the slot that comes in was not there") {
  RtBench b(2, false);
  Frame playhead = 0;
  go(b, playhead, 15'040, {0});
  b.link.rings(0).progress.tainted_until.set(10'048);
  b.commit(1, 1, 20'000, 480, 1).base = fake_plan(555);
  go(b, playhead, 5000, {0, 1});
  REQUIRE(b.schedule.gestures().swaps.front().slot == 1);
  for (; playhead < 20'480; playhead += 64) {
    b.step(playhead);
    REQUIRE(dismissals(b, 0) == 0);
  }
  CHECK(b.of_kind(0, TaskKind::retire).size() == 1);
}
