// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A plan that is divided among threads: the same bits for any number of them, at any pace of theirs.
#include "control/strands.hpp"
#include "render/team.hpp"
#include "support/offline_rig.hpp"
#include <cmath>
#include <thread>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

/// Under ThreadSanitizer all takes fifty times as long.
#if defined(__SANITIZE_THREAD__)
constexpr bool slow = true;
#else
constexpr bool slow = false;
#endif

/// Saw, filter, envelope, an LFO for all, and a room: what a choir is made of.
Kit voices(int lanes) {
  Kit k;
  k.add("l", "lfo", {{"freq", 5}}).add("s", "saw", {{"gain", 0.05F}}, lanes).spread("s", "freq", 55, 820).add("f", "svf", {{"q", 2}}, lanes).spread("f", "cutoff", 500, 3000);
  k.add("e", "adsr", {{"attack", 10}}, lanes).gate("e").cable("l", "f.cutoff", 200).cable("s", "f").cable("f", "e").cable("e", "out.1");
  return k.add("one", "sum").add("r", "reverb").cable("e", "one").cable("one", "r").cable("r.left", "out.1").cable("r.right", "out.2");
}

/// Chains of one lane that have nothing to do with each other, and some that have: what they share, and what they are mixed to.
Kit chains(int count) {
  Kit k;
  k.add("l", "lfo", {{"freq", 2}}).add("all", "mix");
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    k.add("s" + n, "saw", {{"freq", 50.0F + 13.0F * static_cast<float>(i)}, {"gain", 0.05F}}).add("d" + n, "delay", {{"time", 40.0F + 3.0F * static_cast<float>(i)}});
    k.add("c" + n, "chorus").add("r" + n, "reverb").add("x" + n, "drive").cable("s" + n, "d" + n).cable("d" + n, "c" + n + ".left").cable("c" + n + ".left", "r" + n + ".left");
    k.cable("r" + n + ".left", "x" + n).cable("x" + n, i % 3 ? "out.1" : "all").cable("r" + n + ".right", "out.2");
    if (i % 4 == 0) k.cable("l", "d" + n + ".time", 5);
    if (i % 5 == 0) k.cable("x" + n, "d" + n, 1); // a cycle
  }
  return k.cable("all", "out.1");
}

/// Anything into anything that came before it, of any width that goes.
Kit tangle(std::uint64_t seed) {
  Kit k;
  std::vector<std::string> before;
  auto draw = [seed, n = std::uint64_t{0}](std::size_t below) mutable { return static_cast<std::size_t>(chance(seed, ++n) * static_cast<double>(below)); };
  const auto& types = all_modules();
  for (std::size_t i = 0; i < 90; ++i) {
    const ModuleSpec* type = types[draw(types.size())];
    const std::string name = "m" + std::to_string(i);
    k.add(name, type->name, {}, type->sums || type->histories_per_lane || draw(4) ? 0 : 20);
    if (type->has_gate()) k.gate(name);
    for (const PortSpec& in : type->inputs)
      for (std::size_t c = draw(3); c > 0 && !before.empty(); --c) k.cable(before[draw(before.size())], name + "." + std::string(in.name));
    if (!type->params.empty() && draw(2) && !before.empty()) {
      const ParamSpec& p = type->params[draw(type->params.size())];
      k.cable(before[draw(before.size())], name + "." + std::string(p.name), 0.01F);
    }
    for (const PortSpec& out : type->outputs) before.push_back(name + "." + std::string(out.name));
  }
  for (const std::string& b : before) k.cable(b, draw(2) ? "out.1" : "out.2");
  return k;
}

std::unique_ptr<render::Plan> divided(const Patch& patch, Ids& ids, int workers, std::span<const double> costs = {}) {
  return build({.patch = patch, .before = nullptr, .rate = rate, .outs = 2, .ins = 1, .workers = workers, .costs = costs}, ids);
}

/// Opens and closes a voice's gates by turns.
struct Gates {
  Frame every = never; ///< a multiple of a block
  std::uint32_t module = 0;
  void at(Frame frame, render::Plan& plan) const {
    if (every != never && frame % every == 0) plan.apply({link::OpKind::gate, false, 0, link::all_lanes, module, frame / every % 2 ? 0.0F : 1.0F});
  }
};

/// By some threads, some blocks at a time, cut now and then.
Heard by_threads(render::Plan& plan, int threads, Frame until, const Gates& gates) {
  link::Published<int> stop;
  render::Team team(stop, threads - 1);
  std::vector<std::thread> helpers;
  for (std::size_t h = 0; h + 1 < static_cast<std::size_t>(threads); ++h)
    helpers.emplace_back([&, h] {
      flush_denormals();
      team.help(h);
    });
  flush_denormals();
  Heard heard(static_cast<std::size_t>(plan.outs));
  plan.start(0);
  auto keep = [&](Frame f, int n) {
    for (std::size_t c = 0; c < heard.size(); ++c) {
      const float* from = plan.output(static_cast<int>(c)) + f % block_frames;
      heard[c].insert(heard[c].end(), from, from + n);
    }
  };
  int round = 0, together = 0;
  for (Frame f = 0; f < until; ++round) {
    const int blocks = round % 3 == 0 ? 1 : 1 + round % 70;
    const int frames = round % 5 == 0 && f % block_frames == 0 ? 24 : static_cast<int>(block_frames - f % block_frames);
    const bool whole = frames == block_frames;
    gates.at(f, plan);
    const int n = whole ? static_cast<int>(std::min<Frame>(static_cast<Frame>(blocks), (gates.every - f % gates.every) / block_frames)) : 1;
    const bool helped = team.start(plan, f, frames, n);
    together += helped;
    for (int b = 0; b < n; ++b, f += static_cast<Frame>(frames)) {
      if (!helped) plan.run(f, frames);
      else REQUIRE(team.next());
      keep(f, frames);
    }
  }
  for (auto& channel : heard) channel.resize(until);
  stop.set(1);
  team.wake_all();
  for (auto& h : helpers) h.join();
  MESSAGE(plan.strands.size() << " strands, " << together << " of " << round << " rounds together");
  return heard;
}

void same_for_any_number(const Patch& patch, Frame until, Frame gate_every = never) {
  Ids ids;
  const Gates gates{gate_every, ids.of("e")};
  const auto whole = [](Frame) { return block_frames; };
  auto by_one = [&](render::Plan& plan, Heard& heard, const std::function<int(Frame)>& cut) {
    plan.start(0);
    for (Frame f = 0; f < until; f += std::min(gate_every, until)) {
      gates.at(f, plan);
      run(plan, f, std::min(until, f + std::min(gate_every, until)), heard, cut);
    }
  };
  Heard want;
  {
    const auto plan = divided(patch, ids, 1);
    REQUIRE(plan->strands.size() == 1);
    by_one(*plan, want, whole);
  }
  CHECK(loudest(want[0]) > 0);
  for (int workers : {1, 2, 3, 5}) {
    if (slow && workers == 5) continue;
    CAPTURE(workers);
    const auto plan = divided(patch, ids, workers);
    Heard alone;
    by_one(*plan, alone, whole);
    CHECK(first_difference(want, alone) == -1);
    Heard cut;
    by_one(*plan, cut, [](Frame f) { return 1 + static_cast<int>(f * 7 % 64); });
    CHECK(first_difference(want, cut) == -1);
    if (plan->strands.size() > 1) CHECK(first_difference(want, by_threads(*plan, workers, until, gates)) == -1);
  }
}

} // namespace

TEST_CASE("voices of one instance are divided evenly, and sound the same") {
  Ids ids;
  Kit k;
  k.add("s", "saw", {{"gain", 0.05F}}, 256).spread("s", "freq", 55, 820).add("f", "biquad").add("e", "adsr").gate("e").cable("s", "f").cable("f", "e").cable("e", "out");
  for (int workers : {2, 4}) {
    const auto plan = divided(k.patch, ids, workers);
    CHECK(plan->strands.size() == 4); // no finer than 64 lanes
    CHECK(plan->parallel_time < 1.1 / workers);
  }
  same_for_any_number(voices(256).patch, 30'000);
  same_for_any_number(voices(200).patch, 10'000);
}

TEST_CASE("chains are divided evenly, and sound the same") {
  Ids ids;
  CHECK(divided(chains(16).patch, ids, 2)->parallel_time < 0.6);
  CHECK(divided(chains(16).patch, ids, 4)->parallel_time < 0.35);
  same_for_any_number(chains(17).patch, 30'000);
}

TEST_CASE("voices that rest by turns sound the same") {
  same_for_any_number(voices(256).patch, 60'000, 150 * block_frames);
}

TEST_CASE("any patch sounds the same, whoever runs which part of it") {
  same_for_any_number(everything().patch, 10'000);
  for (std::uint64_t seed = 1; seed <= (slow ? 1 : 12); ++seed) {
    CAPTURE(seed);
    same_for_any_number(tangle(seed).patch, 6'000);
  }
}

TEST_CASE("what is too little, or one thing after the other, is not divided") {
  Ids ids;
  CHECK(divided(voices(16).patch, ids, 2)->strands.size() == 1);
  Kit k;
  k.add("s", "saw").add("c0", "reverb").cable("s", "c0.left");
  for (int i = 1; i < 20; ++i) k.add("c" + std::to_string(i), "reverb").cable("c" + std::to_string(i - 1) + ".left", "c" + std::to_string(i) + ".left");
  CHECK(divided(k.cable("c19.left", "out").patch, ids, 4)->strands.size() == 1);
}

TEST_CASE("costs that were measured decide who does what") {
  Ids ids;
  const Patch patch = chains(16).patch;
  const auto plan = divided(patch, ids, 2);
  std::vector<double> costs(plan->packs.size(), 1e-6);
  for (std::size_t p = 0; p < costs.size(); ++p)
    if (plan->member_of_id[ids.of("r3")] == static_cast<std::int32_t>(plan->packs[p].module)) costs[p] = 40e-6; // as dear as the half of all the others
  const auto other = divided(patch, ids, 2, costs);
  const auto dearest_strand = [&](const render::Plan& p) {
    double most = 0, all = 0;
    for (const render::Strand& s : p.strands) {
      double mine = 0;
      for (const render::Step& step : s.steps)
        if (step.kind == render::StepKind::run || step.kind == render::StepKind::read) mine += costs[step.pack];
      most = std::max(most, mine);
      all += mine;
    }
    return most / all;
  };
  REQUIRE(other->strands.size() > 1);
  CHECK(other->parallel_time < 0.6);
  CHECK(dearest_strand(*other) < dearest_strand(*plan)); // who goes by weights gives that strand as much else as any other
  Heard a, b;
  plan->start(0), other->start(0);
  run(*plan, 0, 10'000, a), run(*other, 0, 10'000, b);
  CHECK(first_difference(a, b) == -1);
}

TEST_CASE("the engine plays the same with helpers: swaps, ops and faults, any period and any number of slots") {
  const Kit second = chains(9);
  const int time = param_of(*second.patch.instances.at("d1").type, "time");
  auto play = [&](int workers, int slots, int period, const char* fault) {
    OfflineRig rig({.slots = slots, .period = period, .workers = workers});
    rig.play(64);
    rig.commit(voices(128).patch, 64);
    rig.play(20'000);
    rig.commit(second.patch, 20'000, 480);
    for (Frame f = 30'000; f < 38'000; f += 777) {
      rig.play(f);
      rig.engine.set("d1", time, {Setting::Kind::one, {30 + static_cast<float>(f % 50)}}, f);
      if (*fault && f % 2 == 0) rig.engine.fault(fault, "live", 0.002, f);
    }
    rig.play(45'000);
    rig.commit(voices(256).patch, 45'000, 480);
    rig.play(60'000 - 64);
    rig.finish(60'000);
    CHECK(rig.engine.stats().starved == 0);
    return rig.heard;
  };
  const Heard want = play(1, 2, 256, "");
  CHECK(loudest(want[0]) > 0);
  for (int workers : {2, 4})
    for (int slots : {2, 3})
      for (const char* fault : {"", "throw", "nan", "stall"}) {
        if (slow && (slots == 3) != (*fault == 't')) continue;
        CAPTURE(workers);
        CAPTURE(slots);
        CAPTURE(std::string(fault));
        CHECK(first_difference(want, play(workers, slots, workers == 2 ? 64 : 1000, fault)) == -1);
      }
}
