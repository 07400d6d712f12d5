// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. From bytes to lines, from lines to words that know where they stand.
#pragma once
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chronus::control {

/// A line of more bytes than this is one error, and is not kept.
inline constexpr std::size_t max_line_bytes = 64 * 1024;

/// `column` counts bytes from 1.
struct Word {
  std::string text;
  int column = 1;
  /// A part of the word, with its own column.
  Word part(std::size_t from, std::size_t count = std::string::npos) const {
    return {text.substr(from, count), column + static_cast<int>(from)};
  }
};

/// Words are split on blanks; '…', "…" and […] keep blanks together; # at the start of a word begins a comment.
/// Throws Error for an unclosed quote or bracket, a control character, and bytes that are not UTF-8.
std::vector<Word> split(std::string_view line);

struct Line {
  std::string text;
  int number = 0;
  bool too_long = false; ///< text is then its beginning only
};

/// Cuts a stream into lines, whatever its pieces. LF and CR LF end a line; the end of the stream ends the last.
class LineBuffer {
public:
  void feed(std::string_view bytes);
  /// A line that was cut by another.
  void feed_line(std::string text, bool too_long);
  void close();
  bool closed() const { return closed_; }
  bool empty() const { return lines_.empty(); }
  std::optional<Line> next();
  /// Forgets the lines that were not read.
  void drop() { lines_.clear(); }

private:
  void keep(std::string_view bytes);
  void finish();
  std::deque<Line> lines_;
  std::string partial_;
  int number_ = 0;
  bool closed_ = false, skipping_ = false;
};

} // namespace chronus::control
