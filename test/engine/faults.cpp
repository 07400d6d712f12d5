// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A slot that fails is not heard: another gives the very frames that went missing, and the slot follows again.
#include "support/offline_rig.hpp"
#include <cmath>
#include <filesystem>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

Kit voice() {
  Kit k;
  k.add("l", "lfo", {{"freq", 3}}).add("s", "saw", {{"gain", 0.3F}}, 5).spread("s", "freq", 110, 550).cable("l", "s.freq", 20);
  return k.add("d", "delay", {{"time", 130}, {"feedback", 0.5F}}).cable("s", "d").cable("d", "out");
}

struct Fault {
  const char *kind, *slot;
  Frame at;
};

/// Four revisions, with faults among them.
Heard piece(OfflineRig& rig, const std::vector<Fault>& faults, Frame until = 200'000) {
  Kit k = voice();
  rig.play(64);
  rig.commit(k.patch, 64);
  std::size_t next = 0;
  auto go_on = [&](Frame to) {
    for (; next < faults.size() && faults[next].at < to; ++next) {
      rig.play(faults[next].at);
      rig.engine.fault(faults[next].kind, faults[next].slot, 0.02, faults[next].at);
    }
    rig.play(to);
  };
  for (int i = 0; i < 3; ++i) {
    go_on(static_cast<Frame>(i + 1) * 40'000);
    rig.commit(k.add("n" + std::to_string(i), "sine", {{"freq", 220.0F + 110.0F * static_cast<float>(i)}, {"gain", 0.1F}}).cable("n" + std::to_string(i), "out").patch,
               static_cast<Frame>(i + 1) * 40'000, 480);
  }
  go_on(until - 64);
  rig.finish(until);
  return rig.heard;
}

/// Of this program, at this moment.
auto threads() { return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}); }

std::uint64_t failovers(const OfflineRig& rig) { return rig.engine.stats().failovers; }

} // namespace

TEST_CASE("a fault in live is a failover: no frame is starved, the bits are those of a calm run, and the next fault finds a new spare") {
  OfflineRig calm;
  const Heard want = piece(calm, {});
  for (const char* kind : {"throw", "nan"})
    for (int slots : {2, 3, 4}) {
      CAPTURE(std::string(kind));
      CAPTURE(slots);
      std::vector<Fault> faults;
      for (Frame f = 12'345; f < 190'000; f += 11'111) faults.push_back({kind, "live", f});
      OfflineRig rig({.slots = slots});
      const Heard got = piece(rig, faults);
      CHECK(first_difference(want, got) == -1);
      CHECK(failovers(rig) == faults.size());
      CHECK(rig.engine.stats().starved == 0);
      CHECK(rig.swaps.size() == 4);
    }
}

TEST_CASE("a fault in the spare is no failover, is not heard, and the spare is made anew") {
  OfflineRig calm;
  const Heard want = piece(calm, {});
  for (const char* kind : {"throw", "nan", "stall"}) {
    CAPTURE(std::string(kind));
    OfflineRig rig;
    const Heard got = piece(rig, {{kind, "spare", 20'000}, {kind, "spare", 30'001}, {"throw", "live", 60'000}, {kind, "spare", 100'000}, {"nan", "live", 150'000}});
    CHECK(first_difference(want, got) == -1);
    CHECK(failovers(rig) == 2);
    CHECK(rig.engine.stats().starved == 0);
  }
}

TEST_CASE("faults close together, ordered long before, in live and spare by turns: what one brings about is over before the next") {
  auto play = [](const char* kind, std::uint64_t& failed) {
    OfflineRig rig;
    rig.play(64);
    rig.commit(voice().patch, 64);
    rig.play(5'000);
    int count = 0;
    for (Frame f = 12'345; *kind && f < 190'000; f += 2'942) rig.engine.fault(kind, count++ % 3 ? "live" : "spare", 0.002, f);
    rig.play(200'000 - 64);
    rig.finish(200'000);
    CHECK(rig.engine.stats().starved == 0);
    failed = failovers(rig);
    return rig.heard;
  };
  std::uint64_t failed = 0;
  const Heard want = play("", failed);
  CHECK(failed == 0);
  for (const char* kind : {"throw", "nan", "stall"}) {
    CAPTURE(std::string(kind));
    CHECK(first_difference(want, play(kind, failed)) == -1);
    CHECK(failed == (std::string_view(kind) == "stall" ? 0 : 40));
  }
}

TEST_CASE("a fault right before, at and after a swap costs no frame where a third slot plays the same") {
  OfflineRig calm;
  const Heard want = piece(calm, {});
  for (Frame f : {39'900, 39'999, 40'000, 40'001, 40'100, 40'479, 40'480, 40'500, 41'600}) {
    CAPTURE(f);
    OfflineRig rig({.slots = 3});
    const Heard got = piece(rig, {{"throw", "live", f}});
    CHECK(first_difference(want, got) == -1);
    CHECK(rig.engine.stats().starved == 0);
  }
}

TEST_CASE("with two slots a fault beside a swap may cost frames, for the swap took the spare, but nothing waits for ever") {
  for (const char* kind : {"throw", "nan", "stall"})
    for (const char* slot : {"live", "spare"})
      for (Frame f : {31'000, 39'000, 39'999, 40'000, 40'001, 40'200, 40'479, 40'480, 40'600, 41'500}) {
        CAPTURE(std::string(kind));
        CAPTURE(std::string(slot));
        CAPTURE(f);
        OfflineRig rig;
        const Heard got = piece(rig, {{kind, slot, f}, {"throw", "live", 100'000}}, 130'000);
        CHECK(rig.swaps.size() == 4);
        CHECK(got[0].size() == 130'000);
        CHECK(rig.engine.stats().starved <= 8192);
      }
}

TEST_CASE("what is heard when slots fail within a fade, no machine's speed decides") {
  const std::vector<Fault> ways[] = {{{"throw", "live", 40'100}, {"throw", "live", 40'300}}, {{"throw", "live", 40'100}, {"throw", "0", 40'300}},
                                     {{"throw", "live", 40'100}, {"throw", "1", 40'300}}, {{"nan", "live", 40'100}, {"throw", "live", 40'200}, {"nan", "live", 40'364}},
                                     {{"throw", "live", 40'100}, {"nan", "live", 40'200}, {"throw", "live", 40'228}, {"nan", "live", 40'500}},
                                     {{"nan", "1", 40'100}, {"throw", "0", 40'100}, {"nan", "0", 41'500}, {"nan", "2", 79'990}, {"nan", "live", 80'000}}};
  for (int slots : {2, 3, 4})
    for (const auto& way : ways) {
      CAPTURE(slots);
      CAPTURE(&way - ways);
      const auto play = [&](const char* stalled, std::uint64_t& starved) {
        OfflineRig rig({.slots = slots});
        std::vector<Fault> all = way;
        if (stalled) all.insert(all.begin(), {"stall", stalled, 40'064});
        const Heard got = piece(rig, all, 90'000);
        starved = rig.engine.stats().starved;
        return got;
      };
      std::uint64_t starved = 0, now = 0;
      const Heard want = play(nullptr, starved);
      for (int stalled = 0; stalled < slots; ++stalled) {
        CHECK(first_difference(want, play(std::to_string(stalled).c_str(), now)) == -1);
        CHECK(now == starved);
      }
    }
}

TEST_CASE("without a spare the sound ramps out, begins anew, and every missing frame is counted") {
  OfflineRig rig({.spare = false});
  const Heard got = piece(rig, {{"throw", "live", 20'000}});
  CHECK(rig.engine.stats().starved > 0);
  CHECK(rig.engine.stats().starved < 20'000);
  CHECK(rig.swaps.size() == 4);
  for (float x : got[0]) REQUIRE(std::isfinite(x));
  double energy = 0;
  for (Frame f = 60'000; f < 70'000; ++f) energy += got[0][f] * got[0][f];
  CHECK(energy > 1);
}

TEST_CASE("slots that rest do not count: with the spare off and slots to spare, no fault is waited for that nobody else could have") {
  for (const char* kind : {"nan", "throw", "stall"})
    for (int slots : {2, 3, 4}) {
      CAPTURE(std::string(kind));
      CAPTURE(slots);
      OfflineRig rig({.slots = slots, .spare = false});
      const Heard got = piece(rig, {{kind, "live", 20'000}, {kind, "live", 90'000}}, 130'000);
      CHECK(got[0].size() == 130'000);
      CHECK(rig.swaps.size() == 4);
    }
}

TEST_CASE("a patch that grows without bound is contained in every slot alike, named once, and the rest of it plays on") {
  Heard want;
  for (bool spare : {true, false})
    for (int period : {64, 1000}) {
      Kit k;
      k.add("calm", "sine", {{"gain", 0.25F}}).cable("calm", "out.1");
      k.add("s", "sine", {{"gain", 0.25F}}).add("g", "gain", {{"gain", 4}}).add("d", "delay", {{"time", 20}, {"mix", 1}});
      k.cable("s", "g").cable("g", "d").cable("d", "g").cable("d", "out.2");
      OfflineRig rig({.spare = spare, .period = period});
      rig.play(64);
      rig.commit(k.patch, 64);
      rig.finish(96'000);
      REQUIRE(rig.verdicts[0].empty());
      CHECK(failovers(rig) == 0);
      for (float x : rig.heard[1]) REQUIRE(std::abs(x) < 1.1e6F);
      const auto at = [&](Frame f) { return rig.heard[0][f]; };
      CHECK(std::abs(at(90'000 + 12)) <= 0.25F);
      std::vector<std::string> told;
      for (std::string m; !(m = rig.engine.take_message()).empty();) told.push_back(m);
      REQUIRE(told.size() == 1);
      CHECK(told[0].starts_with("fault: g gave "));
      CHECK(told[0].find("gain=4") != std::string::npos);
      if (want.empty()) want = rig.heard;
      CHECK(first_difference(want, rig.heard) == -1);
    }
}

TEST_CASE("the end does not wait for a worker that hangs, and all that it works with stays until it returns") {
  const auto before = threads();
  {
    OfflineRig rig;
    rig.play(64);
    rig.commit(voice().patch, 64);
    rig.play(9600);
    const int spare = 1 - rig.engine.stats().live;
    rig.engine.fault("stall", std::to_string(spare), 3, 9664);
    rig.play(9728);
    while (rig.engine.link().rings(spare).progress.rendered.get() < 9664) rest(100); // what comes next is the fault
  }
  CHECK(threads() == before + 1);
  for (int tries = 0; tries < 1000 && threads() > before; ++tries) rest(10'000);
  CHECK(threads() == before);
}
