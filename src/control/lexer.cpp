// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. From bytes to lines, from lines to words that know where they stand.
#include "lexer.hpp"
#include "error.hpp"
#include "text.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace chronus::control {
namespace {

bool blank(char c) { return c == ' ' || c == '\t'; }

int column_of(std::size_t index) { return static_cast<int>(index) + 1; }

void check_bytes(std::string_view line) {
  for (std::size_t i = 0; i < line.size();) {
    const std::size_t length = character_length(line, i);
    const bool control = length == 1 && line[i] >= 0 && line[i] < 32 && line[i] != '\t';
    if (length == 0) throw Error(column_of(i), "the byte " + printable(line.substr(i, 1)) + " is not UTF-8");
    if (control) throw Error(column_of(i), "the control character " + printable(line.substr(i, 1)) + " is not allowed");
    i += length;
  }
}

/// One that looks like a blank, or like nothing, would make a word of which nobody sees what is wrong.
void check_visible(std::string_view line, std::size_t at) {
  const std::uint32_t code = character_at(line, at);
  const std::string_view name = invisible_name(code);
  if (name.empty()) return;
  const bool blank_like = name.find("space") != std::string_view::npos;
  throw Error(column_of(at), fmt::format("U+{:04X} ({}) is not allowed here; {}", code, name, blank_like ? "write a plain blank" : "take it out, or put a file's name in quotes"));
}

} // namespace

std::vector<Word> split(std::string_view line) {
  check_bytes(line);
  std::vector<Word> words;
  std::size_t i = 0;
  while (true) {
    while (i < line.size() && blank(line[i])) ++i;
    if (i == line.size() || line[i] == '#') return words;
    Word word{"", column_of(i)};
    while (i < line.size() && !blank(line[i])) {
      const char open = line[i];
      if (open != '"' && open != '\'' && open != '[') {
        check_visible(line, i);
        const std::size_t length = std::max<std::size_t>(character_length(line, i), 1);
        word.text += line.substr(i, length);
        i += length;
        continue;
      }
      const std::size_t close = line.find(open == '[' ? ']' : open, i + 1);
      if (close == std::string_view::npos)
        throw Error(column_of(i), std::string(open == '[' ? "this bracket" : "this quote") + " is not closed: " + printable(line.substr(i), 40));
      if (open == '[')
        for (std::size_t k = i; k < close; k += std::max<std::size_t>(character_length(line, k), 1)) check_visible(line, k);
      if (open == '[') word.text += line.substr(i, close + 1 - i);
      else word.text += line.substr(i + 1, close - i - 1);
      i = close + 1;
    }
    words.push_back(std::move(word));
  }
}

std::size_t last_word(std::string_view line) {
  std::size_t start = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char open = line[i];
    if (blank(open)) start = i + 1;
    else if (open == '"' || open == '\'' || open == '[') i = std::min(line.find(open == '[' ? ']' : open, i + 1), line.size());
  }
  return start;
}

void LineBuffer::feed(std::string_view bytes) {
  text_.erase(0, std::exchange(at_, 0));
  text_ += bytes;
}

/// All lines come this way, without their LF.
Line LineBuffer::line(std::string text, bool too_long) {
  static constexpr std::string_view mark = "\xef\xbb\xbf"; // UTF-8's byte order mark, as some editors write it
  if (number_ == 0 && text.starts_with(mark)) text.erase(0, mark.size());
  if (text.ends_with('\r')) text.pop_back();
  too_long = too_long || text.size() > max_line_bytes;
  if (too_long) text.resize(std::min<std::size_t>(text.size(), 256));
  return {std::move(text), ++number_, too_long};
}

void LineBuffer::feed_line(std::string text, bool too_long) {
  while (auto before = cut()) lines_.push_back(std::move(*before));
  lines_.push_back(line(std::move(text), too_long));
}

/// The next line of the text. Of one that is too long the beginning is kept until its end comes.
std::optional<Line> LineBuffer::cut() {
  const std::size_t newline = text_.find('\n', at_);
  const std::size_t end = std::min(newline, text_.size());
  if (newline == text_.npos && !(closed_ && at_ < end)) {
    skipping_ = skipping_ || end - at_ > max_line_bytes + 1; // one more for CR
    if (skipping_) text_ = text_.substr(std::exchange(at_, 0), 256);
    return std::nullopt;
  }
  std::string text = text_.substr(at_, std::min<std::size_t>(end - at_, max_line_bytes + 2));
  at_ = std::min(end + 1, text_.size());
  return line(std::move(text), std::exchange(skipping_, false));
}

void LineBuffer::close() { closed_ = true; }

void LineBuffer::drop() {
  lines_.clear();
  const std::size_t last = text_.rfind('\n');
  if (last == text_.npos || last < at_) return;
  at_ = last + 1;
  skipping_ = false;
}

std::optional<Line> LineBuffer::next() {
  if (lines_.empty()) return cut();
  Line line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

} // namespace chronus::control
