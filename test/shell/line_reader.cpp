// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Lines from pipes.
#include "control/shell/line_reader.hpp"
#include <doctest/doctest.h>
#include <fcntl.h>
#include <thread>
#include <unistd.h>
#include <vector>

using chronus::control::LineReader;

namespace {

/// Everything that comes when a thread writes this, in pieces of so many bytes, and closes.
std::vector<LineReader::Line> lines_of(const std::string& bytes, std::size_t piece = 1 << 20) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  std::thread writer([&] {
    for (std::size_t at = 0; at < bytes.size(); at += piece)
      if (write(ends[1], bytes.data() + at, std::min(piece, bytes.size() - at)) < 0) break;
    close(ends[1]);
  });
  LineReader reader(ends[0]);
  std::vector<LineReader::Line> lines;
  while (!reader.ended()) {
    if (reader.hungry()) reader.on_readable();
    while (auto line = reader.next()) lines.push_back(*line);
  }
  writer.join();
  close(ends[0]);
  return lines;
}

} // namespace

TEST_CASE("lines come in order, numbered, the last with or without its newline") {
  for (const std::string text : {"one\n\nthree\n", "one\n\nthree"}) {
    const auto lines = lines_of(text);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0].text == "one");
    CHECK(lines[1].text == "");
    CHECK(lines[2].text == "three");
    CHECK(lines[2].number == 3);
  }
  CHECK(lines_of("").empty());
}

TEST_CASE("a line that arrives in pieces is one line") {
  const auto lines = lines_of("create a sine\nconnect a out\n", 3);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text == "create a sine");
  CHECK(lines[1].text == "connect a out");
}

TEST_CASE("NUL, tabs, carriage returns and bytes that are no text are kept for the lexer to refuse") {
  const std::string odd("a\0b\t\x04\x12\xff\r", 8);
  const auto lines = lines_of(odd + "\nnext\n");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].text == odd);
}

TEST_CASE("a line beyond the limit comes once, cut and marked, and the next one is whole") {
  const auto exact = LineReader::line_limit;
  for (const std::size_t length : {exact, exact + 1, std::size_t{1} << 20}) {
    CAPTURE(length);
    for (const std::string tail : {"\nnext\n", "\nnext", ""}) {
      const auto lines = lines_of(std::string(length, 'x') + tail);
      REQUIRE(lines.size() == (tail.empty() ? 1 : 2));
      CHECK(lines[0].text == std::string(exact, 'x'));
      CHECK(lines[0].overlong == (length > exact));
      if (!tail.empty()) {
        CHECK(lines[1].text == "next");
        CHECK(lines[1].number == 2);
        CHECK_FALSE(lines[1].overlong);
      }
    }
  }
}

TEST_CASE("many lines in one write all come, and the reader asks for more only when it has none") {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "set a.freq " + std::to_string(i) + "\n";
  const auto lines = lines_of(text);
  REQUIRE(lines.size() == 100000);
  CHECK(lines[99999].text == "set a.freq 99999");
}

TEST_CASE("an open pipe without input neither waits nor ends") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const int flags = fcntl(ends[0], F_GETFL);
  LineReader reader(ends[0]);
  reader.on_readable();
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.ended());
  CHECK(reader.hungry());
  CHECK(fcntl(ends[0], F_GETFL) == flags);
  close(ends[1]);
  reader.on_readable();
  CHECK_FALSE(reader.next());
  CHECK(reader.ended());
  CHECK_FALSE(reader.hungry());
  close(ends[0]);
}

TEST_CASE("a descriptor that cannot be read ends at once") {
  LineReader reader(-1);
  for (int i = 0; i < 3 && !reader.ended(); ++i) reader.on_readable();
  CHECK(reader.ended());
}
