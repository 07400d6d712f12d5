// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The callback's side alone: orders and commits go in by hand, tasks are looked at, blocks are made by hand. No worker.
#pragma once
#include "rt/schedule.hpp"
#include <doctest/doctest.h>
#include <vector>

namespace chronus::test {

using namespace link;

/// The schedule does nothing with a plan but pass it on: any number will do.
inline render::Plan* fake_plan(std::uintptr_t n) { return reinterpret_cast<render::Plan*>(n); }
inline std::uintptr_t number(const render::Plan* p) { return reinterpret_cast<std::uintptr_t>(p); }

inline Order op_order(Frame frame, std::uint64_t sequence, float value = 0, std::uint64_t revision = 0) {
  Order o{};
  o.kind = OrderKind::op;
  o.frame = frame;
  o.sequence = sequence;
  o.revision = revision;
  o.op = {OpKind::set, false, 0, all_lanes, 7, value};
  return o;
}

struct RtBench {
  RtBench(int slots, bool spare, Frame lead = 1024, Frame issued = never) : link(slots, 1, 0), schedule(link, 48000, lead, spare), seen(max_slots) {
    link.issued.set(issued);
  }

  void order(std::size_t source, const Order& o) { REQUIRE(link.orders[source]->push(o)); }
  Commit& commit(std::uint64_t revision, std::uint64_t sequence, Frame at, Frame fade, int copies) {
    commits.push_back(std::make_unique<Commit>(Commit{revision, sequence, at, fade, {}, nullptr, 0}));
    for (int i = 0; i < copies; ++i) commits.back()->plans[i] = fake_plan(revision * 100 + static_cast<std::uintptr_t>(i));
    REQUIRE(link.commits.push(commits.back().get()));
    return *commits.back();
  }

  /// What a slot was told since the last look; the slot is in step with all of it where `obeys`.
  std::vector<Task> told(int slot, bool obeys = true) {
    SlotRings& r = link.rings(slot);
    std::vector<Task> tasks;
    Task t;
    while (r.tasks.pop(t)) {
      tasks.push_back(t);
      seen[static_cast<std::size_t>(slot)].push_back(t);
      if (obeys && (t.kind == TaskKind::cut || t.kind == TaskKind::attach)) r.progress.generation.set(t.generation);
    }
    if (obeys) r.progress.rendered.set(schedule.horizon());
    return tasks;
  }
  /// Grants up to the playhead and lets all slots follow.
  void step(Frame playhead, bool may_wait = false) {
    schedule.grant(playhead, may_wait);
    for (int i = 0; i < link.count(); ++i) told(i);
  }
  std::vector<Event> events() {
    std::vector<Event> all;
    Event e;
    while (link.events.pop(e)) all.push_back(e);
    return all;
  }
  /// All tasks of a kind that a slot has ever seen.
  std::vector<Task> of_kind(int slot, TaskKind kind) const {
    std::vector<Task> some;
    for (const Task& t : seen[static_cast<std::size_t>(slot)])
      if (t.kind == kind) some.push_back(t);
    return some;
  }

  Link link;
  rt::Schedule schedule;
  std::vector<std::unique_ptr<Commit>> commits;
  std::vector<std::vector<Task>> seen;
};

} // namespace chronus::test
