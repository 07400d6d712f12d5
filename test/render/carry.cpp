// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. One plan takes over from another, by carrying or by copying, and no bit tells when.
#include "support/patch_kit.hpp"

using namespace chronus;
using namespace chronus::test;

namespace {

constexpr Frame cut = 20011, end = 36000; // within a block, and after the delays have begun to sound

/// The patch, played without a break; a value is on its way at the cut.
Heard unbroken(const control::Patch& patch, control::Ids& ids, const std::vector<link::Op>& at_cut = {}) {
  auto plan = plan_of(patch, ids);
  plan->start(0);
  Heard heard;
  run(*plan, 0, cut - 50, heard);
  plan->apply(set_op(ids, "sine_5", 0, 700));
  run(*plan, cut - 50, cut, heard);
  for (const auto& op : at_cut) plan->apply(op);
  run(*plan, cut, end, heard);
  return heard;
}

/// The same up to the cut; there `next` takes over.
Heard carried(const control::Patch& patch, const control::Patch& next, control::Ids& ids) {
  auto plan = plan_of(patch, ids);
  auto young = plan_of(next, ids, &patch);
  plan->start(0);
  young->start(0);
  Heard heard, rehearsal;
  run(*young, 0, 512, rehearsal); // what is rehearsed leaves no trace
  run(*plan, 0, cut - 50, heard);
  plan->apply(set_op(ids, "sine_5", 0, 700));
  run(*plan, cut - 50, cut, heard);
  young->carry_from(*plan, cut);
  plan.reset(); // nothing of it is used any more
  run(*young, cut, end, heard);
  return heard;
}

} // namespace

TEST_CASE("where nothing changed, the plan that takes over goes on with the same bits") {
  const Kit k = everything();
  control::Ids ids;
  CHECK(first_difference(carried(k.patch, k.patch, ids), unbroken(k.patch, ids)) == -1);
}

TEST_CASE("a module that comes or goes elsewhere changes no bit of what stays") {
  Kit k = everything();
  k.add("gone", "noise").cable("gone", "out.2");
  for (auto& c : k.patch.cables)
    if (c.to.module == control::out_name && c.to.port == 0) c.to.port = 1;
  Kit next = k;
  next.patch.instances.erase("gone");
  std::erase_if(next.patch.cables, [](const auto& c) { return c.from.module == "gone"; });
  next.add("aaa", "saw").add("zzz", "delay").cable("aaa", "zzz").cable("zzz", "out.2");
  control::Ids ids;
  Heard a = carried(k.patch, next.patch, ids), b = unbroken(k.patch, ids);
  CHECK(first_difference({a[1]}, {b[1]}) == static_cast<long>(cut));
  CHECK(first_difference({a[0]}, {b[0]}) == -1);
}

TEST_CASE("a staged parameter takes its value at the cut, all others stay where they are on their way") {
  const Kit k = everything();
  Kit next = k;
  next.set("saw_19", "gain", 0.31F).set("biquad_5", "mode", 2);
  control::Ids ids;
  const Heard a = carried(k.patch, next.patch, ids), plain = unbroken(k.patch, ids);
  const Heard b = unbroken(k.patch, ids, {set_op(ids, "saw_19", param_of(*find_module("saw"), "gain"), 0.31F, true),
                                          set_op(ids, "biquad_5", param_of(*find_module("biquad"), "mode"), 2, true)});
  CHECK(first_difference(a, plain) >= static_cast<long>(cut));
  CHECK(first_difference(a, b) == -1);
}

TEST_CASE("a gate that the patch opens or closes is opened or closed at the cut, an open one is not struck again") {
  Kit k;
  k.add("a", "adsr", {{"decay", 20}}).gate("a").add("b", "adsr").gate("b").add("c", "adsr");
  k.cable("a", "out.1").cable("b", "out.2").cable("c", "out.3");
  Kit next = k;
  next.gate("b", false).gate("c");
  control::Ids ids;
  auto plan = plan_of(k.patch, ids, nullptr, 3), young = plan_of(next.patch, ids, &k.patch, 3);
  plan->start(0);
  Heard heard;
  run(*plan, 0, cut, heard);
  young->carry_from(*plan, cut);
  run(*young, cut, cut + 2000, heard);
  CHECK(heard[0][cut] == heard[0][cut - 1]); // sustains
  CHECK(heard[0][cut + 1999] == heard[0][cut - 1]);
  CHECK(heard[1][cut + 1000] < heard[1][cut - 1]);
  CHECK(heard[2][cut - 1] == 0);
  CHECK(heard[2][cut + 480] == doctest::Approx(1).epsilon(0.01));
}

TEST_CASE("a fresh module starts at the cut as it would at any frame") {
  Kit k;
  k.add("s", "sine").cable("s", "out.1");
  Kit next = k;
  next.add("n", "noise").add("d", "delay", {{"time", 30}}).add("q", "square").add("e", "adsr").gate("e");
  next.cable("n", "d").cable("d", "out.2").cable("q", "e").cable("e", "out.2");
  Kit alone;
  alone.add("n", "noise").add("d", "delay", {{"time", 30}}).add("q", "square").add("e", "adsr").gate("e");
  alone.cable("n", "d").cable("d", "out.2").cable("q", "e").cable("e", "out.2");
  control::Ids ids;
  auto plan = plan_of(k.patch, ids), young = plan_of(next.patch, ids, &k.patch), other = plan_of(alone.patch, ids);
  plan->start(0);
  Heard heard, fresh, past;
  run(*plan, 0, cut, past);
  young->start(0);
  run(*young, 0, 640, heard); // rehearsed
  heard.clear();
  young->carry_from(*plan, cut);
  run(*young, cut, end, heard);
  other->start(cut);
  run(*other, cut, end, fresh);
  CHECK(loudest(heard[1]) > 0.1F);
  CHECK(first_difference({heard[1]}, {fresh[1]}) == -1);
}

TEST_CASE("a module of another type or another number of lanes starts afresh") {
  Kit k;
  k.add("a", "saw").add("b", "saw").add("c", "saw").cable("a", "out.1").cable("b", "out.1").cable("c", "out.1");
  Kit next;
  next.add("a", "square").add("b", "saw", {}, 2).add("c", "saw").cable("a", "out.1").cable("b", "out.1").cable("c", "out.1");
  control::Ids ids;
  auto young = plan_of(next.patch, ids, &k.patch);
  CHECK(young->members[0].from == -1);
  CHECK(young->members[1].from == -1);
  CHECK(young->members[2].from == 2);
}

TEST_CASE("delay lines move to the plan that takes over, they are not copied") {
  Kit k;
  k.add("s", "sine").add("d", "delay").cable("s", "d").cable("d", "out");
  control::Ids ids;
  auto plan = plan_of(k.patch, ids), young = plan_of(k.patch, ids, &k.patch);
  plan->start(0);
  const float* line = plan->histories[0].data;
  young->carry_from(*plan, 0);
  CHECK(young->histories[0].data == line);
  CHECK(plan->histories[0].data != line);
  CHECK(plan->history_memory[0].data == plan->histories[0].data);
}

TEST_CASE("a copy, its histories taken in slices while the original plays on, goes on with the same bits") {
  const Kit k = everything();
  control::Ids ids;
  const Heard b = unbroken(k.patch, ids);
  auto plan = plan_of(k.patch, ids), copy = plan_of(k.patch, ids, &k.patch);
  plan->start(0);
  Heard heard, rehearsal;
  copy->start(0);
  run(*copy, 0, 512, rehearsal);
  run(*plan, 0, cut - 50, heard);
  plan->apply(set_op(ids, "sine_5", 0, 700));
  run(*plan, cut - 50, cut, heard);
  copy->copy_from(*plan);
  std::uint64_t done = 0;
  Frame at = cut;
  int slices = 1;
  for (const auto slice = std::max<std::uint64_t>(12'345, plan->history_floats() / 200); !copy->copy_histories(*plan, cut, done, slice); ++slices) {
    const Frame to = block_floor(at) + block_frames;
    run(*plan, at, to, heard);
    at = to;
  }
  CHECK(slices > 20);
  CHECK(at < cut + render::Plan::history_slack);
  REQUIRE(at < end);
  run(*plan, at, end, heard);
  CHECK(first_difference(heard, b) == -1); // being copied disturbs nobody
  Heard mine;
  run(*copy, cut, end, mine);
  for (std::size_t c = 0; c < mine.size(); ++c)
    CHECK(first_difference({mine[c]}, {std::vector<float>(b[c].begin() + static_cast<long>(cut), b[c].end())}) == -1);
}

TEST_CASE("a delay line as long as can be is copied whole while the original plays on within the slack") {
  Kit k;
  k.add("n", "noise").add("d", "delay", {{"time", 10'000}, {"mix", 1}}).cable("n", "d").cable("d", "out");
  control::Ids ids;
  auto plan = plan_of(k.patch, ids), copy = plan_of(k.patch, ids);
  plan->start(0);
  Heard past, heard, mine;
  constexpr Frame here = 1'000'000;
  run(*plan, 0, here, past);
  copy->copy_from(*plan);
  std::uint64_t done = 0;
  Frame at = here;
  for (; !copy->copy_histories(*plan, here, done, 2048); at += block_frames) run(*plan, at, at + block_frames, heard);
  CHECK(at > here + 10'000);
  CHECK(at < here + render::Plan::history_slack);
  run(*plan, at, here + 500'000, heard);
  run(*copy, here, here + 500'000, mine);
  CHECK(loudest(mine[0]) > 0.1F);
  CHECK(first_difference(mine, heard) == -1);
}

TEST_CASE("what a line has forgotten is not heard from a copy either") {
  Kit k;
  k.add("s", "sine").add("e", "adsr").gate("e").add("d", "delay", {{"mix", 1}}).cable("s", "e").cable("e", "d").cable("d", "out");
  control::Ids ids;
  auto plan = plan_of(k.patch, ids), copy = plan_of(k.patch, ids);
  Heard heard, mine;
  for (auto* p : {plan.get(), copy.get()}) p->start(0), run(*p, 0, cut, heard);
  REQUIRE(loudest(heard[0]) > 0.1F);
  plan->panic(cut);
  copy->copy_from(*plan);
  std::uint64_t done = 0;
  CHECK(copy->copy_histories(*plan, cut, done, 1));
  run(*copy, cut, end, mine);
  CHECK(loudest(mine[0]) == 0);
}
