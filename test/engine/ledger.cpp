// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Every gate that is opened is closed: what is heard is, at any time, what the table says is open.
#include "control/session.hpp"
#include "support/clocked_rig.hpp"
#include <cmath>
#include <fmt/format.h>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

constexpr int voices = 7;

/// Each lane of each voice has a level of its own, so that the sum tells which are open: a voice's number is the bit.
float level_of(int voice) { return static_cast<float>(1 << voice) / 256; }

struct Ledger {
  ClockedRig rig;
  Workspace workspace{rig.engine};
  std::string out, err, told;
  Session session{workspace, {.prompt = true, .live = true}, {[this](std::string_view t) { out += t; }, [this](std::string_view t) { err += t; }}};
  std::uint64_t draws = 0;
  std::size_t gates = 0, ends = 0;

  Ledger(int slots, bool spare, double seconds) : rig(slots, spare, static_cast<std::size_t>(seconds * rate / ClockedRig::period)) {}

  std::uint64_t chance(std::uint64_t below) {
    std::uint64_t z = ++draws * 0x9E3779B97F4A7C15;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
    z = (z ^ z >> 27) * 0x94D049BB133111EB;
    return (z ^ z >> 31) % below;
  }

  void say(const std::string& line) {
    session.feed(line + "\n");
    rig.until([&] { return session.step().wait == Session::Wait::input; });
  }
  void say_soon(const std::string& line) { // the next may come before its verdict
    told += fmt::format("{}: {} (heard {}, said {}, revision {}, {} failovers)\n", rig.engine.playhead(), line, rig.engine.playhead() ? heard() * 256 : 0, expected() * 256, rig.engine.link().counters.revision.get(), rig.engine.stats().failovers);
    session.feed(line + "\n");
    session.step();
  }

  /// 0 to 4 have one lane, 5 has lanes 5 and 6.
  void make(const std::string& voice) {
    const int n = voice[1] - '0';
    const std::string values = n < 5 ? fmt::format("{}", level_of(n)) : fmt::format("[{} {}]", level_of(5), level_of(6));
    say_soon("create c" + voice + " lfo depth=0 offset=" + values);
    say_soon("create " + voice + " adsr attack=0.01 decay=0.01 sustain=1 release=0.01");
    say_soon("connect c" + voice + " " + voice + " out.1");
  }
  std::string voice() { return fmt::format("v{}", chance(6)); }
  std::string lane(const std::string& voice) { return voice + (voice == "v5" ? std::array{"", "#1", "#2"}[chance(3)] : ""); }

  void gate(const char* how) {
    const std::string v = voice();
    ++gates;
    say_soon(fmt::format("{} {} {}", how, lane(v), chance(2) ? "on" : "off"));
  }
  void edit() {
    for (auto n = 1 + chance(3); n > 0; --n) {
      const std::string v = voice();
      if (!session.patch().instances.contains(v)) make(v);
      else if (chance(3) == 0) say_soon("delete " + v), say_soon("delete c" + v);
      else gate("gate");
      if (chance(3) == 0) gate("live gate");
    }
    say_soon(fmt::format("commit force fade {}ms", chance(3) * 10));
  }
  void act() {
    switch (chance(20)) {
    case 0: case 1: edit(); break;
    case 2: say_soon("undo"); break;
    case 3: say_soon("redo"); break;
    case 4: say_soon("fault throw live"); break;
    case 5: say_soon(chance(2) ? "fault stall live 20ms" : "fault nan live"); break;
    case 6: if (chance(4) == 0) say_soon("fault throw live"), say_soon("fault throw spare"); break;
    case 7: if (chance(4) == 0) say_soon("panic"); break;
    case 8: { // as a script would, ahead of its time; the table knows no times: nothing else is told meanwhile
      rig.until([&] { return session.step().wait == Session::Wait::input; });
      const auto& instances = rig.engine.current().instances;
      const std::string v = voice();
      if (!instances.contains(v)) break;
      rig.engine.gate(v, -1, true, rig.engine.horizon() + 200 + chance(2000));
      const Frame off = rig.engine.horizon() + 2300 + chance(500);
      rig.engine.gate(v, -1, false, off);
      gates += 2;
      rig.until([&] { return rig.engine.playhead() > off; });
      break;
    }
    default: gate("live gate");
    }
    if (chance(4) == 0) rest(static_cast<long>(chance(8000)));
    rig.engine.poll();
    for (std::string m; !(m = rig.engine.take_message()).empty();) rig.told.push_back(m);
  }

  float expected() const {
    float sum = 0;
    for (const auto& [name, instance] : rig.engine.current().instances) {
      if (!instance.type->has_gate()) continue;
      const int n = name[1] - '0';
      for (int l = 0; l < (n == 5 ? 2 : 1); ++l) {
        const auto lane = static_cast<std::size_t>(l);
        const bool open = instance.gates.size() == 1 ? instance.gates[0] : lane < instance.gates.size() && instance.gates[lane];
        sum += open ? level_of(n + l) : 0;
      }
    }
    return sum;
  }
  float heard() const { return rig.heard[0][rig.engine.playhead() - 1]; }

  /// Whether the sound comes to be what the table says, and stays so.
  bool balances() {
    say("abort");
    ++ends;
    int times = 0;
    return rig.until([&] {
      session.step();
      times = std::fabs(heard() - expected()) < level_of(0) / 4 ? times + 1 : 0;
      rest(1000);
      return times > 20;
    });
  }
};

void keep(int slots, bool spare, double seconds) {
  Ledger l(slots, spare, seconds + 30);
  for (int i = 0; i < 6; ++i) l.make(fmt::format("v{}", i));
  l.say("commit force");
  const Frame end = static_cast<Frame>(seconds * rate);
  while (l.rig.engine.playhead() < end) {
    l.told.clear(), l.err.clear(), l.out.clear();
    for (int i = 0; i < 60; ++i) l.act();
    const bool balances = l.balances();
    INFO(l.told, l.err, l.out);
    INFO("heard " << l.heard() * 256 << ", the table says " << l.expected() * 256 << ", of " << l.ends << " ends, " << l.gates << " gates, frame " << l.rig.engine.playhead());
    REQUIRE(balances);
  }
  l.say("panic");
  CHECK(l.expected() == 0);
  CHECK(l.balances());
  const Stats s = l.rig.engine.stats();
  MESSAGE(fmt::format("{} slots, spare {}: {} gates, {} looks, {} swaps, {} failovers, {} late, {} starved", slots, spare, l.gates, l.ends, s.swaps, s.failovers, s.late, s.starved));
  CHECK(l.gates > 200);
  CHECK(s.swaps > 5);
  CHECK(s.dropped == 0);
}

} // namespace

TEST_CASE("over swaps, deletes, undo, failovers and panics no voice hangs and no gate is lost: the sound is what the table says") { keep(2, true, 12); }
TEST_CASE("the same with three slots") { keep(3, true, 6); }
TEST_CASE("the same without a spare") { keep(2, false, 6); }
