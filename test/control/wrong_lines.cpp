// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. Wrong lines: each error points at the word, names it, and changes nothing.
#include "../support/talk.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using test::Talk;

TEST_CASE("a wrong line gives one error at the word, and leaves draft and current as they were") {
  struct Case { const char* line; int column; const char* names; };
  static constexpr Case cases[] = {
      {"create x nosuchtype", 10, "nosuchtype"},
      {"create tone gain", 8, "tone"},
      {"connect tone nowhere", 14, "nowhere"},
      {"set tone.gain 1e9", 15, "tone.gain: 1e+09 is above 16"},
      {"set tone.gain abc", 15, "abc"},
      {"set tone.nosuch 1", 10, "nosuch"},
      {"delete ghost", 8, "ghost"},
      {"connect tone.out tone.bogus", 23, "bogus"},
      {"gate tone on", 6, "gate"},
      {"frobnicate", 1, "frobnicate"},
      {"create 9x gain", 8, "9x"},
      {"create d gain gain=", 20, "d.gain: a value is missing"},
      {"commit fade -1s", 13, "-1s"},
      {"wait -5", 6, "-5"},
      {"record start /nonexistent/dir/x.wav", 14, "/nonexistent"},
      {"source /nonexistent.chronus", 8, "/nonexistent"},
      {"set \"unclosed", 5, "unclosed"},
      {"create in gain", 8, "in"},
      {"delete out", 8, "out"},
      {"create a gain gain=1 gain=2", 22, "twice"},
      {"create a gain lanes=257", 21, "1 to 256"},
      {"create a gain lanes=1000000", 21, "1 to 256"},
      {"connect tone", 1, "connect"},
      {"connect tone out.3", 18, "1 to 2"},
      {"connect out tone", 9, "out"},
      {"connect in tone", 9, "--ins"},
      {"connect tone out by=2", 18, "by="},
      {"disconnect tone tone", 17, "tone"},
      {"abort now", 7, "now"},
      {"commit at", 8, "at"},
      {"commit fade 1 fade 2", 15, "twice"},
      {"commit soon", 8, "soon"},
      {"record", 1, "start or stop"},
      {"record again", 8, "again"},
      {"wait 1e300", 6, "1e300"},
      {"wait nan", 6, "nan"},
      {"wait 0x10", 6, "0x10"},
      {"undo", 1, "nothing to undo"},
      {"redo", 1, "nothing to redo"},
      {"help nosuch", 6, "nosuch"},
      {"save /nonexistent/x", 6, "/nonexistent"},
      {"load /nonexistent", 6, "/nonexistent"},
      {"source /", 8, "directory"},
      {"source /dev/zero", 8, "regular"},
      {"fault explode", 7, "explode"},
      {"gate ghost on", 6, "ghost"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.line);
    Talk t;
    t.host.swap_at_once = true;
    t.say("create tone gain\nconnect tone out");
    if (std::string_view(c.line) != "undo") t.say("commit");
    else t.session.drop_draft();
    const control::Patch before = t.host.current();
    t.host.log.clear();
    const std::string error = t.complaint(c.line);
    const int line = std::string_view(c.line) != "undo" ? 4 : 3;
    CAPTURE(error);
    CHECK(error.starts_with("<stdin>:" + std::to_string(line) + ":" + std::to_string(c.column) + ": "));
    CHECK(error.find(c.names) != std::string::npos);
    CHECK(std::count(error.begin(), error.end(), '\n') == 1);
    CHECK(t.session.errors() == 1);
    CHECK(t.host.current() == before);
    CHECK(!t.session.editing());
    CHECK(t.host.log.empty());
  }
}
