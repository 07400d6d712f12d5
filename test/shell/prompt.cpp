// SPDX-License-Identifier: GPL-3.0-or-later
// A child runs the prompt in a main loop like the program's; the test types and looks.
#include "control/shell/repl.hpp"
#include "control/shell/signals.hpp"
#include "terminal.hpp"
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace chronus::control;

namespace {

std::string folder() {
  std::string path = "/tmp/chronus-prompt-XXXXXX";
  REQUIRE(mkdtemp(path.data()));
  return path;
}

Completion complete(const std::string& line, std::size_t cursor) {
  if (line.substr(0, cursor).starts_with("load ")) return {{}, true};
  return {{"create", "connect", "commit", "osc1.freq", "osc1.gain", "filt."}, false};
}

/// Says `got [LINE]` for each line; SIGPROF stands for an event while somebody types.
int run(const std::string& history) {
  static volatile sig_atomic_t event = 0;
  std::signal(SIGPROF, [](int) { event = 1; });
  Signals signals;
  if (!Repl::possible()) return 99;
  int status = -1, lines = 0;
  Repl* self = nullptr;
  Repl repl({[&](const std::string& line) {
               self->print(fmt::format("got [{}]", line));
               self->set_prompt(fmt::format("chronus[{}]> ", ++lines));
               if (line == "quit") status = 7;
             },
             [&] { status = 4; }, complete},
            "chronus[0]> ", history);
  self = &repl;
  while (status < 0) {
    pollfd fds[] = {{STDIN_FILENO, POLLIN, 0}, {signals.fd(), POLLIN, 0}};
    const int ready = poll(fds, 2, 200);
    if (event) {
      event = 0;
      repl.print("* jack: event");
    }
    if (ready <= 0) continue;
    if (fds[1].revents)
      while (const auto s = signals.next()) {
        if (*s == SIGINT && repl.on_interrupt() == Repl::Interrupt::quit) status = 130;
        if (*s == SIGWINCH) repl.on_resize();
        if (const char* hint = Signals::hint(*s)) repl.print(hint);
      }
    else if (fds[0].revents) repl.on_readable();
  }
  repl.leave();
  return status;
}

struct Prompt : Terminal {
  explicit Prompt(const std::string& history = "") : Terminal([history] { return run(history); }) { CHECK(shows("chronus[0]> ")); }
};

} // namespace

TEST_CASE("a line is delivered, answered, and followed by the prompt of the new state") {
  Prompt t;
  t.type("create a sine\r");
  CHECK(t.shows("got [create a sine]"));
  CHECK(t.shows("chronus[1]> "));
  t.type("quit\r");
  CHECK(t.shows("got [quit]"));
  CHECK(t.status() == 7);
}

TEST_CASE("Ctrl-D on an empty line is the end") {
  Prompt t;
  t.type("\x04");
  CHECK(t.status() == 4);
  CHECK(t.shows("chronus[0]> \r\033[K")); // the prompt after it has been wiped
  CHECK(t.screen(50).ends_with("\033[?2004l\r"));
}

TEST_CASE("a pasted text comes line by line, in order") {
  Prompt t;
  t.type("\033[200~create a sine\nconnect a out\ncommit\033[201~\r");
  CHECK(t.shows("got [create a sine]"));
  CHECK(t.shows("got [connect a out]"));
  CHECK(t.shows("got [commit]"));
  CHECK(t.shows("chronus[3]> "));
}

TEST_CASE("TAB completes what is meant, lists what could be, and goes on after a dot") {
  Prompt t;
  t.type("cr\t");
  CHECK(t.shows("create "));
  t.type("x\r");
  CHECK(t.shows("got [create x]"));
  t.type("set osc1.f\t\r");
  CHECK(t.shows("got [set osc1.freq ]"));
  t.type("fi\tcutoff\r");
  CHECK(t.shows("got [filt.cutoff]"));
  t.type("co\t\t");
  CHECK(t.shows("commit"));
  CHECK(t.shows("connect"));
}

TEST_CASE("TAB completes file names where files are wanted") {
  const auto dir = folder();
  std::ofstream(dir + "/acid.chr") << "x";
  Prompt t;
  t.type("load " + dir + "/ac\t\r");
  CHECK(t.shows("got [load " + dir + "/acid.chr ]"));
  std::ofstream(dir + "/my own song") << "x";
  std::ofstream(dir + "/say \"hi\"") << "x";
  t.type("load " + dir + "/my\t\r");
  CHECK(t.shows("got [load \"" + dir + "/my own song\" ]"));
  t.type("load '" + dir + "/my o\t\r");
  CHECK(t.shows("got [load '" + dir + "/my own song' ]"));
  t.type("load " + dir + "/sa\t\r");
  CHECK(t.shows("got [load '" + dir + "/say \"hi\"' ]"));
}

TEST_CASE("an event is printed above a half-typed line, which stays as it is") {
  Prompt t;
  t.type("create a si");
  CHECK(t.shows("create a si"));
  t.signal(SIGPROF);
  CHECK(t.shows("* jack: event\r\n"));
  CHECK(t.shows("chronus[0]> create a si"));
  t.type("ne\r");
  CHECK(t.shows("got [create a sine]"));
}

TEST_CASE("Ctrl-C clears a line and does not leave") {
  Prompt t;
  t.type("rubbish");
  CHECK(t.shows("rubbish"));
  t.type("\x03");
  CHECK(t.shows("^C"));
  CHECK(t.shows("chronus[0]> "));
  t.type("good\r");
  CHECK(t.shows("got [good]"));
  t.type("more");
  CHECK(t.shows("more"));
  t.type("\x03");
  CHECK(t.shows("chronus[1]> "));
  t.type("quit\r");
  CHECK(t.status() == 7);
}

TEST_CASE("Ctrl-C on an empty line gives a hint, a second one at once leaves") {
  Prompt t;
  t.type("\x03");
  CHECK(t.shows("leaves"));
  t.screen(1200); // too late for the first
  t.type("\x03");
  CHECK(t.shows("leaves"));
  t.type("\x03");
  CHECK(t.status() == 130);
}

TEST_CASE("Ctrl-Z does not stop the program and says so") {
  Prompt t;
  t.type("\x1a");
  CHECK(t.shows("not stopped"));
  t.type("quit\r");
  CHECK(t.status() == 7);
}

TEST_CASE("a new width of the window is used") {
  Prompt t;
  t.resize(30);
  t.screen(100);
  t.type(std::string(25, 'x'));
  t.screen(100);
  t.type("\x01");
  CHECK(t.shows("\033[A")); // to the line's begin is a row up: it has been wrapped
  t.type("\r");
  CHECK(t.shows("got [" + std::string(25, 'x') + "]"));
}

TEST_CASE("history is kept between sessions in a private folder, without blanks and repeats") {
  const auto dir = folder();
  const auto file = dir + "/state/chronus/history";
  {
    Prompt t(file);
    t.type("first\rsecond\rsecond\r  \rquit\r");
    CHECK(t.status() == 7);
  }
  struct stat status;
  REQUIRE(stat((dir + "/state/chronus").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  REQUIRE(stat(file.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  CHECK(text == "first\nsecond\nquit\n");
  Prompt t(file);
  t.type("\033[A\033[A\r");
  CHECK(t.shows("got [second]"));
}

TEST_CASE("a history grows to a thousand lines and no further") {
  const auto file = folder() + "/history";
  {
    std::ofstream out(file);
    for (int i = 0; i < 1000; ++i) out << "line " << i << "\n";
  }
  {
    Prompt t(file);
    t.type("quit\r");
    CHECK(t.status() == 7);
  }
  std::ifstream in(file);
  std::string line, first, last;
  int count = 0;
  while (std::getline(in, line)) {
    if (count++ == 0) first = line;
    last = line;
  }
  CHECK(count == 1000);
  CHECK(first == "line 1");
  CHECK(last == "quit");
}

TEST_CASE("the history's place follows the environment") {
  setenv("HOME", "/home/x", 1);
  unsetenv("XDG_STATE_HOME");
  unsetenv("CHRONUS_HISTFILE");
  CHECK(history_path() == "/home/x/.local/state/chronus/history");
  setenv("XDG_STATE_HOME", "relative", 1);
  CHECK(history_path() == "/home/x/.local/state/chronus/history");
  setenv("XDG_STATE_HOME", "/state", 1);
  CHECK(history_path() == "/state/chronus/history");
  setenv("CHRONUS_HISTFILE", "/tmp/h", 1);
  CHECK(history_path() == "/tmp/h");
  setenv("CHRONUS_HISTFILE", "", 1);
  CHECK(history_path().empty());
}
