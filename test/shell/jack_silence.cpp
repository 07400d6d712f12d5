// SPDX-License-Identifier: GPL-3.0-or-later
// The test is the main thread; a real server is stopped in the middle, and does not answer.
#include "jack_life.hpp"
#include <csignal>
#include <doctest/doctest.h>

TEST_CASE("a server that falls silent holds nobody up") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life life;
  REQUIRE(life.begin());
  life.live(0.2);
  server.pause(true);
  CHECK(life.until([&] { return life.client.silent(); }, 2));
  CHECK(life.until([&] { return life.has_said("fallen silent"); }, 4));
  life.live(3);
  CHECK(life.longest_ms < 50);
  server.pause(false);
  CHECK(life.until([&] { return life.client.running(); }, 8));
  const auto frames = life.tone.frames.get();
  CHECK(life.until([&] { return life.tone.frames.get() > frames; }, 2));
}

TEST_CASE("stop ends in time though the server hangs") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life life;
  REQUIRE(life.begin());
  server.pause(true);
  const auto begin = std::chrono::steady_clock::now();
  life.client.stop();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(2500));
  server.pause(false);
}

TEST_CASE("a server that takes no client holds nobody up, is told of once, and is joined as soon as it does") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life life;
  REQUIRE(life.begin());
  for (const bool wakes : {true, false}) {
    CAPTURE(wakes);
    server.end(SIGKILL);
    REQUIRE(life.until([&] { return !life.client.running(); }, 2));
    server.start(256);
    server.pause(true);
    life.said.clear();
    CHECK(life.until([&] { return life.has_said("the server does not answer"); }, 5));
    life.live(4);
    CHECK(life.said.size() == 1);
    CHECK_FALSE(life.client.hung()); // libjack has not been asked
    CHECK(life.longest_ms < 50);
    if (wakes) {
      server.pause(false);
    } else {
      server.end(SIGKILL);
      server.start(256);
    }
    CHECK(life.until([&] { return life.client.running(); }, 8));
    const auto frames = life.tone.frames.get();
    CHECK(life.until([&] { return life.tone.frames.get() > frames; }, 2));
  }
  server.end(SIGKILL);
  REQUIRE(life.until([&] { return !life.client.running(); }, 2));
  server.start(256);
  server.pause(true);
  life.live(1);
  const auto begin = std::chrono::steady_clock::now();
  life.client.stop();
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(200));
  CHECK_FALSE(life.client.hung());
  server.pause(false);
}
