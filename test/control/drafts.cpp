// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. Drafts, merging and history.
#include "../support/talk.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using control::Session;
using test::Talk;

namespace {

constexpr const char* base = "create a gain\ncreate b gain gain=0.5\nconnect a b out\ncommit";

float gain_of(const Talk& t, const char* name) { return t.host.current().instances.at(name).settings[0].numbers[0]; }

std::string why(Talk& t, const char* line) {
  const std::string text = t.complaint(line);
  return text.substr(0, text.find('\n'));
}

} // namespace

TEST_CASE("an edit opens a draft; a refused one opens none; abort drops it") {
  Talk t;
  t.say("delete ghost");
  CHECK(!t.session.editing());
  t.say("create a gain");
  CHECK(t.session.editing());
  t.say("abort");
  CHECK(!t.session.editing());
  t.out.clear();
  t.say("abort\ncommit");
  CHECK(t.out == "there is nothing to abort\nthere is nothing to commit\n");
  CHECK(t.session.errors() == 1);
}

TEST_CASE("a refused commit leaves the draft open and current as it was") {
  Talk t;
  t.say(base);
  t.host.refusal = "silent: nothing was heard";
  CHECK(why(t, "set a.gain 2\ndelete b\ncommit") == "<stdin>:7:1: silent: nothing was heard");
  CHECK(t.session.editing());
  CHECK(t.host.revision() == 1);
  CHECK(t.host.current().instances.size() == 2);
  CHECK(why(t, "undo").find("draft") != std::string::npos);
  t.host.refusal.clear();
  t.say("commit");
  CHECK(t.host.current().instances.size() == 1);
}

TEST_CASE("set and gate are staged while a draft is open, and live set is not") {
  Talk t;
  t.say(base);
  t.say("create c gain\nset a.gain 3\nlive set b.gain 4");
  CHECK(gain_of(t, "a") == 1);
  CHECK(gain_of(t, "b") == 4);
  t.say("commit");
  CHECK(gain_of(t, "a") == 3);
  CHECK(gain_of(t, "b") == 4); // what was set live meanwhile stays
}

TEST_CASE("undo restores what the commit changed, and nothing else") {
  Talk t;
  t.say(base);
  const control::Patch first = t.host.current();
  t.say("create c gain\nconnect c b\nset a.gain 3\ndisconnect b out\ncommit");
  t.say("set b.gain 7");
  t.say("undo");
  CHECK(gain_of(t, "a") == 1);
  CHECK(gain_of(t, "b") == 7);
  CHECK(t.host.current().cables == first.cables);
  CHECK(t.host.revision() == 3);
  t.say("redo");
  CHECK(gain_of(t, "a") == 3);
  CHECK(t.host.current().instances.contains("c"));
  t.say("undo\nundo");
  CHECK(t.host.current().instances.empty());
  t.say("redo");
  CHECK(t.host.current().instances.size() == 2);
  t.say("create z gain\ncommit");
  CHECK(why(t, "redo").find("nothing to redo") != std::string::npos);
}

TEST_CASE("a refused undo leaves history as it was") {
  Talk t;
  t.say(base);
  t.host.refusal = "no";
  CHECK(why(t, "undo") != "");
  t.host.refusal.clear();
  CHECK(why(t, "undo") == "");
}

TEST_CASE("a cable keeps its place in the sum, and a freed place is not given away") {
  Talk t;
  t.say("create a gain\ncreate b gain\ncreate c gain\nconnect a out\nconnect b out\ncommit");
  t.say("disconnect a out\nconnect c out\ncommit");
  const auto& cables = t.host.current().cables;
  REQUIRE(cables.size() == 2);
  CHECK(cables[0].ordinal == 1);
  CHECK(cables[1].ordinal == 2);
  t.say("undo");
  CHECK(t.host.current().cables[0].ordinal == 0);
}

TEST_CASE("drafts of two sources are merged where they touch different things") {
  Talk t;
  t.say(base);
  Session other(t.workspace, {.name = "other"}, {[](std::string_view) {}, [&](std::string_view s) { t.err += s; }});
  other.feed("create x gain\nconnect x b\nset b.gain 9\n");
  other.step();
  t.say("create y gain\nconnect y b\nset a.gain 8\ncommit");
  other.feed("commit\n");
  other.step();
  CHECK(t.err == "");
  const auto& p = t.host.current();
  CHECK(p.instances.size() == 4);
  CHECK(gain_of(t, "a") == 8);
  CHECK(gain_of(t, "b") == 9);
  std::set<std::uint32_t> places;
  for (const auto& c : p.cables)
    if (c.to.module == "b") places.insert(c.ordinal);
  CHECK(places.size() == 3);
}

TEST_CASE("drafts of two sources that touch the same are refused, and stay open") {
  struct Case { const char *theirs, *mine, *names; };
  for (const Case& c : {Case{"set a.gain 2\ncreate y gain", "create n gain\nset a.gain 3", "a.gain"}, Case{"delete a", "create n gain\nset a.gain 3", "a"},
                        Case{"create n gain", "create n gain", "n"}, Case{"set a.gain 2\ncreate y gain", "delete a", "a"},
                        Case{"delete a", "create n gain\nconnect a n", "a"},
                        Case{"create n gain\nconnect b n\nset b.gain 1", "disconnect a b\nconnect b a", ""}}) {
    Talk t;
    t.say(base);
    Session other(t.workspace, {.name = "other"}, {[](std::string_view) {}, [&](std::string_view s) { t.err += s; }});
    other.feed(std::string(c.mine) + "\n");
    other.step();
    t.say("create unrelated gain\n" + std::string(c.theirs) + "\ncommit");
    REQUIRE(t.err == "");
    const control::Patch before = t.host.current();
    other.feed("commit\n");
    other.step();
    CAPTURE(c.mine);
    if (*c.names == '\0') {
      CHECK(t.err == "");
      continue;
    }
    CHECK(t.err.find(c.names) != std::string::npos);
    CHECK(other.editing());
    CHECK(t.host.current() == before);
  }
}

TEST_CASE("edits that together close a cycle are refused") {
  Talk t;
  t.say("create a gain\ncreate b gain\ncommit force");
  Session other(t.workspace, {.name = "other"}, {[](std::string_view) {}, [&](std::string_view s) { t.err += s; }});
  other.feed("connect a b\n");
  other.step();
  t.say("connect b a\ncommit force");
  other.feed("commit force\n");
  other.step();
  CHECK(t.err.find("cycle") != std::string::npos);
}

TEST_CASE("a cycle is refused at the cable that closes it, and a chain is made whole or not at all") {
  Talk t;
  t.say("create a gain\ncreate b gain\ncreate c gain\nconnect a b c");
  CHECK(why(t, "connect c out.1 a").find("out is a sink") != std::string::npos);
  CHECK(why(t, "connect c a") == "<stdin>:6:11: a cycle: a already feeds c, and there is no delay between them");
  CHECK(why(t, "connect a a").find("cycle") != std::string::npos);
  CHECK(t.session.patch().cables.size() == 2);
  t.say("disconnect a b");
  CHECK(why(t, "connect c a b") != "");
  CHECK(t.session.patch().cables.size() == 1);
}

TEST_CASE("the same cable twice is one cable, and another amount replaces the first") {
  Talk t;
  t.say("create a gain\ncreate b gain\nconnect a b.gain by=0.5\nconnect a b.gain by=0.5");
  CHECK(t.out == "already connected\n");
  t.say("connect a b.gain by=2");
  REQUIRE(t.session.patch().cables.size() == 1);
  CHECK(t.session.patch().cables[0].by == 2);
  CHECK(t.session.patch().cables[0].to.is_param);
  CHECK(t.err == "");
}

TEST_CASE("a module with several outputs is spread over the outputs") {
  Talk t;
  t.say("create p pan\nconnect p out");
  const auto& cables = t.session.patch().cables;
  REQUIRE(cables.size() == 2);
  CHECK(cables[0].to.port == 1);
  CHECK(cables[1].to.port == 2);
  CHECK(cables[1].from.port == 1);
  CHECK(why(t, "create a gain\nconnect p a").find("p.left, p.right") != std::string::npos);
  t.say("disconnect p.left out.1\ndisconnect p out");
  CHECK(t.session.patch().cables.empty());
  CHECK(t.session.errors() == 1);
}

TEST_CASE("two sides go one to one, and one output feeds both") {
  Talk t;
  t.say("create s sine\ncreate a limiter\ncreate b limiter\nconnect s a b out");
  const auto& cables = t.session.patch().cables;
  REQUIRE(cables.size() == 6);
  for (int side = 0; side < 2; ++side) {
    const auto i = static_cast<std::size_t>(side);
    CHECK((cables[i].from.module == "s" && cables[i].to.module == "a" && cables[i].to.port == side));
    CHECK((cables[2 + i].from.module == "a" && cables[2 + i].from.port == side && cables[2 + i].to.port == side));
    CHECK((cables[4 + i].from.port == side && cables[4 + i].to.port == side + 1));
  }
  CHECK(why(t, "create g gain\nconnect a g").find("a.left, a.right") != std::string::npos);
  t.say("disconnect a b\ndisconnect s a\ndisconnect b out\nconnect s a.left b.right out.1");
  REQUIRE(cables.size() == 3);
  CHECK((cables[0].to.port == 0 && cables[1].from.port == 0 && cables[1].to.port == 1 && cables[2].from.port == 1));
  CHECK(t.session.errors() == 1);
}

TEST_CASE("in the middle of a chain a port serves the side that it is on") {
  Talk t;
  t.say("create s sine\ncreate p pan\ncreate f biquad\nconnect s p.left out.2\nconnect s f.in p.right out.1");
  CHECK(t.err == "");
  CHECK(t.session.patch().cables.size() == 5);
}

TEST_CASE("a delay may close a cycle by its input, never by its parameter") {
  Talk t;
  t.say("create a gain\ncreate b gain\ncreate d delay\nconnect a d b a\nconnect d d");
  CHECK(t.err == "");
  CHECK(!control::closes_cycle(t.session.patch()));
  CHECK(why(t, "connect d d.time").find("its own parameter: a cycle") != std::string::npos);
  CHECK(why(t, "connect b d.time").find("cycle") != std::string::npos);
  CHECK(why(t, "connect a b").find("cycle") != std::string::npos);
  control::Patch p = t.session.patch();
  p.cables.push_back({{"d", 0}, {"d", 0, true}});
  CHECK(control::closes_cycle(p) == p.cables.size() - 1);
}

TEST_CASE("aliases are known, and what is kept is the name in the table") {
  Talk t;
  t.say("create s simple_sine frequency=220\ncreate f biquad_filter filter_mode=highpass\nconnect s f.cutoff by=300");
  CHECK(t.err == "");
  t.say("list");
  CHECK(t.out.find("f     biquad  mode=highpass") != std::string::npos);
  CHECK(t.out.find("s     sine    freq=220Hz") != std::string::npos);
  CHECK(t.out.find("s -> f.cutoff by 300 Hz") != std::string::npos);
}
