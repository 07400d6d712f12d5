// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. One script, one sound: the engine offline, with all its threads, at any lead, period, spare and number of slots.
#include "support/offline_rig.hpp"

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

int freq() { return param_of(*find_module("sine"), "freq"); }
Setting one(float x) { return {Setting::Kind::one, {x}}; }

/// Commits far apart and dense, swaps within a block, sets, gates, a panic.
void piece(OfflineRig& rig) {
  Kit a;
  a.add("s", "sine", {}, 5).spread("s", "freq", 110, 770).add("e", "adsr").add("d", "delay", {{"time", 40}, {"feedback", 0.6F}});
  a.add("m", "lfo", {{"freq", 7}}).cable("m", "s.freq", 20).cable("s", "e").cable("e", "d").cable("d", "out");
  Kit b = a;
  b.add("n", "noise", {{"gain", 0.1F}}).add("f", "svf").cable("n", "f").cable("m", "f.cutoff", 500).cable("f", "out.2").gate("e");
  Kit c = b;
  c.set("n", "gain", 0.02F).add("x", "delay", {{"time", 15}}).add("y", "gain", {{"gain", -0.5F}}).cable("f", "x").cable("x", "y").cable("y", "x").cable("y", "out.1");
  rig.play(64);
  rig.commit(a.patch, 64);
  rig.engine.gate("e", -1, true, 100);
  rig.play(5000);
  rig.engine.set("s", freq(), one(330), 5000);
  rig.play(7001);
  rig.commit(b.patch, 7001, 480);
  rig.engine.set("f", param_of(*find_module("svf"), "q"), one(5), 7001); // before it is there
  rig.engine.set("m", param_of(*find_module("lfo"), "freq"), one(3), 7100);
  for (Frame t : {7200, 7300, 7400}) { // dense: they queue
    rig.play(t);
    rig.commit(t == 7300 ? b.patch : c.patch, t, t == 7200 ? 0 : 100);
  }
  rig.engine.gate("e", 2, false, 7500);
  for (Frame t = 8000; t < 14'000; t += 37) {
    rig.play(t);
    rig.engine.set("s", freq(), one(100 + static_cast<float>(t % 500)), t);
    if (t % 5 == 0) rig.engine.gate("e", static_cast<int>(t % 3), t % 2 == 0, t);
  }
  rig.play(14'100);
  rig.commit(a.patch, 14'100, 2400); // and back again
  rig.play(20'000);
  rig.engine.panic(20'000);
  rig.play(22'000);
  rig.engine.gate("e", -1, true, 22'000);
  rig.finish(30'001);
}

const Heard& reference() {
  static const Heard heard = [] {
    OfflineRig rig;
    piece(rig);
    CHECK(rig.swaps == std::vector<Frame>{64, 7001, 7001 + 480 + 1024, 7001 + 480 + 2048, 7001 + 580 + 3072, 14'100});
    CHECK(rig.engine.stats().late == 0);
    CHECK(rig.engine.stats().starved == 0);
    return rig.heard;
  }();
  return heard;
}

void check_same(const OfflineRig::Options& o) {
  CAPTURE(o.slots);
  CAPTURE(o.spare);
  CAPTURE(o.lead);
  CAPTURE(o.period);
  OfflineRig rig(o);
  piece(rig);
  CHECK(first_difference(rig.heard, reference()) == -1);
  CHECK(rig.engine.stats().starved == 0);
  CHECK(rig.engine.stats().slipped == 0);
}

} // namespace

TEST_CASE("the piece sounds on both sides, and falls silent after the panic") {
  const Heard& h = reference();
  REQUIRE(h[0].size() == 30'001);
  for (std::size_t c = 0; c < 2; ++c) CHECK(loudest(h[c]) > 0.05F);
  CHECK(loudest({h[0].begin() + 20'480, h[0].begin() + 22'000}) == 0);
  CHECK(loudest({h[0].begin() + 24'000, h[0].end()}) > 0.05F);
}

TEST_CASE("the same script has the same bits again") { check_same({}); }
TEST_CASE("the same bits with the spare off") { check_same({.spare = false}); }
TEST_CASE("the same bits with three and with four slots") {
  check_same({.slots = 3});
  check_same({.slots = 4});
  check_same({.slots = 3, .spare = false, .lead = 512});
}
TEST_CASE("the same bits at every lead") {
  for (Frame lead : {64, 128, 1000, 16'384}) check_same({.lead = lead});
}
TEST_CASE("the same bits at every period") {
  for (int period : {1, 17, 64, 1024, 4097, 8192}) check_same({.lead = 256, .period = period});
}

TEST_CASE("after a panic the silenced patch is not heard again, in a fade to another one neither") {
  for (const Frame fade : {Frame{0}, Frame{480}, Frame{9600}}) {
    CAPTURE(fade);
    OfflineRig rig;
    Kit loud, soft;
    loud.add("s", "sine").cable("s", "out");
    soft.add("s", "sine", {{"gain", 0.01F}}, 0).add("x", "sine", {{"gain", 0.01F}}).cable("x", "out");
    rig.commit(loud.patch, 0);
    rig.play(9600);
    rig.engine.panic(9600);
    rig.play(19'200);
    rig.commit(soft.patch, 19'200, fade);
    rig.finish(38'400);
    CHECK(loudest({rig.heard[0].begin(), rig.heard[0].begin() + 9600}) > 0.4F);
    CHECK(loudest({rig.heard[0].begin() + 9600 + 480, rig.heard[0].begin() + 19'200}) == 0);
    CHECK(loudest({rig.heard[0].begin() + 19'200, rig.heard[0].end()}) < 0.011F);
    CHECK(loudest({rig.heard[0].end() - 4800, rig.heard[0].end()}) > 0.009F);
  }
}

TEST_CASE("commits that are asked for at once are built and swapped one after the other") {
  OfflineRig rig;
  rig.play(64);
  Kit k;
  for (int i = 0; i < 6; ++i) {
    k.add("s" + std::to_string(i), "sine", {{"gain", 0.1F}}).cable("s" + std::to_string(i), "out");
    rig.commit(k.patch, 64, 10, false);
  }
  CHECK(rig.verdicts.empty());
  rig.settle();
  CHECK(rig.engine.revision() == 6);
  rig.finish(20'000);
  REQUIRE(rig.swaps.size() == 6);
  for (std::size_t i = 0; i < 6; ++i) CHECK(rig.swaps[i] == 64 + i * (10 + 1024));
}

TEST_CASE("what waits for a commit that is far away is bounded, by an error that changes nothing; what is said again is no more") {
  OfflineRig rig;
  rig.play(64);
  Kit k;
  for (int i = 0; i < 33; ++i) k.add("s" + std::to_string(i), "sine", {{"gain", 0.01F}}, 250).cable("s" + std::to_string(i), "out");
  rig.commit(k.patch, 40'000);
  const int gain = param_of(*k.patch.instances.at("s0").type, "gain");
  auto set = [&](int module, float value) { rig.engine.set("s" + std::to_string(module), gain, {Setting::Kind::list, std::vector<float>(250, value)}, 100); };
  for (int i = 0; i < 32; ++i) set(i, 0.02F);
  const Patch before = rig.engine.current();
  CHECK_THROWS_WITH(set(32, 0.02F), "refused: 8000 values and gates wait for a swap already; the limit is 8000");
  CHECK(rig.engine.current() == before);
  set(0, 0.03F);
  rig.play(50'000);
  CHECK(rig.swaps == std::vector<Frame>{40'000});
  set(32, 0.02F);
  rig.finish(60'000);
  CHECK(rig.engine.stats().starved == 0);
}

TEST_CASE("a refused commit changes nothing") {
  Kit k, bad;
  k.add("s", "sine").cable("s", "out");
  bad.add("s", "sine", {{"gain", 0}}).cable("s", "out");
  Heard plain;
  for (int refused = 0; refused <= 1; ++refused) {
    OfflineRig rig;
    rig.play(64);
    rig.commit(k.patch, 64);
    rig.play(5000);
    if (refused) {
      rig.commit(bad.patch, 5000);
      CHECK(rig.verdicts.back().starts_with("silent"));
      CHECK(rig.engine.stats().refused == 1);
      CHECK(rig.engine.revision() == 1);
      CHECK(rig.engine.current() == k.patch);
    }
    rig.finish(12'000);
    if (refused) CHECK(first_difference(plain, rig.heard) == -1);
    plain = rig.heard;
  }
}

TEST_CASE("a commit that changes nothing changes no bit, whatever its fade, also with lines full of sound") {
  Kit k = everything();
  Heard plain;
  for (int edits = 0; edits <= 1; ++edits) {
    OfflineRig rig({.slots = 2 + edits, .lead = 2048});
    rig.play(64);
    rig.commit(k.patch, 64);
    for (Frame t = 13'000; t < 20'000; t += 3001) {
      rig.play(t);
      if (edits) rig.commit(k.patch, t, t % 2 ? 0 : 300);
    }
    rig.finish(26'000);
    if (edits) CHECK(first_difference(plain, rig.heard) == -1);
    plain = rig.heard;
  }
}

TEST_CASE("a storm of sets is carried out whole, and only slows the script down") {
  OfflineRig rig;
  rig.play(64);
  rig.commit(Kit().add("one", "lfo", {{"depth", 0}, {"offset", 1}}).cable("one", "out").patch, 64);
  rig.play(1024);
  const int offset = param_of(*find_module("lfo"), "offset");
  for (int i = 1; i <= 50'000; ++i) rig.engine.set("one", offset, one(static_cast<float>(i % 1000) / 100), 1024);
  rig.engine.set("one", offset, one(3), 1024);
  CHECK(rig.engine.congested());
  for (int i = 0; i < 1000 && rig.engine.busy(); ++i) {
    rig.play(1024);
    rest(1000);
  }
  rig.finish(4096);
  CHECK(rig.heard[0][4095] == 3);
  CHECK(rig.engine.stats().late == 0);
}
