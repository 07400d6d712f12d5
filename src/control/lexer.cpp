// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. From bytes to lines, from lines to words that know where they stand.
#include "lexer.hpp"
#include "error.hpp"
#include "text.hpp"
#include <algorithm>

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
        word.text += line[i++];
        continue;
      }
      const std::size_t close = line.find(open == '[' ? ']' : open, i + 1);
      if (close == std::string_view::npos)
        throw Error(column_of(i), std::string(open == '[' ? "this bracket" : "this quote") + " is not closed: " + printable(line.substr(i), 40));
      if (open == '[') word.text += line.substr(i, close + 1 - i);
      else word.text += line.substr(i + 1, close - i - 1);
      i = close + 1;
    }
    words.push_back(std::move(word));
  }
}

void LineBuffer::feed(std::string_view bytes) {
  while (true) {
    const std::size_t end = bytes.find('\n');
    keep(bytes.substr(0, end));
    if (end == std::string_view::npos) return;
    finish();
    bytes.remove_prefix(end + 1);
  }
}

void LineBuffer::keep(std::string_view bytes) {
  if (skipping_) return;
  skipping_ = partial_.size() + bytes.size() > max_line_bytes + 1; // one more for CR
  partial_ += bytes.substr(0, skipping_ ? 256 : bytes.size());
  if (skipping_) partial_.resize(std::min<std::size_t>(partial_.size(), 256));
}

void LineBuffer::finish() {
  if (partial_.ends_with('\r')) partial_.pop_back();
  feed_line(std::move(partial_), skipping_);
  partial_.clear();
  skipping_ = false;
}

void LineBuffer::feed_line(std::string text, bool too_long) {
  too_long = too_long || text.size() > max_line_bytes;
  if (too_long) text.resize(std::min<std::size_t>(text.size(), 256));
  lines_.push_back({std::move(text), ++number_, too_long});
}

void LineBuffer::close() {
  if (!partial_.empty()) finish();
  closed_ = true;
}

std::optional<Line> LineBuffer::next() {
  if (lines_.empty()) return std::nullopt;
  Line line = std::move(lines_.front());
  lines_.pop_front();
  return line;
}

} // namespace chronus::control
