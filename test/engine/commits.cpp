// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The engine's table of values and what is heard agree, whenever a value is set beside a commit.
#include "support/offline_rig.hpp"
#include <malloc.h>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

int offset() { return param_of(*find_module("lfo"), "offset"); }
Setting one(float x) { return {Setting::Kind::one, {x}}; }
float value(const Engine& e, const std::string& name) { return e.current().instances.at(name).settings[static_cast<std::size_t>(offset())].numbers[0]; }

/// A constant: what is heard is what it is set to.
Kit constant(float level, int lanes = 0) {
  Kit k;
  return k.add("one", "lfo", {{"depth", 0}, {"offset", level}}, lanes).cable("one", "out");
}

} // namespace

TEST_CASE("a value that is set while a commit is built holds on after its swap") {
  OfflineRig rig;
  rig.play(64);
  rig.commit(constant(1).patch, 64);
  rig.play(4096);
  rig.commit(constant(1).add("s", "sine").cable("s", "out.2").patch, 4096, 0, false);
  rig.engine.set("one", offset(), one(5), 4096);
  rig.settle();
  CHECK(value(rig.engine, "one") == 5);
  rig.finish(12'000);
  CHECK(rig.heard[0].back() == 5);
}

TEST_CASE("a staged value wins over one that is set while its commit is built") {
  OfflineRig rig;
  rig.play(64);
  rig.commit(constant(1).patch, 64);
  rig.play(4096);
  rig.commit(constant(2).patch, 6000, 0, false);
  rig.engine.set("one", offset(), one(5), 4096);
  rig.settle();
  CHECK(value(rig.engine, "one") == 2);
  rig.finish(12'000);
  CHECK(rig.heard[0][5999] == 5);
  CHECK(rig.heard[0].back() == 2);
}

TEST_CASE("a value that is set between the verdict and the swap is the one that the table keeps, unless it was staged") {
  for (int staged = 0; staged <= 1; ++staged) {
    OfflineRig rig;
    rig.play(64);
    rig.commit(constant(1).patch, 64);
    rig.play(4096);
    rig.commit(constant(staged ? 2 : 1).add("s", "sine").cable("s", "out.2").patch, 8000);
    rig.engine.set("one", offset(), one(5), 5000);
    rig.finish(12'000);
    CHECK(rig.heard[0][7999] == 5);
    CHECK(rig.heard[0].back() == (staged ? 2 : 5));
    CHECK(value(rig.engine, "one") == rig.heard[0].back());
  }
}

TEST_CASE("a value that is set while a commit is built that starts its module afresh agrees with the table") {
  OfflineRig rig;
  rig.play(64);
  rig.commit(constant(1).patch, 64);
  rig.play(4096);
  rig.commit(constant(1, 2).patch, 4096, 0, false); // two lanes: another instance
  rig.engine.set("one", offset(), one(5), 4096);
  rig.settle();
  rig.finish(12'000);
  CHECK(rig.heard[0].back() == 2 * value(rig.engine, "one"));
}

TEST_CASE("values and gates of what is still on its way hold at its swap") {
  OfflineRig rig;
  rig.play(64);
  rig.commit(constant(1).patch, 64);
  Kit k = constant(1);
  k.add("e", "adsr", {{"sustain", 0.5F}, {"decay", 1}, {"attack", 1}}).cable("e", "out.2");
  rig.play(2048);
  rig.commit(k.patch, 8000);
  rig.engine.gate("e", -1, true, 3000);
  rig.engine.set("e", param_of(*find_module("adsr"), "sustain"), one(0.25F), 3000);
  rig.finish(12'000);
  CHECK(rig.heard[1].back() == 1.25F);
  CHECK(rig.heard[1][7999] == 1);
  CHECK(rig.heard[1][8047] == doctest::Approx(2).epsilon(0.01));
}

TEST_CASE("an undo brings back the values that the edit changed, and a module that comes back starts afresh") {
  OfflineRig rig;
  Kit k = constant(1), other = constant(3);
  k.patch.cables[0].to.port = other.patch.cables[0].to.port = 1;
  k.add("s", "sine").cable("s", "out.2");
  rig.play(64);
  rig.commit(k.patch, 64);
  rig.play(4096);
  rig.commit(other.patch, 4096);
  rig.play(10'048);
  CHECK(rig.heard[0][9000] == 3);
  rig.commit(k.patch, 10'048); // what undo asks for
  rig.finish(16'000);
  CHECK(rig.heard[0].back() == 1);
  for (Frame f = 0; f < 4000; ++f) REQUIRE(rig.heard[1][10'048 + f] == rig.heard[1][64 + f]);
}

TEST_CASE("dense commits with three slots and long lines: a slot that is still being copied to hurts nobody") {
  Kit k;
  k.add("n", "noise", {{"gain", 0.01F}}, 32).add("d", "delay", {{"time", 4000}}).cable("n", "d").cable("d", "out");
  Heard plain;
  for (int slots : {2, 3, 4}) {
    OfflineRig rig({.slots = slots, .lead = 4096});
    rig.play(64);
    rig.commit(k.patch, 64);
    rig.play(240'000);
    for (int i = 0; i < 6; ++i) rig.commit(k.patch, 240'000, 0);
    rig.finish(260'000);
    CHECK(rig.swaps.size() == 7);
    if (slots > 2) CHECK(first_difference(plain, rig.heard) == -1);
    plain = rig.heard;
  }
}

TEST_CASE("dense commits that bring new lines have the same bits with two, three and four slots") {
  Heard plain;
  for (int slots : {2, 3, 4}) {
    Kit k;
    k.add("n", "noise", {{"gain", 0.01F}}, 32).add("d", "delay", {{"time", 4000}}).cable("n", "d").cable("d", "out");
    OfflineRig rig({.slots = slots, .lead = 4096});
    rig.play(64);
    rig.commit(k.patch, 64);
    rig.play(240'000);
    for (int i = 0; i < 6; ++i) {
      const std::string n = std::to_string(i);
      k.add("m" + n, "noise", {{"gain", 0.01F}}).add("a" + n, "delay").cable("m" + n, "a" + n).cable("a" + n, "out");
      rig.commit(k.patch, 240'000);
    }
    rig.finish(480'000);
    if (slots > 2) CHECK(first_difference(plain, rig.heard) == -1);
    plain = rig.heard;
  }
}

TEST_CASE("plans come back and are freed: two hundred commits do not pile up") {
  const auto live_megabytes = [] {
    const auto m = mallinfo2();
    return (m.uordblks + m.hblkhd) >> 20;
  };
  const std::size_t before = live_megabytes();
  OfflineRig rig({.lead = 512});
  Kit k;
  k.add("s", "sine").add("d", "delay").cable("s", "d").cable("d", "out");
  rig.play(64);
  for (Frame i = 0; i < 200; ++i) {
    rig.commit(k.patch, 64 + i * 1100);
    rig.play(64 + (i + 1) * 1100);
  }
  CHECK(rig.swaps.size() == 200);
  rig.finish(64 + 201 * 1100);
  CHECK(live_megabytes() < before + 100); // each plan's line alone takes 2 MB
}
