// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. read(2) and a search for newlines.
#include "line_reader.hpp"
#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace chronus::control {

void LineReader::on_readable() {
  if (!hungry()) return;
  pollfd ready{fd_, POLLIN, 0};
  if (fd_ >= 0 && poll(&ready, 1, 0) <= 0) return;
  buffer_.resize(line_limit);
  const auto got = read(fd_, buffer_.data(), buffer_.size());
  at_ = 0;
  buffer_.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  const bool failed = got < 0 && errno != EINTR && errno != EAGAIN;
  // A terminal gives EIO to a program in its background: an end like any other.
  if (failed && errno != EIO) error_ = errno;
  if (got == 0 || failed) at_end_ = true;
}

LineReader::Line LineReader::finish() {
  // The one byte beyond the limit may only be the CR of a CR LF.
  if (partial_.size() > line_limit && (overlong_ || !partial_.ends_with('\r'))) {
    partial_.resize(line_limit);
    overlong_ = true;
  }
  Line line{std::move(partial_), ++lines_, overlong_};
  partial_.clear();
  overlong_ = false;
  return line;
}

std::optional<LineReader::Line> LineReader::next() {
  if (at_ < buffer_.size()) {
    const auto newline = buffer_.find('\n', at_);
    const auto end = std::min(newline, buffer_.size());
    const auto room = line_limit + 1 - partial_.size(); // one more for CR
    partial_.append(buffer_, at_, std::min(end - at_, room));
    overlong_ = overlong_ || end - at_ > room;
    at_ = end;
    if (newline != buffer_.npos) {
      ++at_;
      return finish();
    }
  }
  if (at_end_ && (!partial_.empty() || overlong_)) return finish();
  return std::nullopt;
}

} // namespace chronus::control
