// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. From bytes to lines and words.
#include "../../src/control/error.hpp"
#include "../../src/control/lexer.hpp"
#include "../../src/control/text.hpp"
#include <doctest/doctest.h>

using namespace chronus::control;

namespace {

std::string words(std::string_view line) {
  std::string text;
  for (const Word& w : split(line)) text += "<" + w.text + ">" + std::to_string(w.column);
  return text;
}

int error_column(std::string_view line) {
  try {
    split(line);
  } catch (const Error& e) {
    return e.column();
  }
  return -1;
}

} // namespace

TEST_CASE("words know their column, counted in bytes from one") {
  CHECK(words("create  osc\tsine") == "<create>1<osc>9<sine>13");
  CHECK(words("é x") == "<é>1<x>4");
  CHECK(words("   ") == "");
}

TEST_CASE("quotes and brackets keep blanks together") {
  CHECK(words(R"(save "my file" 'it is "so"')") == R"(<save>1<my file>6<it is "so">16)");
  CHECK(words("set a.b [1 2  3] x") == "<set>1<a.b>5<[1 2  3]>9<x>18");
  CHECK(words(R"(a"b c"d)") == "<ab cd>1");
  CHECK(words("''") == "<>1");
}

TEST_CASE("a comment begins where a word would") {
  CHECK(words("gate e1#3 on # three") == "<gate>1<e1#3>6<on>11");
  CHECK(words("#all") == "");
  CHECK(words("'#' x") == "<#>1<x>5");
}

TEST_CASE("what is not closed is pointed at") {
  CHECK(error_column("set \"unclosed") == 5);
  CHECK(error_column("set a.b [1 2") == 9);
  CHECK_THROWS_WITH(split("set \"unclosed"), "this quote is not closed: \"unclosed");
}

TEST_CASE("control characters and broken UTF-8 are pointed at") {
  CHECK(error_column(std::string_view("a\0b", 3)) == 2);
  CHECK(error_column("ab\rc") == 3);
  CHECK(error_column("ab \xff") == 4);
  CHECK(error_column("\xc0\x80") == 1);         // overlong
  CHECK(error_column("x\xed\xa0\x80") == 2);    // a surrogate
  CHECK(error_column("x\xe2\x82") == 2);        // cut short
  CHECK(error_column("# \x01") == 3);           // a comment is no hiding place
  CHECK(error_column("\xf0\x9f\x8e\xb9") == -1);
}

TEST_CASE("a blank that is not ASCII is named, where it is no part of a quoted word") {
  CHECK_THROWS_WITH(split("create\xc2\xa0x sine"), "U+00A0 (no-break space) is not allowed here; write a plain blank");
  CHECK_THROWS_WITH(split("gate a \xe2\x80\xafon"), "U+202F (narrow no-break space) is not allowed here; write a plain blank");
  CHECK_THROWS_WITH(split("set a.b [1\xe3\x80\x80" "2]"), "U+3000 (ideographic space) is not allowed here; write a plain blank");
  CHECK(error_column("ab\xe2\x80\x8b") == 3);  // zero width
  CHECK(error_column("ab \xef\xbb\xbf") == 4); // a mark in the middle
  CHECK(error_column("save a\xc2\x9d") == 7);   // a terminal's command
  CHECK(error_column("save \xe2\x80\xae" "a") == 6);
  CHECK(words("save 'a\xc2\xa0" "b'") == "<save>1<a\xc2\xa0" "b>6");
  CHECK(error_column("# \xc2\xa0") == -1);
}

TEST_CASE("a byte order mark and CR LF are no part of a line, however it arrives") {
  LineBuffer whole, cut;
  whole.feed("\xef\xbb\xbfone\r\n\r\ntwo\r\n");
  for (const char* line : {"\xef\xbb\xbfone\r", "\r", "two\r"}) cut.feed_line(line, false);
  for (LineBuffer* b : {&whole, &cut})
    for (const char* line : {"one", "", "two"}) CHECK(b->next()->text == line);
  CHECK_THROWS(split("\xef\xbb\xbfone"));
}

TEST_CASE("what turns text round, or is a command to a terminal, is shown in hex, and lines stay where they are meant") {
  CHECK(printable("a\xe2\x80\xae" "b") == "a\\xe2\\x80\\xaeb");
  CHECK(printable("\xe2\x81\xa6\xd8\x9c") == "\\xe2\\x81\\xa6\\xd8\\x9c");
  CHECK(printable("\xc2\x9d\x7f\n") == "\\xc2\\x9d\\x7f\\x0a");
  CHECK(printable("\xc2\xa0\xc3\xa9") == "\xc2\xa0\xc3\xa9");
  CHECK(printable_lines("a\n\tb\r\x1b\n") == "a\n\tb\\x0d\\x1b\n");
}

TEST_CASE("what a terminal would obey is shown in hex") {
  CHECK(printable("a\x1b[2J") == "a\\x1b[2J");
  CHECK(printable("\xc2\x9b!") == "\\xc2\\x9b!");
  CHECK(printable("é\xff") == "é\\xff");
  CHECK(printable(std::string(200, 'x'), 10) == "xxxxxxxxxx...");
}

TEST_CASE("what is counted stands in the singular where there is one") {
  CHECK(counted(0, "cable") == "0 cables");
  CHECK(counted(1, "cable") == "1 cable");
  CHECK(counted(2, "discontinuity", "discontinuities") == "2 discontinuities");
}

TEST_CASE("a line is the same however it arrives") {
  LineBuffer b;
  for (char c : std::string("one\r\ntwo\n\nlast")) b.feed({&c, 1});
  CHECK(b.next()->text == "one");
  CHECK(b.next()->text == "two");
  CHECK(b.next()->number == 3);
  CHECK(!b.next());
  b.close();
  const auto last = b.next();
  REQUIRE(last);
  CHECK(last->text == "last");
  CHECK(last->number == 4);
  CHECK(!b.next());
}

TEST_CASE("a line over the limit is one line, and the next one is whole") {
  LineBuffer b;
  b.feed(std::string(max_line_bytes, 'a') + "\n" + std::string(max_line_bytes + 1, 'b') + "\nok\n");
  CHECK(!b.next()->too_long);
  const auto line = b.next();
  CHECK(line->too_long);
  CHECK(line->text.size() <= 256);
  CHECK(b.next()->text == "ok");
  for (int i = 0; i < 100; ++i) b.feed(std::string(100000, 'x'));
  b.feed("\nagain");
  b.close();
  CHECK(b.next()->too_long);
  CHECK(b.next()->text == "again");
}

TEST_CASE("lines are cut when they are asked for, and their count goes on over all that was fed") {
  LineBuffer b;
  for (int i = 0; i < 16; ++i) b.feed(std::string(1 << 16, '\n'));
  b.feed("end");
  b.close();
  CHECK(b.size() < (1 << 20) + 100);
  std::optional<Line> line;
  while (const auto next = b.next()) line = next;
  CHECK(line->number == (1 << 20) + 1);
  CHECK(line->text == "end");
  LineBuffer c;
  c.feed("one\ntw");
  CHECK(!c.empty());
  c.feed_line("cut by another", false);
  CHECK(c.next()->text == "one");
  CHECK(c.next()->text == "cut by another");
  CHECK(c.empty());
  c.feed("o\nthree\npart");
  c.drop();
  CHECK(!c.next());
  c.feed("ly\n");
  CHECK(c.next()->text == "partly");
}

TEST_CASE("the nearest word is offered, and none when none is near") {
  CHECK(did_you_mean("sien", {"sine", "saw"}) == " (did you mean 'sine'?)");
  CHECK(did_you_mean("cutof", {"cutoff", "q"}) == " (did you mean 'cutoff'?)");
  CHECK(did_you_mean("frobnicate", {"commit", "connect"}) == "");
}
