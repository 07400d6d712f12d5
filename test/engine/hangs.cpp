// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A worker that does not return: another slot takes its place, by itself, and nothing of it is heard.
#include "support/clocked_rig.hpp"
#include <algorithm>
#include <set>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

/// A tone on the left that no edit touches.
Kit tone() {
  Kit k;
  return k.add("tone", "sine", {{"freq", 440}}, 3).cable("tone", "out.1");
}

Kit scene(float time) {
  return tone().add("saw", "saw", {{"gain", 0.1F}}, 4).add("d", "delay", {{"time", time}, {"feedback", 0.5F}}).cable("saw", "d").cable("d", "out.2");
}

struct Stage : ClockedRig {
  Stage(int slots = 2, bool spare = true) : ClockedRig(slots, spare, 20 * 188) { first = commit(scene(30)); }

  /// \return the swap frame, once it has been played
  Frame commit(const Kit& kit) {
    std::optional<Frame> swap;
    CommitRequest r;
    r.patch = kit.patch;
    engine.commit(std::move(r), [](const Verdict& v, std::uint64_t) { REQUIRE(v.error.empty()); }, [&](Frame f) { swap = f; });
    REQUIRE(until([&] { return swap && engine.playhead() > *swap + 2048; }));
    return *swap;
  }
  void stall(const std::string& slot, double seconds) { engine.fault("stall", slot, seconds, 0); }
  bool has_spare() { return until([&] { return engine.stats().spare.size() == 1; }); }
  bool says(const std::string& text) {
    return until([&] { return std::ranges::find(told, text) != told.end(); });
  }
  int spare() { return std::stoi(engine.stats().spare); }

  Frame first = 0;
};

} // namespace

TEST_CASE("where live or the spare hangs, another slot takes its place, the next failures find a spare, and the worker's slot is of use when it returns") {
  for (const bool of_live : {true, false}) {
    CAPTURE(of_live);
    Stage s;
    REQUIRE(s.has_spare());
    const int hung = of_live ? s.engine.stats().live : s.spare();
    s.stall(std::to_string(hung), 5);
    REQUIRE(s.says("slot " + std::to_string(hung) + ": its worker does not return; slot 2 takes its place"));
    REQUIRE(s.until([&] { return s.engine.stats().spare == "2"; }));
    const auto failovers = s.engine.stats().failovers;
    s.engine.fault("throw", "live", 0, 0);
    REQUIRE(s.until([&] { return s.engine.stats().failovers > failovers; }));
    CHECK(s.engine.stats().live == 2);
    REQUIRE(s.has_spare());
    CHECK(s.spare() != hung);
    s.commit(scene(50));
    REQUIRE(s.says("slot " + std::to_string(hung) + ": its worker has returned"));
    REQUIRE(s.has_spare());
    const int next = s.spare();
    s.stall(std::to_string(next), 10);
    REQUIRE(s.says("slot " + std::to_string(next) + ": its worker does not return; another slot takes its place"));
    REQUIRE(s.has_spare());
    CHECK(s.engine.stats().live + s.spare() == 0 + 1 + 2 - next);
    s.end();
    CHECK(std::set(s.told.begin(), s.told.end()).size() == s.told.size()); // each once
    s.check_left(tone().patch, s.first);
  }
}

TEST_CASE("a second worker may hang while the first does, and a commit that was on its way comes") {
  Stage s;
  REQUIRE(s.has_spare());
  s.stall("live", 15); // the end does not wait for it
  s.commit(scene(50));
  REQUIRE(s.has_spare());
  s.stall("live", 15);
  s.commit(scene(70));
  REQUIRE(s.has_spare());
  CHECK(s.told.size() == 2);
  CHECK(s.engine.link().count() == 4);
  s.end();
  s.check_left(tone().patch, s.first);
}

TEST_CASE("where nobody is left the sound begins anew, with a spare and without") {
  for (const bool spare : {true, false}) {
    CAPTURE(spare);
    Stage s(2, spare);
    if (spare) {
      REQUIRE(s.has_spare());
      s.stall(s.engine.stats().spare, 4);
    }
    s.stall(std::to_string(s.engine.stats().live), 4);
    REQUIRE(s.until([&] { return s.engine.stats().starved > 0; }));
    const Frame second = s.commit(scene(50));
    s.end();
    const auto last = s.heard[0].begin() + static_cast<long>(s.played * ClockedRig::period);
    CHECK(s.engine.stats().starved < second);
    CHECK(*std::max_element(last - 1024, last) > 0.1F);
  }
}
