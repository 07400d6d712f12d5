// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Modules of one lane that share packs sound as each would alone, to the bit, whatever happens to them.
#include "control/tiles.hpp"
#include "control/wiring.hpp"
#include "support/patch_kit.hpp"
#include <algorithm>

using namespace chronus;
using namespace chronus::test;

namespace {

std::string numbered(const char* name, int i) { return name + std::to_string(i); }

/// Voices as a script makes them one by one, their filters moved by an oscillator of their own and by one for all; some have a
/// cable that the others have not, and all meet in a mixer too.
Kit voices(int count, bool one_is_odd = false) {
  Kit k;
  k.add("all", "lfo", {{"freq", 5}}).add("sum", "mix", {{"gain", 0.1F}}).add("pulse", "noise");
  for (int i = 0; i < count; ++i) {
    const auto o = numbered("osc", i), f = numbered("flt", i), e = numbered("env", i), l = numbered("lfo", i), n = numbered("noise", i);
    k.add(o, "saw", {{"freq", 55 + 13 * static_cast<float>(i)}}).add(f, "biquad", {{"cutoff", 400 + 50 * static_cast<float>(i)}});
    k.add(e, "adsr", {{"attack", 3 + static_cast<float>(i)}}).add(l, "lfo", {{"freq", 1 + static_cast<float>(i)}}).add(n, "noise", {{"gain", 0.01F}});
    k.cable(o, f).cable(n, f).cable(f, e).cable(e, i % 7 ? "out" : "out.1").cable(l, f + ".cutoff", 20 + static_cast<float>(i));
    k.cable("all", f + ".q", 0.3F).cable(l, "sum");
    if (i % 3) k.gate(e);
  }
  k.cable("sum", "out");
  if (one_is_odd) k.cable("pulse", "flt2").cable("osc5", "flt9.q", 0.1F).cable("flt3", "out.2");
  return k;
}

std::unique_ptr<render::Plan> plan(const control::Patch& patch, control::Ids& ids, bool share, const control::Patch* before = nullptr) {
  return control::build({.patch = patch, .before = before, .rate = rate, .outs = 2, .ins = 0, .share = share}, ids);
}

/// Sets and gates of single modules at odd frames, and of some at the same.
void disturb(render::Plan& plan, control::Ids& ids, std::uint64_t seed, Frame from, Frame to, Heard& heard) {
  for (Frame f = from; f < to;) {
    const int which = static_cast<int>(chance(seed, 1, f) * 20);
    if (chance(seed, 2, f) < 0.5) {
      plan.apply(set_op(ids, numbered("osc", which), 0, static_cast<float>(60 + 900 * chance(seed, 3, f))));
      plan.apply(set_op(ids, numbered("flt", which), 2, static_cast<float>(0.5 + 9 * chance(seed, 4, f))));
    } else {
      plan.apply({link::OpKind::gate, false, 0, link::all_lanes, ids.of(numbered("env", which)), chance(seed, 5, f) < 0.6 ? 1.0F : 0.0F});
    }
    const Frame next = std::min(to, f + 1 + static_cast<Frame>(chance(seed, 6, f) * 500));
    run(plan, f, next, heard);
    f = next;
  }
}

std::size_t packs_of(const render::Plan& plan, const char* type) {
  return static_cast<std::size_t>(std::ranges::count_if(plan.packs, [&](const render::Pack& p) { return plan.members[p.module].type->name == type; }));
}

} // namespace

TEST_CASE("a thousand sines made one by one take no more packs than a thousand lanes") {
  Kit k;
  for (int i = 0; i < 1000; ++i) k.add(numbered("s", i), "sine").cable(numbered("s", i), "out");
  control::Ids ids;
  const auto p = plan(k.patch, ids, true);
  const auto width = static_cast<std::size_t>(p->wide->width);
  CHECK(p->packs.size() == (1000 + width - 1) / width);
  CHECK(p->steps.size() <= 2 * p->packs.size() + 3 * (1000 / control::stretch_length + 1) + 4); // each runs and is added: nothing is done sine by sine
}

TEST_CASE("voices share, each kind in packs of its own, and what differs stays alone") {
  control::Ids ids;
  const auto p = plan(voices(64).patch, ids, true), alone = plan(voices(64).patch, ids, false), odd = plan(voices(64, true).patch, ids, true);
  const auto width = static_cast<std::size_t>(p->wide->width);
  for (const char* type : {"saw", "biquad", "lfo"}) {
    CAPTURE(std::string(type));
    CHECK(packs_of(*p, type) <= 2 + 2 * 64 / width + 8);
    CHECK(packs_of(*alone, type) >= 64);
  }
  CHECK(odd->packs.size() > p->packs.size());
  CHECK(odd->packs.size() < alone->packs.size());
  Kit few;
  for (int i = 0; i < 3; ++i) few.add(numbered("s", i), "sine").cable(numbered("s", i), "out");
  for (int i = 0; i < 20; ++i) few.add(numbered("d", i), "delay").cable("s0", numbered("d", i)).cable(numbered("d", i), "out");
  CHECK(plan(few.patch, ids, true)->packs.size() == 23);
}

TEST_CASE("sharing changes no bit, with sets and gates of single voices, and over edits that seat them anew") {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    std::vector<control::Patch> edits{voices(37).patch, voices(37, true).patch, voices(21, true).patch, voices(2).patch, voices(40).patch};
    Kit without = voices(40);
    without.patch.instances.erase("osc7");
    std::erase_if(without.patch.cables, [](const auto& c) { return c.from.module == "osc7"; });
    edits.push_back(without.patch);
    Heard heard[2];
    for (int share = 0; share < 2; ++share) {
      control::Ids ids;
      std::unique_ptr<render::Plan> now;
      Frame frame = 0;
      for (std::size_t i = 0; i < edits.size(); ++i) {
        auto next = plan(edits[i], ids, share != 0, i ? &edits[i - 1] : nullptr);
        next->start(frame);
        if (now) next->carry_from(*now, frame);
        now = std::move(next);
        const Frame end = frame + 4001;
        disturb(*now, ids, seed * 100 + i, frame, end, heard[share]);
        frame = end;
      }
    }
    CHECK(loudest(heard[0][0]) > 0.1F);
    CHECK(first_difference(heard[0], heard[1]) == -1);
  }
}

TEST_CASE("a copy of a plan with shared packs goes on with the same bits") {
  control::Ids ids;
  const Kit k = voices(30);
  auto a = plan(k.patch, ids, true), b = plan(k.patch, ids, true);
  a->start(0);
  b->start(0);
  Heard before, one, two;
  disturb(*a, ids, 9, 0, 6400, before);
  b->copy_from(*a);
  disturb(*a, ids, 10, 6400, 12800, one);
  disturb(*b, ids, 10, 6400, 12800, two);
  CHECK(first_difference(one, two) == -1);
}

TEST_CASE("a fault in a shared pack silences the voice that has it, by name, and no other") {
  Kit k;
  for (int i = 0; i < 16; ++i) {
    const auto name = numbered("g", i);
    k.add(numbered("s", i), "sine", {{"freq", 100 + 50 * static_cast<float>(i)}}).add(name, "gain", {{"gain", i == 5 ? 16.0F : 0.5F}});
    k.cable(numbered("s", i), name).cable(name, i == 5 ? "out.1" : "out.2");
  }
  control::Ids ids;
  auto p = plan(k.patch, ids, true), whole = plan(k.patch, ids, true);
  REQUIRE(packs_of(*p, "gain") <= 1 + 16 / static_cast<std::size_t>(p->wide->width) + 1);
  p->start(0);
  whole->start(0);
  Heard heard, sound;
  run(*whole, 0, 9000, sound);
  run(*p, 0, 1000, heard);
  const auto& seat = p->members[static_cast<std::size_t>(p->member_of_id[ids.of("g5")])];
  REQUIRE(seat.seat >= 0);
  // What no set can bring about: the gain itself is no number.
  const render::Pack& pack = p->packs[seat.first_pack];
  pack.ramps[seat.seat] = NAN;
  run(*p, 1000, 1001, heard);
  pack.ramps[seat.seat] = 16;
  std::vector<link::Fault> faults;
  p->take_faults([&](const link::Fault& f) { faults.push_back(f); });
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].module == ids.of("g5"));
  CHECK(p->tainted());
  run(*p, 1001, 9000, heard);
  CHECK_FALSE(p->tainted());
  CHECK(heard[1] == sound[1]);
  for (std::size_t f = 1001; f < 5000; ++f) REQUIRE(heard[0][f] == 0);
  CHECK(std::equal(heard[0].end() - 500, heard[0].end(), sound[0].end() - 500));
}
