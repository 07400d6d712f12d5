// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Signals as things to read: blocked in every thread, delivered through a file descriptor.
#pragma once
#include <optional>

namespace chronus::control {

/// Made first in main, before any thread: the threads that are started later inherit the mask, libjack's among them.
class Signals {
public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  int fd() const noexcept { return fd_; }
  /// The oldest signal that has arrived, if any.
  std::optional<int> next() noexcept;
  /// It asks the program to leave.
  static bool ends(int signal) noexcept;
  /// Session managers send it before they leave: what is to be kept is kept now.
  static bool saves(int signal) noexcept;
  /// What the user is to be told about a signal that has no effect (a stopped client would stop everybody's sound); else null.
  static const char* hint(int signal) noexcept;

private:
  int fd_;
};

} // namespace chronus::control
