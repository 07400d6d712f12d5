// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A million callbacks, with commits, values, gates, faults and a recording going on: none of them, and no worker,
// allocates, locks, waits or calls the system.
#include "support/offline_rig.hpp"
#include "watch.hpp"
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <unistd.h>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

TEST_CASE("the watch sees what it is there for, and only inside a section") {
  const auto count = [](auto act) {
    const std::uint64_t before = violations();
    act();
    const std::uint64_t outside = violations() - before;
    {
      const RealtimeSection section;
      act();
    }
    CHECK(outside == 0);
    return violations() - before;
  };
  CHECK(count([] {
          void* volatile p = std::malloc(99);
          std::free(p);
        }) == 2);
  CHECK(count([] { std::string s(99, 'x'); }) >= 2);
  CHECK(count([] {
          static std::mutex m;
          const std::lock_guard lock(m);
        }) == 1);
  CHECK(count([] {
          timespec t{0, 1};
          nanosleep(&t, nullptr);
        }) >= 1);
  CHECK(count([] { [[maybe_unused]] const auto n = ::write(-1, "", 0); }) == 1);
}

TEST_CASE("a million callbacks and everything that workers do meanwhile call nothing that they must not") {
  const std::uint64_t before = violations(), entered = sections();
  const auto folder = std::filesystem::temp_directory_path() / ("chronus-realtime-" + std::to_string(::getpid()));
  std::filesystem::create_directory(folder);
  {
    OfflineRig rig({.slots = 3, .lead = 4096, .period = 64, .keep = false});
    Kit k;
    k.add("l", "lfo", {{"freq", 3}}).add("s", "saw", {{"gain", 0.1F}}, 3).spread("s", "freq", 110, 550).cable("l", "s.freq", 20);
    k.add("f", "svf", {{"cutoff", 900}}).add("e", "adsr").add("d", "delay", {{"time", 130}, {"feedback", 0.5F}});
    k.cable("s", "f").cable("f", "e").cable("e", "d").cable("d", "out").gate("e");
    rig.play(64);
    rig.commit(k.patch, 64, 480);
    constexpr Frame end = Frame{1'000'000} * 64;
    Frame next = 64;
    for (int i = 0; next < end; ++i) {
      next += 33'333;
      rig.play(next);
      const auto& type = *find_module("svf");
      rig.engine.set("f", param_of(type, "cutoff"), {Setting::Kind::one, {300.0F + 100.0F * static_cast<float>(i % 20)}}, next);
      rig.engine.gate("e", -1, i % 3 != 0, next);
      const std::string n = "n" + std::to_string(i % 4);
      if (k.patch.instances.contains(n)) {
        k.patch.instances.erase(n);
        std::erase_if(k.patch.cables, [&](const Cable& c) { return c.from.module == n; });
      } else {
        k.add(n, i % 2 ? "sine" : "noise", {{"gain", 0.1F}}).cable(n, "out");
      }
      rig.commit(k.patch, next, i % 5 * 240);
      const char* kinds[] = {"nan", "throw", "stall"};
      if (i % 7 == 0) rig.engine.fault(kinds[i / 7 % 3], i % 2 ? "live" : "spare", 0.001, next + 10'000);
      if (i % 50 == 10) rig.engine.record_start(folder / "take.wav", next);
      if (i % 50 == 12) rig.engine.record_stop(next), rig.engine.recorded();
      if (i == 400) rig.engine.panic(next);
    }
    CHECK(rig.engine.stats().failovers > 50);
    CHECK(rig.engine.stats().swaps > 1000);
    CHECK(rig.engine.link().counters.cycles.get() >= 1'000'000);
  }
  std::filesystem::remove_all(folder);
  CHECK(sections() - entered > 3'000'000);
  CHECK_MESSAGE(violations() - before == 0, "called: " << violators());
}
