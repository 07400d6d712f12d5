// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The command line, good and bad.
#include "control/error.hpp"
#include "control/shell/options.hpp"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <sstream>

using namespace chronus;
using namespace chronus::control;

namespace {

Options parse(std::vector<std::string> words) {
  words.insert(words.begin(), "chronus");
  std::vector<char*> argv;
  for (auto& w : words) argv.push_back(w.data());
  argv.push_back(nullptr);
  return parse_options(static_cast<int>(words.size()), argv.data());
}

std::string refusal(std::vector<std::string> words) {
  try {
    parse(std::move(words));
  } catch (const Error& e) {
    return e.what();
  }
  return "accepted";
}

} // namespace

TEST_CASE("without options everything stands as the manual says") {
  const auto o = parse({});
  CHECK(o.render.empty());
  CHECK(o.seconds < 0);
  CHECK(o.rate == 48000);
  CHECK(o.period == 256);
  CHECK(o.outs == 2);
  CHECK(o.ins == 0);
  CHECK(o.name == "chronus");
  CHECK_FALSE(o.connect);
  CHECK(o.lead == 0);
  CHECK(o.slots == 2);
  CHECK(o.spare);
  CHECK(o.eof == Eof::by_default);
  CHECK_FALSE((o.resume || o.json || o.faults || o.strict || o.help || o.version));
  CHECK(o.scripts.empty());
}

TEST_CASE("every option is read, in either spelling and any order") {
  const auto o = parse({"a.chr", "--render", "x.wav", "--seconds=2.5", "--rate", "44100", "--period", "17", "--outs=4", "--ins", "2", "--name",
                        "bass", "--lead", "512", "--slots", "3", "--spare", "off", "--json", "--eof", "stay", "--faults", "--strict", "-"});
  CHECK(o.render == "x.wav");
  CHECK(o.seconds == 2.5);
  CHECK(o.rate == 44100);
  CHECK(o.period == 17);
  CHECK(o.outs == 4);
  CHECK(o.ins == 2);
  CHECK(o.name == "bass");
  CHECK(o.lead == 512);
  CHECK(o.slots == 3);
  CHECK_FALSE(o.spare);
  CHECK(o.json);
  CHECK(o.eof == Eof::stay);
  CHECK((o.faults && o.strict));
  CHECK(o.scripts == std::vector<std::string>{"a.chr", "-"});
}

TEST_CASE("--connect takes a pattern or none, and a file name behind it is a script") {
  CHECK(*parse({"--connect"}).connect == "");
  CHECK(*parse({"--connect=system:.*"}).connect == "system:.*");
  CHECK(*parse({"--connect=a{2,3}b{100}"}).connect == "a{2,3}b{100}");
  for (const char* endless : {"((a{1,100}){1,100}){1,100}", "(a{200,}){50}", "((((a{9}){9}){9}){9}){9}"})
    CHECK_THROWS_AS(parse({std::string("--connect=") + endless}), Error);
  const auto o = parse({"--connect", "a.chr"});
  CHECK(*o.connect == "");
  CHECK(o.scripts == std::vector<std::string>{"a.chr"});
}

TEST_CASE("what follows -- is a script, whatever it looks like") { CHECK(parse({"--", "--json"}).scripts[0] == "--json"); }

TEST_CASE("limits are taken and what is beyond them is refused with the option and the word") {
  CHECK(parse({"--render", "x", "--rate", "8000"}).rate == 8000);
  CHECK(parse({"--render", "x", "--rate", "384000"}).rate == 384000);
  CHECK(parse({"--lead", "16384"}).lead == 16384);
  CHECK(parse({"--name", std::string(63, 'x')}).name.size() == 63);
  const std::vector<std::pair<std::string, std::string>> bad = {
    {"rate", "7999"}, {"rate", "384001"}, {"rate", "48k"}, {"rate", "nan"}, {"rate", "inf"}, {"rate", ""}, {"rate", " 48000"}, {"rate", "0x10000"},
    {"period", "0"}, {"period", "8193"}, {"period", "64.5"}, {"outs", "0"}, {"outs", "65"}, {"outs", "+2"}, {"ins", "-1"}, {"ins", "65"},
    {"slots", "1"}, {"slots", "5"}, {"lead", "63"}, {"lead", "16385"}, {"lead", "99999999999999999999"}, {"seconds", "-1"}, {"seconds", "2s"},
    {"spare", "yes"}, {"eof", "never"}, {"name", "a:b"}, {"name", std::string(64, 'x')}, {"connect", "("}};
  for (const auto& [option, word] : bad) {
    CAPTURE(option);
    CAPTURE(word);
    const auto text = refusal({"--render", "x", "--" + option + "=" + word});
    CHECK(text.starts_with("--" + option + ": "));
    CHECK(text.find("'" + word + "'") != text.npos);
  }
  CHECK(refusal({"--name", ""}) == "--name: a client needs a name");
}

TEST_CASE("an unknown, an incomplete and an ambiguous option are named") {
  CHECK(refusal({"--loud"}) == "--loud: no such option");
  CHECK(refusal({"x.chr", "--loud=3"}) == "--loud: no such option");
  CHECK(refusal({"-q"}) == "-q: no such option");
  CHECK(refusal({"--rate"}) == "--rate: needs an argument");
  CHECK(refusal({"--json=1"}) == "--json: takes no argument");
  CHECK(refusal({"--s", "3"}) == "--s: could be --seconds --slots --spare --strict");
  CHECK(refusal({""}) == "'': a script needs a file name");
  CHECK(refusal({"--render="}) == "--render: needs a file name");
}

TEST_CASE("what only offline has a meaning is refused live") {
  CHECK(refusal({"--seconds", "3"}) == "--seconds: only with --render; live, the JACK server decides");
  CHECK(refusal({"--rate", "44100"}).starts_with("--rate: only with --render"));
  CHECK(parse({"--seconds", "3", "--help"}).help);
}

TEST_CASE("what only live has a meaning is refused offline") {
  CHECK(parse({"--resume"}).resume);
  CHECK(*parse({"--blackbox"}).blackbox == "");
  CHECK(*parse({"--blackbox=/x"}).blackbox == "/x");
  CHECK(refusal({"--blackbox", "--render", "x"}).starts_with("--blackbox: only live"));
  CHECK(refusal({"--resume", "--render", "x"}).starts_with("--resume: only live"));
}

TEST_CASE("help fits a terminal of 80 by 24 and names every option") {
  const auto text = help_text();
  std::istringstream lines(text);
  std::string line;
  int count = 0;
  while (std::getline(lines, line)) {
    ++count;
    CAPTURE(line);
    CHECK(line.size() <= 80);
  }
  CHECK(count <= 30);
  for (const auto& spec : option_table()) CHECK(text.find("--" + std::string(spec.name)) != text.npos);
}

TEST_CASE("the manual's options are clean mdoc") {
  const auto text = manual_options();
  for (const auto& spec : option_table()) CHECK(text.find(".It Fl -" + std::string(spec.name)) != text.npos);
  if (std::system("command -v mandoc >/dev/null") != 0) return;
  FILE* lint = popen("mandoc -T lint -W warning >/dev/null 2>&1", "w");
  const std::string page = ".Dd January 1, 2025\n.Dt CHRONUS 1\n.Os\n.Sh NAME\n.Nm chronus\n.Nd a synthesizer\n.Sh OPTIONS\n" + text;
  std::fwrite(page.data(), 1, page.size(), lint);
  CHECK(pclose(lint) == 0);
}
