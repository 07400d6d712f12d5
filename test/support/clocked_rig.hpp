// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The engine as at a server: a thread calls the callback by the clock and never waits.
#pragma once
#include "offline_rig.hpp"
#include <thread>

namespace chronus::test {

struct ClockedRig {
  static constexpr int period = 256;

  ClockedRig(int slots, bool spare, std::size_t most_cycles)
      : engine({.rate = rate, .slots = slots, .outs = 2, .spare = spare, .faults = true}, [] {}), process(engine.link(), rate, 2048, spare), heard(2) {
    for (auto& h : heard) h.resize(static_cast<std::size_t>(period) * most_cycles);
    process.refill(period);
    driver = std::thread([this, most_cycles] { drive(most_cycles); });
  }
  ~ClockedRig() { end(); }

  void end() {
    stop.set(1);
    if (driver.joinable()) driver.join();
  }

  /// Polls until it is true. \return whether it became so within 20 s
  template <class F> bool until(F true_now) {
    for (int tries = 0; tries < 10'000; ++tries) {
      engine.poll();
      for (std::string m; !(m = engine.take_message()).empty();) told.push_back(m);
      if (true_now()) return true;
      rest(2000);
    }
    return false;
  }

  /// After the end: the left plays, from frame `first` on, what this patch alone plays, wherever a block was there in time.
  void check_left(const control::Patch& alone, Frame first) const {
    control::Ids ids;
    auto plan = plan_of(alone, ids);
    Heard wanted(2, std::vector<float>(first));
    plan->start(first);
    run(*plan, first, static_cast<Frame>(period) * played, wanted);
    std::vector<bool> broken(played + 2);
    for (std::size_t i : starved) broken[i] = broken[i + 1] = true; // the ramp back is shorter than a period
    std::size_t compared = 0, wrong = 0;
    for (std::size_t i = 0; i < played; ++i)
      if (!broken[i])
        for (std::size_t f = i * period; f < (i + 1) * period; ++f) ++compared, wrong += heard[0][f] != wanted[0][f];
    CHECK(wrong == 0);
    CHECK(compared > 0);
    CHECK(loudest(wanted[0]) > 0.1F);
  }

  control::Engine engine;
  rt::Process process;
  Heard heard;
  std::vector<std::size_t> starved; ///< cycles
  std::size_t played = 0;           ///< cycles
  std::vector<std::string> told;
  link::Published<int> over, stop;
  std::thread driver;

private:
  void drive(std::size_t most_cycles) {
    flush_denormals();
    timespec next;
    clock_gettime(CLOCK_MONOTONIC, &next);
    for (; played < most_cycles && !stop.get(); ++played) {
      float* out[] = {heard[0].data() + played * period, heard[1].data() + played * period};
      const auto before = engine.link().counters.starved.get();
      process.cycle(nullptr, out, period, rt::Process::Patience::none);
      if (engine.link().counters.starved.get() != before) starved.push_back(played);
      next.tv_nsec += static_cast<long>(1e9 * period / rate);
      if (next.tv_nsec >= 1'000'000'000) next.tv_nsec -= 1'000'000'000, ++next.tv_sec;
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, nullptr);
    }
    over.set(1);
  }
};

} // namespace chronus::test
