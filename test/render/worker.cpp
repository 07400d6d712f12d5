// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Workers with tasks pushed by hand: what they render, and how a plan passes from one to another.
#include "render/worker.hpp"
#include "support/patch_kit.hpp"
#include "support/scenario.hpp"
#include <atomic>
#include <chronus/kernel.hpp>
#include <thread>

using namespace chronus;
using namespace chronus::test;
using link::TaskKind;

namespace {

struct Shop {
  explicit Shop(int slots) : link(slots, 2, 0), heard(static_cast<std::size_t>(slots)), start(heard.size(), never) {}
  ~Shop() { close(); }

  void open(int slot, render::Plan* plan) {
    workers.push_back(std::make_unique<render::Worker>(link, slot, plan));
    threads.emplace_back([w = workers.back().get()] {
      flush_denormals();
      w->run();
    });
  }
  void tell(int slot, link::Task task) { REQUIRE(link.rings(slot).tasks.push(task)); }
  void grant(Frame horizon) {
    link.counters.horizon.set(horizon);
    link.wake_all();
  }
  /// Takes a slot's blocks until it has rendered up to `to`. \return whether it got so far within 5 s
  bool take(std::size_t slot, Frame to) {
    for (int tries = 0; tries < 50'000; ++tries) {
      const bool there = link.rings(slot).progress.rendered.get() >= to;
      for (link::BlockRing& ring = link.rings(slot).blocks; const auto* h = ring.front(); ring.pop()) {
        if (start[slot] == never) start[slot] = h->frame;
        heard[slot].resize(2);
        for (int c = 0; c < 2; ++c) heard[slot][static_cast<std::size_t>(c)].insert(heard[slot][static_cast<std::size_t>(c)].end(), ring.samples(c), ring.samples(c) + block_frames);
      }
      if (there) return true;
      link.rings(slot).wake.post();
      timespec pause{0, 100'000};
      nanosleep(&pause, nullptr);
    }
    return false;
  }
  void close() {
    link.stop.set(1);
    link.wake_all();
    for (auto& t : threads) t.join();
    threads.clear();
  }

  link::Link link;
  std::vector<Heard> heard; ///< by slot
  std::vector<Frame> start;
  std::vector<std::unique_ptr<render::Worker>> workers;
  std::vector<std::thread> threads;
};

Heard from(const Heard& h, Frame frame) {
  Heard rest;
  for (const auto& c : h) rest.emplace_back(c.begin() + static_cast<long>(frame), c.end());
  return rest;
}

/// A module that lets so many blocks through, and waits within the next.
std::atomic<int> passes;
std::atomic<bool> at_the_gate;
constexpr PortSpec turnstile_outputs[] = {{"out", "its silence"}};
template <int N> struct Turnstile {
  struct State {};
  static void start(State&, const Birth&) noexcept {}
  static void run(State&, const View<N>& v) noexcept CHRONUS_REALTIME {
    const int before = static_cast<int>(v.frame() / block_frames);
    at_the_gate = before >= passes;
    while (before >= passes) {}
    for (int i = 0; i < v.frames(); ++i) v.out(output(turnstile_outputs, "out"))[i] = F<N>{};
  }
};
constexpr ModuleSpec turnstile = checked(
    {.name = "turnstile", .alias = {}, .help = "a block at a time", .inputs = {}, .outputs = turnstile_outputs, .params = {}, .kernels = kernels<Turnstile>, .source = true});

/// Long lines: 1.3 million floats of past once they are full.
Kit lines() {
  Kit k;
  return k.add("s", "saw", {{"gain", 0.1F}}, 8).spread("s", "freq", 50, 400).add("d", "delay", {{"time", 3000}}).cable("s", "d").cable("d", "out");
}

} // namespace

TEST_CASE("a worker renders up to the horizon and no further, and takes ops at their very frames") {
  const Kit k = lines();
  control::Ids ids;
  auto plan = plan_of(k.patch, ids), other = plan_of(k.patch, ids);
  Shop shop(1);
  for (Frame f : {10, 64, 100, 777}) shop.tell(0, {.kind = TaskKind::op, .frame = f, .op = set_op(ids, "s", 0, static_cast<float>(f + 100))});
  shop.open(0, plan.get());
  shop.grant(1024);
  REQUIRE(shop.take(0, 1024));
  timespec pause{0, 5'000'000};
  nanosleep(&pause, nullptr);
  CHECK(shop.link.rings(0).progress.rendered.get() == 1024);
  Heard wanted;
  other->start(0);
  Frame at = 0;
  for (Frame f : {10, 64, 100, 777}) {
    run(*other, at, f, wanted);
    other->apply(set_op(ids, "s", 0, static_cast<float>(f + 100)));
    at = f;
  }
  run(*other, at, 1024, wanted);
  CHECK(first_difference(shop.heard[0], wanted) == -1);
}

TEST_CASE("each block is told of as soon as it is whole, but where a driver waits eight at once") {
  Kit k;
  k.add("s", "sine").cable("s", "out");
  k.patch.instances.at("s") = {&turnstile, 1, {}, {}};
  control::Ids ids;
  for (const int waits : {0, 1}) {
    CAPTURE(waits);
    passes = 1;
    auto plan = plan_of(k.patch, ids);
    Shop shop(1);
    shop.link.driver_waits.set(waits);
    shop.open(0, plan.get());
    shop.grant(8 * block_frames);
    const auto& rendered = shop.link.rings(0).progress.rendered;
    if (waits == 0) CHECK(shop.take(0, block_frames));
    while (!at_the_gate) {}
    CHECK(rendered.get() == (waits ? 0 : block_frames)); // the second block is being made
    passes = 8;
    CHECK(shop.take(0, 8 * block_frames));
  }
}

TEST_CASE("a plan is given to another worker whole, and both play the same bits") {
  const Kit k = lines();
  control::Ids ids;
  auto plan = plan_of(k.patch, ids), copy = plan_of(k.patch, ids);
  Shop shop(2);
  shop.open(0, plan.get());
  shop.open(1, nullptr);
  constexpr Frame at = 160'000, end = 176'000;
  for (Frame f = 0; f < at; f += 16'000) {
    shop.grant(f + 16'000);
    REQUIRE(shop.take(0, f + 16'000));
  }
  shop.tell(0, {.kind = TaskKind::give, .other = 1, .generation = 5, .frame = at, .plan = copy.get()});
  shop.tell(1, {.kind = TaskKind::attach, .generation = 5, .frame = at, .plan = nullptr});
  shop.grant(end);
  REQUIRE(shop.take(0, end));
  REQUIRE(shop.take(1, end));
  CHECK(shop.link.rings(1).progress.generation.get() == 5);
  CHECK(shop.start[1] == at);
  CHECK(loudest(shop.heard[1][0]) > 0.01F);
  CHECK(first_difference(shop.heard[1], from(shop.heard[0], at)) == -1);
}

TEST_CASE("a worker that retires before its gift is complete still gives it whole") {
  const Kit k = lines();
  control::Ids ids;
  auto plan = plan_of(k.patch, ids), copy = plan_of(k.patch, ids);
  Shop shop(2);
  shop.open(0, plan.get());
  shop.open(1, nullptr);
  constexpr Frame at = 160'000, gone = at + 64, end = at + 8000;
  for (Frame f = 0; f < at; f += 16'000) {
    shop.grant(f + 16'000);
    REQUIRE(shop.take(0, f + 16'000));
  }
  shop.tell(0, {.kind = TaskKind::give, .other = 1, .generation = 5, .frame = at, .plan = copy.get()});
  shop.tell(1, {.kind = TaskKind::attach, .generation = 5, .frame = at, .plan = nullptr});
  shop.tell(0, {.kind = TaskKind::retire, .frame = gone, .plan = nullptr});
  shop.grant(end);
  REQUIRE(shop.take(1, end));
  auto other = plan_of(k.patch, ids);
  Heard wanted;
  other->start(0);
  run(*other, 0, end, wanted);
  CHECK(first_difference(shop.heard[1], from(wanted, at)) == -1);
}

TEST_CASE("a slot that retires within a block ends it with silence, and rests") {
  const Kit k = lines();
  control::Ids ids;
  auto plan = plan_of(k.patch, ids);
  Shop shop(1);
  shop.tell(0, {.kind = TaskKind::retire, .frame = 1000, .plan = nullptr});
  shop.open(0, plan.get());
  shop.grant(4096);
  REQUIRE(shop.take(0, 1000));
  REQUIRE(shop.heard[0][0].size() == 1024);
  CHECK(shop.heard[0][0][999] != 0);
  for (std::size_t f = 1000; f < 1024; ++f) CHECK(shop.heard[0][0][f] == 0);
  link::Handover h;
  REQUIRE(shop.link.rings(0).retired.pop(h));
  CHECK(h.plan == plan.get());
}
