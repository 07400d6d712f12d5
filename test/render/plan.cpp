// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A plan computes the same bits however its frames are asked for, and does what ops say at their frame.
#include "support/patch_kit.hpp"

using namespace chronus;
using namespace chronus::test;

namespace {

struct Timed {
  Frame frame;
  link::Op op;
};

/// Sets and gates all over the patch, at frames that lie anywhere in a block.
std::vector<Timed> many_ops(const control::Patch& patch, control::Ids& ids, Frame until) {
  std::vector<Timed> ops;
  std::uint64_t n = 0;
  for (Frame f = 100; f < until; f += 1 + static_cast<Frame>(chance(1, f) * 97)) {
    auto i = patch.instances.begin();
    std::advance(i, static_cast<long>(chance(2, f) * static_cast<double>(patch.instances.size())));
    const auto& params = i->second.type->params;
    if (params.empty() || i->first.ends_with("_back")) continue; // a loop that grows is no test
    const auto p = static_cast<std::size_t>(chance(3, f) * static_cast<double>(params.size()));
    const Range r = params[p].range;
    const float low = r.low, high = std::min(r.high, 2000.0F);
    const float value = params[p].choices.empty() ? low + (high - low) * static_cast<float>(chance(4, f)) * 0.1F
                                                  : std::floor(static_cast<float>(chance(4, f)) * (r.high + 1));
    ops.push_back({f, set_op(ids, i->first, static_cast<int>(p), value, ++n % 5 == 0)});
    if (i->second.type->has_gate()) ops.push_back({f, gate_op(ids, i->first, chance(5, f) < 0.6)});
  }
  return ops;
}

/// Runs with the ops at their frames; `segment` cuts more often than that.
Heard run_with(render::Plan& plan, const std::vector<Timed>& ops, Frame to, const std::function<int(Frame)>& segment) {
  Heard heard;
  Frame at = 0;
  for (const Timed& t : ops) {
    run(plan, at, t.frame, heard, segment);
    plan.apply(t.op);
    at = t.frame;
  }
  run(plan, at, to, heard, segment);
  return heard;
}

} // namespace

TEST_CASE("a patch of all types has the same bits in random segments and in whole blocks") {
  const Kit k = everything();
  control::Ids ids;
  constexpr Frame end = 24000;
  const auto ops = many_ops(k.patch, ids, end);
  auto plan = plan_of(k.patch, ids);
  auto render = [&](const std::function<int(Frame)>& segment) {
    plan->start(0);
    return run_with(*plan, ops, end, segment);
  };
  const Heard whole = render([](Frame) { return block_frames; });
  CHECK(loudest(whole[0]) > 0.01F);
  CHECK(loudest(whole[0]) < 1e5F);
  CHECK(first_difference(whole, render([](Frame f) { return 1 + static_cast<int>(chance(9, f) * 63); })) == -1);
  CHECK(first_difference(whole, render([](Frame f) { return f % 3 ? 1 : 7; })) == -1);
}

TEST_CASE("a set is a straight line of the parameter's smoothing time, exactly on the target at its end") {
  Kit k;
  k.add("one", "lfo", {{"depth", 0}, {"offset", 1}}).add("g", "gain", {{"gain", 0}}).cable("one", "g").cable("g", "out");
  control::Ids ids;
  auto plan = plan_of(k.patch, ids);
  plan->start(0);
  Heard heard;
  run(*plan, 0, 100, heard);
  plan->apply(set_op(ids, "g", 0, 1));
  run(*plan, 100, 1000, heard);
  const auto& gain = *find_module("gain");
  const auto frames = static_cast<int>(gain.params[0].smoothing_ms * rate / 1000);
  REQUIRE(frames > 10);
  const auto& y = heard[0];
  CHECK(y[99] == 0);
  for (int i = 0; i < frames; ++i) CHECK(y[static_cast<std::size_t>(100 + i)] == doctest::Approx((i + 1.0) / frames).epsilon(1e-4));
  CHECK(y[static_cast<std::size_t>(100 + frames - 2)] < 1.0F);
  CHECK(y[static_cast<std::size_t>(100 + frames - 1)] == 1.0F);
  CHECK(y[999] == 1.0F);
}

TEST_CASE("an immediate set holds at its very frame, and one for a lane leaves the others alone") {
  Kit k;
  k.add("one", "lfo", {{"depth", 0}, {"offset", 1}}, 3).cable("one", "out");
  control::Ids ids;
  auto plan = plan_of(k.patch, ids);
  plan->start(0);
  Heard heard;
  run(*plan, 0, 37, heard);
  link::Op op = set_op(ids, "one", param_of(*find_module("lfo"), "offset"), 5, true);
  op.lane = 1;
  plan->apply(op);
  run(*plan, 37, 64, heard);
  CHECK(heard[0][36] == 3.0F);
  CHECK(heard[0][37] == 7.0F);
}

TEST_CASE("an op on a module or a parameter that is not there does nothing") {
  Kit k;
  k.add("s", "sine").cable("s", "out");
  control::Ids ids;
  auto a = plan_of(k.patch, ids), b = plan_of(k.patch, ids);
  a->start(0), b->start(0);
  Heard x, y;
  run(*a, 0, 100, x), run(*b, 0, 100, y);
  a->apply(set_op(ids, "nobody", 0, 5));
  a->apply(set_op(ids, "s", 17, 5));
  a->apply(gate_op(ids, "s", true));
  run(*a, 100, 1000, x), run(*b, 100, 1000, y);
  CHECK(first_difference(x, y) == -1);
}

TEST_CASE("a panic closes every gate and empties every line, and what is silent then stays silent") {
  Kit k;
  k.add("s", "sine").add("e", "adsr", {{"release", 5000}}).gate("e").add("d", "delay", {{"time", 50}, {"feedback", 0.95F}, {"mix", 1}});
  k.cable("s", "e").cable("e", "d").cable("d", "out");
  control::Ids ids;
  auto plan = plan_of(k.patch, ids);
  plan->start(0);
  Heard before, after;
  run(*plan, 0, 20000, before);
  REQUIRE(loudest(before[0]) > 0.1F);
  plan->panic(20000);
  run(*plan, 20000, 40000, after);
  CHECK(loudest(after[0]) == 0);
  plan->apply(gate_op(ids, "e", true));
  run(*plan, 40000, 50000, after);
  CHECK(loudest(after[0]) > 0.1F);
}

TEST_CASE("a panic keeps the values that were set") {
  Kit k;
  k.add("one", "lfo", {{"depth", 0}, {"offset", 1}}).cable("one", "out");
  control::Ids ids;
  auto plan = plan_of(k.patch, ids);
  plan->start(0);
  plan->apply(set_op(ids, "one", param_of(*find_module("lfo"), "offset"), 0.25F, true));
  plan->panic(0);
  Heard heard;
  run(*plan, 0, 64, heard);
  CHECK(heard[0][63] == 0.25F);
}

TEST_CASE("what a plan starts from is what it was built with, whatever it ran before") {
  const Kit k = everything();
  control::Ids ids;
  auto plan = plan_of(k.patch, ids);
  auto other = plan_of(k.patch, ids);
  Heard rehearsal, again, fresh;
  plan->start(0);
  run(*plan, 0, 4096, rehearsal);
  plan->start(128), other->start(128);
  run(*plan, 128, 9000, again), run(*other, 128, 9000, fresh);
  CHECK(first_difference(again, fresh) == -1);
}
