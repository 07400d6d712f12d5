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

/// Where the word that is being typed at the end of a line begins: within quotes and brackets blanks are part of it.
std::size_t last_word(std::string_view line);

struct Line {
  std::string text;
  int number = 0;
  bool too_long = false; ///< text is then its beginning only
};

/// Cuts a stream into lines, whatever its pieces, as they are asked for. LF and CR LF end a line; the end of the stream ends the
/// last; a byte order mark before the first is passed over.
class LineBuffer {
public:
  void feed(std::string_view bytes);
  /// A whole file's text, before anything else.
  void take(std::string text) { text_ = std::move(text); }
  /// A line that was cut by another, without its LF.
  void feed_line(std::string text, bool too_long);
  void close();
  bool closed() const { return closed_; }
  /// No whole line is there.
  bool empty() const { return lines_.empty() && text_.find('\n', at_) == text_.npos && (!closed_ || at_ == text_.size()); }
  /// Bytes in memory.
  std::size_t size() const { return text_.size(); }
  std::optional<Line> next();
  /// Forgets the lines that were not read.
  void drop();

private:
  std::optional<Line> cut();
  Line line(std::string text, bool too_long);
  std::deque<Line> lines_; ///< cut by others
  std::string text_;       ///< to be cut
  std::size_t at_ = 0;     ///< of it, the first byte not yet taken
  int number_ = 0;
  bool closed_ = false, skipping_ = false;
};

} // namespace chronus::control
