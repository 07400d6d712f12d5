// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzing. Any bytes as a script, over an engine without sound: a wrong line is pointed at, and does nothing.
// Modes in a first comment: prompt, json, strict, refuse (every commit), slow (verdicts and swaps come a line later).
#include "../support/talk.hpp"
#include "control/complete.hpp"
#include "input.hpp"
#include <set>

using namespace chronus;
using namespace chronus::fuzz;

namespace {

class Reader {
public:
  explicit Reader(const Input& input)
      : input_(input), talk_({.prompt = input.mode("prompt"), .json = input.mode("json"), .strict = input.mode("strict")}) {
    talk_.host.refusal = input.mode("refuse") ? "refused" : "";
    talk_.host.decide_at_once = talk_.host.swap_at_once = !input.mode("slow");
    talk_.host.in_count = 1;
  }

  void run() {
    for (const control::Line& line : input_.lines) {
      const Understood meant(line);
      const bool left_out = meant.names_foreign_file();
      fed_.push_back(left_out ? "" : line.text);
      if (left_out) talk_.session.feed_line("");
      else feed(line, meant);
    }
    talk_.session.close();
    settle();
    talk_.session.flush();
    check_errors();
  }

private:
  void feed(const control::Line& line, const Understood& meant) {
    const control::Session& s = talk_.session;
    const control::Patch draft = s.patch(), current = talk_.host.current();
    const bool editing = s.editing();
    const int errors = s.errors();
    offer(line.text);
    talk_.session.feed_line(line.text, line.too_long);
    settle();
    if (s.errors() != errors && !meant.is("source"))
      require(s.patch() == draft && s.editing() == editing && talk_.host.current() == current, "a wrong line changed something: " + line.text);
    check_places(s.patch());
    check_places(talk_.host.current());
    check_errors();
  }

  /// Until nothing is left to do: the playhead goes where it is waited for.
  void settle() {
    test::FakeHost& host = talk_.host;
    for (int rounds = 0; rounds < 10'000; ++rounds) {
      const auto state = talk_.step();
      if (!host.undecided.empty()) host.decide();
      else if (!host.unswapped.empty()) host.swap();
      else if (state.until != never && state.until > host.at) host.at = state.until;
      else return;
    }
    finding("the session does not come to rest");
  }

  void offer(std::string_view line) {
    const std::size_t cursor = line.empty() ? 0 : static_cast<unsigned char>(line.back()) % (line.size() + 1);
    const auto c = control::complete(line, cursor, talk_.session.patch(), talk_.host.outs(), talk_.host.ins());
    require(c.start <= cursor && std::ranges::is_sorted(c.words), "completion is out of place or out of order");
  }

  /// Each line of the errors points into the line that it is about.
  void check_errors() {
    for (const std::string& text : test::lines_of(talk_.err)) {
      if (input_.mode("prompt")) continue; // a caret marks it there
      if (text.starts_with("a:") || text.starts_with("b:")) continue; // of a file
      unsigned line = 0, column = 0;
      int end = 0;
      require(std::sscanf(text.c_str(), "<stdin>:%u:%u: %n", &line, &column, &end) == 2 && end > 0, "an error without its place: " + text);
      require(line >= 1 && line <= fed_.size(), "an error in a line that is not there: " + text);
      require(column >= 1 && column <= fed_[line - 1].size() + 1, "an error behind the end of its line: " + text);
      require(static_cast<std::size_t>(end) < text.size(), "an error that says nothing: " + text);
    }
    talk_.err.clear();
    talk_.out.clear();
  }

  /// No two cables share a place in a sum, and the next free place is behind them all.
  static void check_places(const control::Patch& patch) {
    std::set<std::pair<control::Sink, std::uint32_t>> places;
    for (const auto& c : patch.cables)
      require(places.insert({c.to, c.ordinal}).second && patch.next_ordinal.at(c.to) > c.ordinal, "two cables at one place of a sum");
  }

  const Input& input_;
  test::Talk talk_;
  std::vector<std::string> fed_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  enter_scratch_folder();
  const Input input(bytes, size);
  if (input.lines.size() <= 200) Reader(input).run();
  return 0;
}
