// SPDX-License-Identifier: GPL-3.0-or-later
// The test is the main thread; a real server dies, hangs and comes back.
#include "jack_life.hpp"
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>

using namespace chronus::control;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }

std::ptrdiff_t entries(const char* folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator());
}

} // namespace

TEST_CASE("a server that is killed or stopped is waited for; ports and wires come back with it") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life life(2, 1);
  REQUIRE(life.begin());
  life.client.connect("");
  REQUIRE(life.until([&] { return life.has_said("out_2 ->"); }));
  REQUIRE(output_of("jack_connect chronus:out_1 chronus:in_1; jack_connect system:capture_2 chronus:in_1; echo $?") == "0\n");
  life.live(0.3);
  const auto fds = entries("/proc/self/fd"), threads = entries("/proc/self/task");
  for (int signal : {SIGKILL, SIGTERM, SIGKILL}) {
    CAPTURE(signal);
    life.said.clear();
    server.end(signal);
    CHECK(life.until([&] { return life.has_said("jack: the server is gone"); }, 2));
    CHECK_FALSE(life.client.running());
    life.live(0.5);
    CHECK(life.said.size() == 1);
    server.start(256);
    const auto began = std::chrono::steady_clock::now();
    CHECK(life.until([&] { return life.client.running(); }, 3));
    CHECK(life.has_said("jack: back at 48000 Hz, 256 frames, as chronus"));
    CHECK(life.until([] {
      const auto wires = output_of("jack_lsp -c chronus:");
      return contains(wires, "chronus:out_1\n   system:playback_1") && contains(wires, "chronus:out_2\n   system:playback_2") &&
             contains(wires, "   chronus:in_1\n") && contains(wires, "   system:capture_2");
    }, 3));
    MESSAGE("running and wired again after ", std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count(), " ms");
    const auto frames = life.tone.frames.get();
    CHECK(life.until([&] { return life.tone.frames.get() > frames; }, 2));
  }
  life.live(0.3);
  CHECK(entries("/proc/self/fd") == fds);
  CHECK(entries("/proc/self/task") == threads);
  CHECK_FALSE(life.client.hung());
  MESSAGE("longest housekeeping ", life.longest_ms, " ms");
  CHECK(life.longest_ms < 50);
}

TEST_CASE("a wire to a client that comes back later is restored when its port is there") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life life;
  REQUIRE(life.begin());
  {
    Life other(2, 1, "other");
    REQUIRE(other.begin());
    REQUIRE(output_of("jack_connect chronus:out_2 other:in_1; echo $?") == "0\n");
    life.live(0.3);
    server.end(SIGKILL);
    life.live(0.2);
  }
  server.start(256);
  REQUIRE(life.until([&] { return life.client.running(); }, 3));
  life.live(0.5);
  Life other(2, 1, "other");
  REQUIRE(other.begin());
  CHECK(life.until([] { return contains(output_of("jack_lsp -c chronus:out_2"), "other:in_1"); }, 3));
}

TEST_CASE("a server that comes back at another rate is put before the engine once, which may refuse it and wait") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life life;
  REQUIRE(life.begin());
  server.end(SIGKILL);
  REQUIRE(life.until([&] { return !life.client.running(); }, 2));
  life.accept = false;
  server.start(512, 44100);
  CHECK(life.until([&] { return life.returned_rate == 44100; }, 3));
  life.returned_rate = 0;
  life.live(3.5);
  CHECK(life.returned_rate == 0);
  CHECK_FALSE(life.client.running());
  server.end(SIGTERM);
  life.accept = true;
  server.start(512, 32000);
  CHECK(life.until([&] { return life.client.running(); }, 6));
  CHECK(life.client.rate() == 32000);
  CHECK(life.until([&] { return life.tone.period.get() == 512; }, 2));
}
