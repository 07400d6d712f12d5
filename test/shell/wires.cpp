// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Which wires are remembered when a server goes.
#include "control/shell/wires.hpp"
#include <doctest/doctest.h>

using namespace chronus::control;
using namespace std::chrono_literals;

namespace {
const Wires::Time start{1000s};
const Wire left{"out_1", "system:playback_1"}, right{"out_2", "system:playback_2"};
} // namespace

TEST_CASE("wires that stood when the server went are to be restored") {
  Wires wires;
  wires.seen({left, right}, start);
  wires.seen({left, right}, start + 5s);
  wires.lost();
  CHECK(wires.missing() == std::vector{left, right});
  wires.restored(left);
  CHECK(wires.missing() == std::vector{right});
}

TEST_CASE("the disconnects of a dying server erase nothing") {
  Wires wires;
  wires.seen({left, right}, start);
  wires.seen({}, start + 100ms);
  wires.seen({}, start + 200ms);
  wires.lost();
  CHECK(wires.missing() == std::vector{left, right});
}

TEST_CASE("a wire that the user took away stays away") {
  Wires wires;
  wires.seen({left, right}, start);
  for (int i = 1; i < 30; ++i) wires.seen({left}, start + i * 100ms);
  wires.lost();
  CHECK(wires.missing() == std::vector{left});
}

TEST_CASE("a wire whose port does not come back is waited for, then given up once") {
  Wires wires;
  wires.seen({left}, start);
  wires.lost();
  wires.back(start + 60s);
  CHECK(wires.given_up(start + 69s).empty());
  CHECK(wires.given_up(start + 71s) == std::vector{left});
  CHECK(wires.missing().empty());
  CHECK(wires.given_up(start + 72s).empty());
}

TEST_CASE("a server that goes again before all is wired loses nothing") {
  Wires wires;
  wires.seen({left, right}, start);
  wires.lost();
  wires.back(start + 1s);
  wires.restored(left);
  wires.seen({left}, start + 2s);
  wires.lost();
  CHECK(wires.missing().size() == 2);
}

TEST_CASE("what somebody else has wired in the meantime is not missing") {
  Wires wires;
  wires.seen({left}, start);
  wires.lost();
  wires.back(start + 1s);
  wires.seen({left}, start + 2s);
  CHECK(wires.missing().empty());
}
