// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. When a source's commands are carried out, and when they are answered.
#include "../support/talk.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using control::Session;
using control::SessionOptions;
using test::Talk;
using Log = std::vector<std::string>;

namespace {

constexpr const char* patch = "create a gain\nconnect a out\ncommit";
SessionOptions live(Frame clock) { return {.live = true, .clock = clock, .margin = 128, .look_ahead = 24000}; }

} // namespace

TEST_CASE("only wait moves a script's clock, and ops carry it") {
  Talk t;
  t.say(patch);
  t.say("wait 1s\nset a.gain 2\nwait 10ms\nset a.gain 3");
  CHECK(t.host.log == Log{"commit @0 fade 480", "set a 0 2 @48000", "set a 0 3 @48480"});
  CHECK(t.session.clock() == 48480);
  CHECK(t.session.issued() == 48480);
}

TEST_CASE("offline a script runs ahead without limit, but what looks waits for the playhead, and so does what follows") {
  Talk t;
  t.say(patch);
  const auto state = t.say("wait 1s\nstats\nset a.gain 2");
  CHECK(state.wait == Session::Wait::playhead);
  CHECK(state.until == 48000);
  CHECK(t.host.log.size() == 1);
  t.host.at = 47999;
  CHECK(t.step().wait == Session::Wait::playhead);
  t.host.at = 48000;
  CHECK(t.step().wait == Session::Wait::input);
  CHECK(t.out.find("frame 48000") != std::string::npos);
  CHECK(t.host.log.back() == "set a 0 2 @48000");
}

TEST_CASE("an offline script waits for the block that its clock stands in, not beyond") {
  Talk t;
  CHECK(t.say("wait 1001ms\nstats").until == block_floor(48048));
  CHECK(t.session.clock() % block_frames != 0);
  t.host.at = t.session.issued();
  CHECK(t.step().wait == Session::Wait::input);
}

TEST_CASE("a live script runs ahead by its look-ahead and no further") {
  Talk t(live(6400));
  t.say(patch);
  const auto state = t.say("wait 2s\nset a.gain 2");
  CHECK(state.wait == Session::Wait::playhead);
  CHECK(state.until == 6400 + 96000 - 24000);
  t.host.at = state.until;
  CHECK(t.step().wait == Session::Wait::input);
  CHECK(t.host.log.back() == "set a 0 2 @102400");
}

TEST_CASE("live, what looks is postponed and does not hold up what follows; answers stay in order") {
  Talk t(live(6400));
  t.say(patch);
  t.out.clear();
  t.say("wait 100ms\nstats\nset a.gain 2\nshow");
  CHECK(t.host.log.back() == "set a 0 2 @11200");
  CHECK(t.out.empty());
  t.host.at = 11200;
  t.step();
  CHECK(t.out.find("starved") < t.out.find("no draft is open"));
}

TEST_CASE("a script that fell behind slips once by whole blocks, and says so once") {
  // The lines were there before the time passed: nobody waited for input.
  Talk u(live(6400));
  u.session.feed(patch + std::string("\nwait 10ms\nset a.gain 2\nwait 10ms\nset a.gain 3\n"));
  u.host.decide_at_once = false;
  u.step();
  u.host.at = 20000;
  u.host.decide();
  u.step();
  CHECK(test::lines_of(u.err).size() == 1);
  CHECK(u.err.find("fell behind") != std::string::npos);
  const Frame horizon = block_ceil(20000 + 256);
  const Frame slipped = 6400 + 480 + block_ceil(horizon + 128 - 6400 - 480);
  CHECK(u.host.log[1] == fmt::format("set a 0 2 @{}", slipped));
  CHECK(u.host.log[2] == fmt::format("set a 0 3 @{}", slipped + 480));
  CHECK((slipped - 480 - 6400) % 64 == 0);
}

TEST_CASE("a reader that had to wait for input is put to the horizon without a word") {
  Talk t(live(6400));
  t.say(patch);
  t.host.at = 48000;
  t.say("set a.gain 2\nset a.gain 3"); // two at once: a phrase, with a clock
  CHECK(t.err.empty());
  CHECK(t.host.log[1] == fmt::format("set a 0 2 @{}", 6400 + block_ceil(t.host.horizon() + 128 - 6400)));
}

TEST_CASE("a line that comes alone to a reader that waited means now") {
  Talk t(live(6400));
  t.say(patch);
  t.host.at = 48000;
  t.say("set a.gain 2");
  CHECK(t.host.log.back() == "set a 0 2 @0");
  CHECK(t.session.clock() >= t.host.horizon());
}

TEST_CASE("a commit holds its source until the verdict, and later answers until the swap") {
  Talk t;
  t.host.decide_at_once = t.host.swap_at_once = false;
  CHECK(t.say(patch + std::string("\nset a.gain 2\nlist")).wait == Session::Wait::verdict);
  CHECK(t.session.issued() == 0);
  CHECK(t.host.log == Log{"commit @0 fade 480"});
  t.host.decide();
  t.step();
  CHECK(t.host.log.back() == "set a 0 2 @0");
  CHECK(t.out.empty());
  t.host.swap();
  t.step();
  const auto lines = test::lines_of(t.out);
  REQUIRE(lines.size() >= 2);
  CHECK(lines[0].starts_with("revision 1"));
  CHECK(lines[0].ends_with("swapped at frame 0"));
  CHECK(lines[1].starts_with("a"));
}

TEST_CASE("at is on the script's own clock") {
  Talk t(live(6400));
  t.say("create a gain\nconnect a out\ncommit at 1s fade 0");
  CHECK(t.host.log.back() == "commit @54400 fade 0");
  CHECK(t.complaint("wait 2s").empty());
  t.host.at = 6400 + 96000;
  CHECK(t.complaint("commit at 1.5s").find("<stdin>:5:11: ") == 0);
}

TEST_CASE("quit is carried out in order, and what follows it counts for nothing") {
  Talk t;
  t.say("wait 1s\nquit\nfrobnicate");
  CHECK(!t.session.quit());
  t.host.at = 48000;
  CHECK(t.step().wait == Session::Wait::ended);
  CHECK(t.session.quit());
  CHECK(t.session.errors() == 0);
  CHECK(t.session.issued() == never);
}

TEST_CASE("the end of the input ends a script, and then no op may come any more") {
  Talk t;
  t.say("wait 1s\nstats");
  t.session.close();
  CHECK(t.step().wait == Session::Wait::playhead);
  t.host.at = 48000;
  CHECK(t.step().wait == Session::Wait::ended);
  CHECK(t.session.issued() == never);
  CHECK(t.session.clock() == 48000);
}

TEST_CASE("strict stops at the first error") {
  Talk t({.strict = true});
  t.say("wait 1s\nfrobnicate\nwait 5s\nfrobnicate");
  CHECK(t.step().wait == Session::Wait::ended);
  CHECK(t.session.errors() == 1);
  CHECK(t.session.clock() == 48000);
}

TEST_CASE("at the prompt ops are now, and a wait really waits") {
  Talk t({.prompt = true, .live = true});
  t.host.at = 5000;
  t.say(patch);
  t.say("set a.gain 2");
  CHECK(t.host.log.back() == "set a 0 2 @0");
  const auto state = t.say("wait 1s\nset a.gain 3");
  CHECK(state.wait == Session::Wait::playhead);
  CHECK(state.until == 53000);
  CHECK(t.host.log.back() == "set a 0 2 @0");
  t.host.at = 53000;
  t.step();
  CHECK(t.host.log.back() == "set a 0 3 @0");
  CHECK(t.session.issued() == never);
}

TEST_CASE("a typed panic overtakes a wait and drops what stood behind it") {
  Talk t({.prompt = true, .live = true});
  t.say(patch);
  t.say("wait 100s\nset a.gain 3");
  t.say("panic");
  CHECK(t.host.log.back() == "panic @0");
  CHECK(t.say("set a.gain 4").wait == Session::Wait::input);
  CHECK(t.host.log.back() == "set a 0 4 @0");
}

TEST_CASE("while the server is gone, what looks is answered at once, even behind a swap that does not come") {
  Talk t({.prompt = true, .live = true});
  t.host.swap_at_once = false;
  t.say(patch);
  t.host.is_running = false;
  t.say("stats");
  CHECK(t.out.find("starved") != std::string::npos);
  CHECK(t.say("quit").wait == Session::Wait::ended);
}

TEST_CASE("two sources commit one after the other") {
  Talk t;
  t.host.decide_at_once = false;
  std::string out;
  Session other(t.workspace, {.name = "other"}, {[&](std::string_view s) { out += s; }, [](std::string_view) {}});
  CHECK(t.say(patch).wait == Session::Wait::verdict);
  other.feed("create b gain\nconnect b out.1\ncommit\n");
  CHECK(other.step().wait == Session::Wait::verdict);
  CHECK(t.host.log.size() == 1);
  t.host.decide();
  CHECK(other.step().wait == Session::Wait::verdict);
  CHECK(t.host.log.size() == 2);
  t.host.decide();
  CHECK(t.host.current().instances.size() == 2);
}
