// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread and errand threads.
#include "control/shell/errand.hpp"
#include "control/shell/scheduling.hpp"
#include <chronus/denormals.hpp>
#include <doctest/doctest.h>
#include <poll.h>
#include <thread>

using namespace chronus::control;
using namespace std::chrono_literals;

TEST_CASE("an errand that ends rings and gives back what it held") {
  auto bell = std::make_shared<EventFd>();
  Errand errand(bell);
  CHECK_FALSE(errand.out());
  auto held = std::make_shared<int>(0);
  errand.send([held] { *held = 7; });
  REQUIRE(errand.wait(5s));
  CHECK(*held == 7);
  CHECK(held.use_count() == 1);
  pollfd rung{bell->fd(), POLLIN, 0};
  CHECK(poll(&rung, 1, 1000) == 1);
  bell->drain();
  CHECK(poll(&rung, 1, 0) == 0);
}

TEST_CASE("an errand that hangs holds nobody up and may be left behind") {
  Errand errand(std::make_shared<EventFd>());
  const auto begin = std::chrono::steady_clock::now();
  errand.send([] { std::this_thread::sleep_for(1s); });
  CHECK(errand.out());
  CHECK_FALSE(errand.wait(20ms));
  errand.abandon();
  CHECK_FALSE(errand.out());
  bool second = false;
  errand.send([&second] { second = true; });
  CHECK(errand.wait(5s));
  CHECK(second);
  CHECK(std::chrono::steady_clock::now() - begin < 900ms);
}

TEST_CASE("a priority is what the kernel gives, and an ordinary JACK thread has nothing below it") {
  CHECK(realtime_priority(pthread_self()) == 0);
  CHECK(acquire_realtime(pthread_self(), 0) == 0);
  CHECK(priority_below(5) == 4);
  CHECK(priority_below(1) == 0);
  CHECK(priority_below(0) == 0);
  CHECK(priority_below(-6) == 0);
}

TEST_CASE("denormals are flushed on the thread that asks, and on those it starts") {
  std::thread([] {
    volatile float small = 1e-38F;
    CHECK(small * 0.01F != 0.0F);
    chronus::flush_denormals();
    CHECK(small * 0.01F == 0.0F);
    std::thread([&] { CHECK(small * 0.01F == 0.0F); }).join();
  }).join();
}
