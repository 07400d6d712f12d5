// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A real-time thread of ours that runs for too long without a pause becomes an ordinary one; others' threads do not.
#include "control/shell/scheduling.hpp"
#include <chrono>
#include <doctest/doctest.h>
#include <sched.h>
#include <thread>

using namespace chronus;
using namespace chronus::control;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

void run_for(Clock::duration time) {
  for (const auto end = Clock::now() + time; Clock::now() < end;) {}
}

bool may_be_realtime() {
  int got = 0;
  std::thread([&] { got = acquire_realtime(pthread_self(), 1); }).join();
  if (got == 0) MESSAGE("real-time priorities are not to be had here");
  return got != 0;
}

} // namespace

TEST_CASE("who runs for longer than the limit is an ordinary thread from then on, again and again; who pauses in between, or is not ours, is not") {
  if (!may_be_realtime()) return;
  link::Published<std::uint32_t> demotions, other;
  limit_realtime(20'000);
  std::thread([&] {
    obey_limit(demotions);
    for (std::uint32_t times = 1; times <= 2; ++times) {
      CHECK(acquire_realtime(pthread_self(), 1) == 1);
      for (const auto end = Clock::now() + 5s; demotions.get() < times && Clock::now() < end;) {}
      CHECK(demotions.get() == times);
      CHECK(sched_getscheduler(0) == SCHED_OTHER); // by the kernel: libc keeps a copy of what it was asked for
      std::this_thread::sleep_for(1ms);
    }
  }).join();
  std::thread([&] {
    obey_limit(other);
    acquire_realtime(pthread_self(), 1);
    for (int i = 0; i < 30; ++i) {
      run_for(4ms);
      std::this_thread::sleep_for(1ms);
    }
    CHECK(sched_getscheduler(0) == SCHED_FIFO);
  }).join();
  CHECK(other.get() == 0);
  std::thread([] {
    acquire_realtime(pthread_self(), 1);
    run_for(100ms);
    CHECK(sched_getscheduler(0) == SCHED_FIFO);
  }).join();
  limit_realtime(3'600'000'000);
}
