// SPDX-License-Identifier: GPL-3.0-or-later
// The test is the main thread; a real server on a dummy driver.
#include "control/shell/libjack_log.hpp"
#include "jack_life.hpp"
#include <cstdlib>
#include <doctest/doctest.h>
#include <jack/jack.h>

using namespace chronus::control;

namespace {
bool contains(const std::string& text, const std::string& part) { return text.find(part) != text.npos; }
} // namespace

TEST_CASE("without a server the user is told what to do, quietly") {
  if (!jack_is_installed()) return;
  setenv("JACK_DEFAULT_SERVER", "nobody_home", 1);
  Life life;
  const auto text = life.client.open();
  CHECK(contains(text, "no JACK server 'nobody_home' runs"));
  CHECK(contains(text, "jackd -d dummy"));
  jack_status_t status;
  REQUIRE_FALSE(jack_client_open("nobody", JackNoStartServer, &status));
  std::string line;
  CHECK(take_libjack_message(line)); // libjack complained, and not on the terminal
}

TEST_CASE("ports stand under their names, nothing is wired, and the buffers have the period's length") {
  if (!jack_is_installed()) return;
  JackServer server(128, 44100);
  Life life(4, 2);
  REQUIRE(life.begin());
  CHECK(life.client.rate() == 44100);
  CHECK(life.client.period() == 128);
  CHECK(life.client.name() == "chronus");
  const auto ports = output_of("jack_lsp");
  for (const char* port : {"chronus:out_1\n", "chronus:out_2\n", "chronus:out_3\n", "chronus:out_4\n", "chronus:in_1\n", "chronus:in_2\n"}) {
    CAPTURE(port);
    CHECK(contains(ports, port));
  }
  CHECK_FALSE(contains(ports, "chronus:out_5"));
  CHECK_FALSE(contains(output_of("jack_lsp -c chronus:"), "system:"));
  CHECK(life.until([&] { return life.tone.frames.get() > 4410; }));
  CHECK(life.tone.largest.get() == 128);
  CHECK(life.until([] { return contains(output_of("jack_property -l"), "Output 4"); }, 3));
}

TEST_CASE("the ports tell the latency, and a new one when asked to") {
  if (!jack_is_installed()) return;
  JackServer server(256);
  const auto latency = [](const std::string& port) { return output_of("jack_lsp -l " + port); };
  {
    Life life(2, 0);
    REQUIRE(life.begin());
    CHECK(life.until([&] { return contains(latency("chronus:out_1"), "capture latency = [ 320 320 ]"); }));
  }
  Life life(2, 2);
  REQUIRE(life.begin());
  CHECK(output_of("jack_connect system:capture_1 chronus:in_1; echo $?") == "0\n");
  CHECK(life.until([&] { return contains(latency("chronus:out_1"), "capture latency = [ 320 576 ]"); }));
  life.tone.latency.set(1000);
  life.client.recompute_latencies();
  CHECK(life.until([&] { return contains(latency("chronus:out_2"), "capture latency = [ 1000 1256 ]"); }));
  CHECK(output_of("jack_connect chronus:out_1 system:playback_1; echo $?") == "0\n");
  CHECK(life.until([&] { return contains(latency("chronus:in_2"), "playback latency = [ 1000 1256 ]"); }));
}

TEST_CASE("a second client of the name gets a name of its own") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life one, two;
  REQUIRE(one.begin());
  REQUIRE(two.begin());
  CHECK(two.client.name() == "chronus-01");
  CHECK(contains(output_of("jack_lsp"), "chronus-01:out_1"));
}

TEST_CASE("the period may change while it plays") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life life;
  REQUIRE(life.begin());
  for (std::uint32_t size : {64U, 1024U, 128U, 2048U}) {
    output_of("jack_bufsize " + std::to_string(size));
    CHECK(life.until([&] { return life.tone.period.get() == size; }, 2));
    const auto before = life.tone.frames.get();
    CHECK(life.until([&] { return life.tone.frames.get() > before + 2 * size; }, 2));
    CHECK(life.client.period() == size);
  }
  CHECK(life.client.running());
  CHECK(life.said.empty());
}

TEST_CASE("outputs are wired to the physical ports, or to those that match, only when asked") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life life(2, 0), other(2, 2, "sink");
  REQUIRE(life.begin());
  REQUIRE(other.begin());
  life.client.connect("");
  CHECK(life.until([&] { return life.said.size() == 2; }));
  CHECK(life.has_said("jack: out_1 -> system:playback_1"));
  CHECK(life.has_said("jack: out_2 -> system:playback_2"));
  life.client.connect("^sink:");
  CHECK(life.until([&] { return life.has_said("out_2 -> sink:in_2"); }));
  CHECK(contains(output_of("jack_lsp -c chronus:out_1"), "sink:in_1"));
  life.client.connect("nowhere");
  CHECK(life.until([&] { return life.has_said("no input port matches 'nowhere'"); }));
}

TEST_CASE("in freewheel the callback is told so, and a client that stops then has left freewheel before") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life life;
  REQUIRE(life.begin());
  output_of("jack_freewheel y");
  CHECK(life.until([&] { return life.tone.freewheeled.get() > 480000; })); // faster than 10 s
  CHECK(life.client.freewheel());
  life.client.stop();
  CHECK_FALSE(life.client.hung());
  Life next; // a server that is broken would not take it
  REQUIRE(next.begin());
  const auto before = next.tone.frames.get();
  CHECK(next.until([&] { return next.tone.frames.get() > before + 4800; }));
  CHECK_FALSE(next.client.freewheel());
}

TEST_CASE("after stop nothing is called and the ports are gone") {
  if (!jack_is_installed()) return;
  JackServer server;
  Life life;
  REQUIRE(life.begin());
  CHECK(life.until([&] { return life.tone.frames.get() > 0; }));
  life.client.stop();
  const auto frames = life.tone.frames.get();
  CHECK_FALSE(contains(output_of("jack_lsp"), "chronus:"));
  CHECK(life.tone.frames.get() == frames);
  life.live(0.5);
  CHECK_FALSE(life.client.running());
}
