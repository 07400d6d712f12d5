// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The engine as at a server: a thread calls the callback by the clock and never waits, while commits, sets and gates come.
#include "support/clocked_rig.hpp"
#include <cmath>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

constexpr std::size_t cycles = 400; // 2.1 s

/// A tone on the left that no edit touches, and on the right what comes and goes.
Kit scene(int n) {
  Kit k;
  k.add("tone", "sine", {{"freq", 440}}, 3).cable("tone", "out.1");
  k.add("e", "adsr").add("saw", "saw").add("d", "delay", {{"time", 30}, {"feedback", 0.5F}}).cable("saw", "e").cable("e", "d").cable("d", "out.2");
  for (int i = 0; i < n % 5; ++i) {
    const std::string name = "x" + std::to_string((n + i) % 7);
    k.add(name, i % 2 ? "noise" : "square", {{"gain", 0.05F}}).add(name + "f", "biquad").cable(name, name + "f").cable(name + "f", "out.2");
  }
  return k;
}

/// 2 s of edits; what the left plays is the tone without a break wherever a block was there in time.
void perform(int slots, bool spare) {
  ClockedRig show(slots, spare, cycles);
  Engine& engine = show.engine;
  Frame first = never;
  int commits = 0, verdicts = 0, refused = 0, swaps = 0, n = 0;
  const int saw_freq = param_of(*find_module("saw"), "freq");
  while (!show.over.get()) {
    engine.poll();
    if (commits == verdicts && swaps == commits) {
      CommitRequest r;
      r.patch = scene(commits).patch;
      if (engine.revision()) r.patch.instances.at("e").gates = engine.current().instances.at("e").gates;
      r.fade = static_cast<Frame>(commits % 3 * 200);
      if (commits % 4 == 3) r.at = engine.horizon() + 4000;
      ++commits;
      engine.commit(
          std::move(r), [&](const Verdict& v, std::uint64_t) { ++verdicts, refused += !v.error.empty(), swaps += !v.error.empty(); },
          [&](Frame f) {
            ++swaps;
            if (first == never) first = f;
          });
    }
    if (engine.revision()) {
      engine.set("saw", saw_freq, {Setting::Kind::one, {100 + static_cast<float>(++n % 400)}}, 0);
      engine.gate("e", -1, n % 3 != 0, n % 7 ? 0 : engine.horizon() + 100);
    }
    rest(3000);
  }
  engine.poll();
  REQUIRE(first != never);
  CHECK(refused == 0);
  CHECK(swaps > 10);
  MESSAGE("slots " << slots << ", spare " << spare << ": " << swaps << " swaps, " << show.starved.size() << " starved cycles, " << engine.stats().slipped << " slipped");
  for (const auto& side : show.heard)
    for (float x : side) REQUIRE((std::isfinite(x) && std::fabs(x) < 100));

  Kit alone;
  alone.add("tone", "sine", {{"freq", 440}}, 3).cable("tone", "out.1");
  show.end();
  show.check_left(alone.patch, first);
}

} // namespace

TEST_CASE("live, with edits all the time, what no edit touches goes on with the same bits") {
  perform(2, true);
}
TEST_CASE("live, the same with three slots") { perform(3, true); }
TEST_CASE("live, the same with the spare off") { perform(2, false); }
