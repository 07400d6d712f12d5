// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. Answers as text and as JSON; help, completion and the manual.
#include "../../src/control/commands.hpp"
#include "../../src/control/complete.hpp"
#include "../../src/control/manual.hpp"
#include "../support/talk.hpp"
#include <doctest/doctest.h>
#include <rapidjson/document.h>

using namespace chronus;
using test::Talk;

namespace {

std::vector<std::string> offered(std::string_view line, const control::Patch& patch) {
  return control::complete(line, line.size(), patch, 2, 0).words;
}
using Words = std::vector<std::string>;

} // namespace

TEST_CASE("with JSON each command answers with one object on one line") {
  Talk t({.json = true});
  t.say("create a sine\nconnect a out\ncommit\nfrobnicate\nset \"x\nstats\nlist\nshow a\nmodules\nhelp create\ndiff\nabort\nsave /nonexistent/x\n\x01");
  const auto lines = test::lines_of(t.out);
  REQUIRE(lines.size() == 14);
  std::vector<rapidjson::Document> answers(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    answers[i].Parse(lines[i].c_str());
    REQUIRE_MESSAGE(!answers[i].HasParseError(), lines[i]);
    for (const char* key : {"ok", "command", "frame"}) CHECK(answers[i].HasMember(key));
    if (!answers[i]["ok"].GetBool())
      for (const char* key : {"error", "line", "column"}) CHECK(answers[i].HasMember(key));
  }
  for (const char* key : {"revision", "swap_frame", "prime_ms", "rms", "peak", "load"}) CHECK(answers[2].HasMember(key));
  CHECK(answers[3]["command"].GetString() == std::string("frobnicate"));
  CHECK(answers[3]["line"].GetInt() == 4);
  CHECK(answers[4]["column"].GetInt() == 5);
  for (const char* key : {"frame", "revision", "live", "spare", "starved", "late", "dropped", "swaps", "failovers", "refused", "xruns", "load", "prime_ms_last", "lead", "slipped"})
    CHECK(answers[5].HasMember(key));
  CHECK(answers[6]["modules"].Size() == 1);
  CHECK(answers[6]["cables"][0]["to"].GetString() == std::string("out"));
  CHECK(answers[7]["params"]["freq"].GetDouble() == 440);
  CHECK(test::lines_of(t.err).size() == 4);
}

TEST_CASE("what others wrote neither breaks JSON nor forges a line") {
  control::JsonObject o;
  o.add("k", "a\xff\"\\\n\x1b\xc2\x9d\xe2\x80\xae\xc3\xa9");
  CHECK(o.text() == R"({"k":"a\\xff\"\\\n\u001b\u009d\u202e)" "\xc3\xa9\"}");
  control::Reply r;
  r.file = "a\nb\x1b";
  r.error = "no\nsuch";
  r.line = 1;
  std::string err;
  control::print(r, false, control::Style::script, {[](std::string_view) {}, [&](std::string_view text) { err += text; }});
  CHECK(err == "a\\x0ab\\x1b:1:0: no\\x0asuch\n");
}

TEST_CASE("a refused commit says why in its answer") {
  Talk t({.json = true});
  t.host.refusal = "silent: x";
  t.say("create a sine\ncommit");
  rapidjson::Document d;
  d.Parse(test::lines_of(t.out).back().c_str());
  CHECK(!d["ok"].GetBool());
  CHECK(d["command"].GetString() == std::string("commit"));
  CHECK(d["error"].GetString() == std::string("silent: x"));
  CHECK(d.HasMember("prime_ms"));
}

TEST_CASE("an answer that waits for a swap that never comes is still given at the end, with the frame where it would have been") {
  for (const char* at : {"3s", "0.001s"}) { // beyond the horizon, and before it
    Talk t({.json = true});
    t.host.swap_at_once = false;
    t.say(std::string("create a sine\nconnect a out\ncommit at ") + at);
    t.session.flush();
    const std::string frame = std::string(at) == "3s" ? "144000" : "256";
    CHECK(test::lines_of(t.out).back().find("\"swap_frame\":" + frame + ",\"note\":\"the end comes before the swap\"") != std::string::npos);
  }
}

TEST_CASE("a commit that was never decided has no swap frame") {
  Talk t({.json = true});
  t.host.decide_at_once = false;
  t.say("create a sine\nconnect a out\ncommit");
  t.session.flush();
  CHECK(test::lines_of(t.out).back().find("\"command\":\"commit\"") != std::string::npos);
  CHECK(test::lines_of(t.out).back().find("swap_frame") == std::string::npos);
}

TEST_CASE("at the prompt an error stands above the line and a caret") {
  Talk t({.prompt = true});
  CHECK(t.complaint("create é sine") == "error: 'é' is not a name: a lower case letter, then letters, digits and _\n  create é sine\n         ^\n");
  CHECK(t.complaint("connect a nowhere").ends_with("  connect a nowhere\n          ^\n"));
}

TEST_CASE("help knows every command, type and parameter") {
  Talk t;
  t.say("help\nhelp live\nhelp sine\nhelp sine.frequency\nhelp biquad.mode");
  CHECK(t.err == "");
  for (const auto& c : control::command_table()) {
    CHECK(t.out.find(c.name) != std::string::npos);
    CHECK(!c.summary.empty());
    CHECK(c.least <= c.most);
  }
  CHECK(t.out.find("sine.freq: the pitch") != std::string::npos);
  CHECK(t.out.find("lowpass, highpass, bandpass") != std::string::npos);
  for (const std::string& line : test::lines_of(t.out)) CHECK(line.size() <= 80);
}

TEST_CASE("completion offers what may stand at the cursor") {
  Talk t;
  t.say("create osc sine\ncreate env adsr\ncreate filt biquad");
  const control::Patch& p = t.session.patch();
  CHECK(offered("cre", p) == Words{"create"});
  CHECK(offered("create x si", p) == Words{"sine"});
  CHECK(offered("create x sine fr", p) == Words{"freq="});
  CHECK(offered("create x biquad mode=h", p) == Words{"mode=highpass"});
  CHECK(offered("connect o", p) == Words{"osc", "osc."});
  CHECK(offered("connect osc filt.", p) == Words{"filt.cutoff", "filt.in", "filt.mode"});
  CHECK(offered("connect osc out.", p) == Words{"out.1", "out.2"});
  CHECK(offered("set filt.m", p) == Words{"filt.mode"});
  CHECK(offered("set filt.mode ", p) == Words{"bandpass", "highpass", "lowpass"});
  CHECK(offered("live s", p) == Words{"set"});
  CHECK(offered("live gate ", p) == Words{"env"});
  CHECK(offered("gate env o", p) == Words{"off", "on"});
  CHECK(offered("commit f", p) == Words{"fade", "force"});
  CHECK(offered("help biquad.c", p) == Words{"biquad.cutoff"});
  CHECK(offered("delete ", p) == Words{"env", "filt", "osc"});
  for (const char* line : {"source ", "load x", "save ", "record start ", "blackbox "}) CHECK(control::complete(line, std::string_view(line).size(), p, 2, 0).file_names);
  for (const char* line : {"source \"my ", "load 'a b", "save \"x y"}) {
    CHECK(control::complete(line, std::string_view(line).size(), p, 2, 0).file_names);
    CHECK(control::complete(line, std::string_view(line).size(), p, 2, 0).start == std::string_view(line).find_first_of("\"'"));
  }
  CHECK(control::complete("set filt.cu 3", 11, p, 2, 0).words == Words{"filt.cutoff"});
  CHECK(control::complete("set filt.cu 3", 11, p, 2, 0).start == 4);
  CHECK(offered("say \"osc ", p).empty());
  CHECK(offered("wait ", p).empty());
}

TEST_CASE("blackbox is carried out at its frame, names both files, and takes either of their names") {
  Talk t({.json = true});
  t.say("wait 1s\nblackbox take.wav");
  CHECK(t.host.log.empty());
  t.host.at = 48'000;
  t.step();
  CHECK(t.host.log == std::vector<std::string>{"blackbox take @48000"});
  CHECK(t.out.find(R"("path":"take","frames":480000,"lost":0,"discontinuities":2)") != t.out.npos);
  CHECK(t.complaint("blackbox").find("too few words") != std::string::npos);
}

TEST_CASE("the manual has an entry for every command, type and parameter") {
  const std::string commands = control::manual_commands(), modules = control::manual_modules("May 1, 2025");
  for (const auto& c : control::command_table()) CHECK(commands.find(".It Ic " + std::string(c.name)) != std::string::npos);
  for (const ModuleSpec* m : all_modules()) {
    CHECK(modules.find(".Ss " + std::string(m->name)) != std::string::npos);
    for (const ParamSpec& p : m->params) CHECK(modules.find(".It Cm " + std::string(p.name)) != std::string::npos);
  }
}

TEST_CASE("at the prompt a draft is left only when it is asked twice, one after the other") {
  Talk t({.prompt = true});
  t.say("create a sine\nquit");
  CHECK_FALSE(t.session.quit());
  CHECK(t.out == "a draft is open and would be lost: commit it, or quit again\n");
  t.say("list\nquit");
  CHECK_FALSE(t.session.quit());
  t.say("quit");
  CHECK(t.session.quit());
  Talk nothing({.prompt = true});
  nothing.say("quit");
  CHECK(nothing.session.quit());
  Talk script;
  script.say("create a sine\nquit");
  CHECK(script.session.quit());
}
