// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The engine as at a server: a thread calls the callback by the clock and never waits, while commits, sets and gates come.
#include "support/offline_rig.hpp"
#include <thread>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

constexpr int period = 256, cycles = 400; // 2.1 s

struct Show {
  explicit Show(int slots, bool spare)
      : engine({.rate = rate, .slots = slots, .outs = 2, .spare = spare}, [] {}), process(engine.link(), rate, 2048, spare), heard(2) {
    for (auto& h : heard) h.resize(static_cast<std::size_t>(period) * cycles);
    process.refill(period);
    driver = std::thread([this] { drive(); });
  }
  ~Show() { driver.join(); }

  void drive() {
    flush_denormals();
    timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (std::size_t i = 0; i < cycles; ++i) {
      float* out[] = {heard[0].data() + i * period, heard[1].data() + i * period};
      const auto before = engine.link().counters.starved.get();
      process.cycle(nullptr, out, period, rt::Process::Patience::none);
      if (engine.link().counters.starved.get() != before) starved.push_back(i);
      next.tv_nsec += static_cast<long>(1e9 * period / rate);
      if (next.tv_nsec >= 1'000'000'000) next.tv_nsec -= 1'000'000'000, ++next.tv_sec;
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);
    }
    over.set(1);
  }

  Engine engine;
  rt::Process process;
  Heard heard;
  std::vector<std::size_t> starved; ///< cycles
  link::Published<int> over;
  std::thread driver;
};

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
  Show show(slots, spare);
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

  Ids ids;
  Kit alone;
  alone.add("tone", "sine", {{"freq", 440}}, 3).cable("tone", "out.1");
  auto plan = plan_of(alone.patch, ids);
  Heard wanted(2, std::vector<float>(first));
  plan->start(first);
  run(*plan, first, static_cast<Frame>(period) * cycles, wanted);
  std::vector<bool> broken(cycles + 2);
  for (std::size_t i : show.starved) broken[i] = broken[i + 1] = true; // the ramp back is shorter than a period
  std::size_t compared = 0, wrong = 0;
  for (std::size_t i = 0; i < cycles; ++i)
    if (!broken[i])
      for (std::size_t f = i * period; f < (i + 1) * period; ++f) ++compared, wrong += show.heard[0][f] != wanted[0][f];
  CHECK(wrong == 0);
  CHECK(compared > 0);
  CHECK(loudest(wanted[0]) > 0.1F);
}

} // namespace

TEST_CASE("live, with edits all the time, what no edit touches goes on with the same bits") {
  perform(2, true);
}
TEST_CASE("live, the same with three slots") { perform(3, true); }
TEST_CASE("live, the same with the spare off") { perform(2, false); }
