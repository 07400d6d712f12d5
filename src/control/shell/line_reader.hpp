// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Lines from a pipe or a file, without ever waiting for one.
#pragma once
#include <cstddef>
#include <optional>
#include <string>

namespace chronus::control {

class LineReader {
public:
  static constexpr std::size_t line_limit = 65536;

  struct Line {
    std::string text; ///< without its newline; other bytes are as they came
    std::size_t number = 0;
    bool overlong = false; ///< cut at the limit; the rest was thrown away
  };

  /// `fd` stays the caller's and keeps its flags: they are shared with other processes.
  explicit LineReader(int fd) : fd_(fd) {}

  int fd() const noexcept { return fd_; }
  /// The next whole line that has been read, if any. The last line needs no newline.
  std::optional<Line> next();
  /// Nothing whole is left and more may come: the descriptor is to be polled. While it is false reading waits, so that a
  /// writer that is faster than the music is held up.
  bool hungry() const noexcept { return !at_end_ && at_ == buffer_.size(); }
  /// Reads once, at most 64 KiB, if that does not wait.
  void on_readable();
  /// The errno of a read that failed, which ends the input as its end would; 0: none did.
  int error() const noexcept { return error_; }
  /// Everything has been read and every line taken.
  bool ended() const noexcept { return at_end_ && at_ == buffer_.size() && partial_.empty() && !overlong_; }

private:
  Line finish();
  int fd_;
  std::string buffer_;  ///< what was read last
  std::size_t at_ = 0;  ///< of it, the first byte not yet taken
  std::string partial_; ///< the beginning of a line whose newline has not come
  bool overlong_ = false, at_end_ = false;
  std::size_t lines_ = 0;
  int error_ = 0;
};

} // namespace chronus::control
