// SPDX-License-Identifier: GPL-3.0-or-later
// Tests only. A child at a pseudo-terminal, and what it shows.
#pragma once
#include <functional>
#include <string>
#include <sys/types.h>

class Terminal {
public:
  /// The child's exit status is what the function returns.
  explicit Terminal(const std::function<int()>& child);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  void type(const std::string& keys);
  /// Waits at most 5 s for this in what has been shown since the last call that saw something.
  bool shows(const std::string& text);
  /// Everything that has been shown so far, after this pause.
  std::string screen(int milliseconds);
  void signal(int number);
  void resize(int columns);
  /// Waits at most 5 s; -1: still running, 128 + n: ended by signal n.
  int status();

private:
  bool read_some(int milliseconds);
  int fd_ = -1;
  pid_t child_ = -1;
  std::string shown_;
  std::size_t seen_ = 0;
  int status_ = -1;
};
