// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. When a commit is cut in, which slots are told what, and what waits for it.
#include "support/rt_bench.hpp"
#include "support/scenario.hpp"
#include <set>
#include <string>

using namespace chronus;
using namespace chronus::test;

TEST_CASE("the swap comes at the frame asked for, but not before the fade before it has settled") {
  RtBench b(2, true);
  b.step(0);
  b.commit(1, 1, 5000, 480, 2);
  b.commit(2, 2, 5100, 100, 2);
  b.commit(3, 3, 20'000, 0, 2);
  b.commit(4, 4, 20'000, 0, 2);
  b.commit(5, 5, 0, 0, 2); // as soon as it can be
  for (Frame p = 0; p < 30'000; p += 256) b.step(p);
  std::vector<Frame> swaps;
  for (const Event& e : b.events())
    if (e.kind == EventKind::swap) swaps.push_back(e.frame);
  CHECK(swaps == std::vector<Frame>{5000, 5000 + 480 + 1024, 20'000, 21'024, 22'048});
  CHECK(b.link.counters.slipped.get() == 0);
}

TEST_CASE("a commit without a frame is cut in at the horizon at which it is seen") {
  RtBench b(2, true);
  b.step(0);
  b.step(1000);
  const Frame horizon = b.schedule.horizon();
  b.commit(1, 1, 0, 0, 2);
  b.step(1064);
  const auto events = b.events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].frame == horizon);
}

TEST_CASE("cut, retire, give and attach come in frame order, to the slots that they concern") {
  RtBench b(2, true);
  b.step(0);
  b.commit(1, 1, 3001, 100, 2);
  for (Frame p = 0; p < 8000; p += 64) b.step(p);
  REQUIRE(b.seen[1].size() == 2);
  CHECK(b.seen[1][0].kind == TaskKind::cut);
  CHECK(b.seen[1][0].frame == 3001);
  CHECK(number(b.seen[1][0].plan) == 100);
  CHECK(b.seen[1][1].kind == TaskKind::give);
  CHECK(b.seen[1][1].frame == 3136); // the first block after 3101
  CHECK(b.seen[1][1].other == 0);
  CHECK(number(b.seen[1][1].plan) == 101);
  REQUIRE(b.seen[0].size() == 2);
  CHECK(b.seen[0][0].kind == TaskKind::retire);
  CHECK(b.seen[0][0].frame == 3101);
  CHECK(b.seen[0][1].kind == TaskKind::attach);
  CHECK(b.seen[0][1].frame == 3136);
  CHECK(b.seen[0][1].generation == b.seen[1][1].generation);
  const auto& swap = b.schedule.gestures().swaps.front();
  CHECK((swap.at == 3001 && swap.end == 3101 && swap.slot == 1));
}

TEST_CASE("an op between the cut and the end of the fade goes to both slots, an op after it to the one that stays") {
  RtBench b(2, true);
  b.step(0);
  b.commit(1, 1, 3000, 201, 2);
  b.order(0, op_order(2999, 2, 1));
  b.order(0, op_order(3000, 3, 2));
  b.order(0, op_order(3200, 4, 3));
  b.order(0, op_order(3201, 5, 4));
  for (Frame p = 0; p < 2300; p += 64) b.step(p);
  auto values = [&](int slot) {
    std::string v;
    for (const Task& t : b.of_kind(slot, TaskKind::op)) v += std::to_string(static_cast<int>(t.op.value));
    return v;
  };
  CHECK(values(0) == "123");
  CHECK(values(1) == "1234");
  CHECK(b.seen[1][1].kind == TaskKind::cut); // before the op that came after it at the same frame
}

TEST_CASE("live, a slot that is not in sync moves the swap to a later frame, and that is counted once") {
  RtBench b(2, true);
  b.step(0);
  b.link.rings(1).progress.generation.set(99);
  b.commit(1, 1, 2000, 0, 2);
  for (Frame p = 0; p <= 3000; p += 100) {
    b.schedule.grant(p, false);
    CHECK(b.schedule.horizon() == block_ceil(p + 1024)); // nobody waits
  }
  CHECK(b.events().empty());
  CHECK(b.link.counters.slipped.get() == 1);
  b.link.rings(1).progress.generation.set(0);
  b.link.rings(1).progress.rendered.set(4096);
  const Frame horizon = b.schedule.horizon();
  b.schedule.grant(3064, false);
  const auto events = b.events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].frame >= horizon);
  CHECK(events[0].frame < block_ceil(3064 + 1024));
  CHECK(b.link.counters.slipped.get() == 1);
}

TEST_CASE("live, a slot that is behind the playhead is not in sync either") {
  RtBench b(2, true);
  b.step(0);
  b.commit(1, 1, 2000, 0, 2);
  b.link.rings(1).progress.rendered.set(500);
  b.schedule.grant(1500, false);
  CHECK(b.events().empty());
}

TEST_CASE("offline, a slot that is not in sync holds the horizon and the swap keeps its frame") {
  RtBench b(2, true);
  b.step(0, true);
  b.link.rings(1).progress.generation.set(99);
  b.commit(1, 1, 2001, 0, 2);
  for (Frame p = 0; p <= 1900; p += 100) b.schedule.grant(p, true);
  CHECK(b.schedule.horizon() == block_floor(2001));
  b.link.rings(1).progress.generation.set(0);
  b.schedule.grant(1900, true);
  CHECK(b.events().empty()); // it may have a fault yet that nobody knows of
  b.link.rings(1).progress.rendered.set(1920);
  b.schedule.grant(1900, true);
  const auto events = b.events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].frame == 2001);
  CHECK(b.link.counters.slipped.get() == 0);
}

TEST_CASE("with the spare off a slot follows for each commit, from a copy that comes with it, and rests afterwards") {
  RtBench b(2, false);
  b.step(0);
  CHECK(b.link.rings(1).tasks.read_available() == 0);
  b.order(0, op_order(1100, 1));
  b.step(200);
  CHECK(b.of_kind(1, TaskKind::op).empty());
  Commit& c = b.commit(1, 2, 4000, 0, 1);
  c.base = fake_plan(555);
  for (Frame p = 200; p < 4000; p += 64) b.step(p);
  REQUIRE(b.of_kind(0, TaskKind::give).size() == 1);
  CHECK(number(b.of_kind(0, TaskKind::give)[0].plan) == 555);
  REQUIRE(b.of_kind(1, TaskKind::cut).size() == 1);
  CHECK(b.of_kind(1, TaskKind::cut)[0].frame == 4000);
  b.order(0, op_order(6000, 3));
  for (Frame p = 4000; p < 8000; p += 64) b.step(p);
  CHECK(b.of_kind(0, TaskKind::attach).empty());
  CHECK(b.of_kind(1, TaskKind::op).size() == 1);
  CHECK(b.of_kind(0, TaskKind::op).size() == 1);
}

TEST_CASE("offline with the spare off, a commit at the frame where the horizon stands is cut in, also within a block") {
  RtBench b(2, false, 1024, 7001);
  for (Frame p = 0; p < 6976; p += 64) b.step(p, true);
  REQUIRE(b.schedule.horizon() == 7001);
  Commit& c = b.commit(1, 1, 7001, 0, 1);
  c.base = fake_plan(555);
  b.link.issued.set(never);
  for (int i = 0; i < 100; ++i) b.step(6976, true);
  CHECK(b.schedule.horizon() == 8000);
  CHECK(b.of_kind(1, TaskKind::cut).size() == 1);
}

TEST_CASE("ops on what only a pending revision has wait for its swap and hold there at once, in their order") {
  RtBench b(2, true);
  b.step(0);
  b.commit(7, 1, 4000, 0, 2);
  b.order(0, op_order(1200, 2, 1, 7));
  b.order(0, op_order(1300, 3, 2, 0));
  b.order(0, op_order(1400, 4, 3, 7));
  b.order(0, op_order(5000, 5, 4, 7));
  for (Frame p = 0; p < 4400; p += 64) b.step(p);
  const auto ops = b.of_kind(1, TaskKind::op);
  REQUIRE(ops.size() == 4);
  const Frame frames[] = {1300, 4000, 4000, 5000};
  const float values[] = {2, 1, 3, 4};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(ops[i].frame == frames[i]);
    CHECK(ops[i].op.value == values[i]);
    CHECK(ops[i].op.immediate == (frames[i] == 4000));
  }
  CHECK(b.link.counters.late.get() == 0);
}

TEST_CASE("an op that waits for an earlier revision is not kept back by one that waits for a later") {
  RtBench b(2, true);
  b.step(0);
  b.commit(1, 1, 3000, 0, 2);
  b.commit(2, 2, 9000, 0, 2);
  b.order(0, op_order(1200, 3, 2, 2));
  b.order(0, op_order(1300, 4, 1, 1));
  for (Frame p = 0; p < 9000; p += 64) b.step(p);
  const auto ops = b.of_kind(1, TaskKind::op);
  REQUIRE(!ops.empty());
  CHECK(ops[0].op.value == 1);
  CHECK(ops[0].frame == 3000);
}

TEST_CASE("whatever is committed when, with any number of slots: every swap keeps its distance and no plan is given twice") {
  for (int slots = 2; slots <= 4; ++slots)
    for (int spare = 0; spare <= 1; ++spare) {
      RtBench b(slots, spare != 0, 512);
      b.step(0);
      std::uint64_t sequence = 0, revision = 0;
      for (Frame p = 0, n = 0; p < 400'000; p += 1 + static_cast<Frame>(chance(6, ++n) * 700)) {
        if (chance(7, n) < 0.1 && b.link.commits.write_available()) {
          ++revision;
          const bool soon = chance(8, n) < 0.3;
          Commit& c = b.commit(revision, ++sequence, soon ? 0 : p + static_cast<Frame>(chance(9, n) * 5000), static_cast<Frame>(chance(10, n) * 800), spare ? slots : 1);
          if (!spare) c.base = fake_plan(revision * 100 + 50);
        }
        b.order(1, op_order(0, ++sequence));
        b.step(p);
        while (!b.schedule.gestures().swaps.empty()) b.schedule.gestures().swaps.pop();
      }
      REQUIRE(revision > 80);
      Frame before = 0, fade = 0;
      std::uint64_t swapped = 0, done = 0;
      for (const Event& e : b.events()) {
        if (e.kind == EventKind::done) {
          CHECK(e.commit->revision == ++done);
          continue;
        }
        CHECK(e.commit->revision == ++swapped);
        CHECK(e.frame >= e.commit->at);
        if (swapped > 1) CHECK(e.frame >= before + fade + 1024);
        before = e.frame, fade = e.commit->fade;
      }
      CHECK(swapped > 60);
      CHECK(done == swapped - 1);
      std::set<std::uintptr_t> given;
      for (int s = 0; s < slots; ++s) {
        Frame last = 0;
        for (const Task& t : b.seen[static_cast<std::size_t>(s)]) {
          CHECK(t.frame >= last);
          last = t.frame;
          if (t.kind == TaskKind::cut || t.kind == TaskKind::give) CHECK(given.insert(number(t.plan)).second);
        }
      }
    }
}
