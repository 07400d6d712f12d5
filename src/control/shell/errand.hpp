// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread sends; a thread of its own runs. Work that may hang: a call to a sound server that does not answer.
#pragma once
#include "event_fd.hpp"
#include <chrono>
#include <functional>
#include <memory>

namespace chronus::control {

/// One piece of work at a time. A hung one is left behind, thread and all: what it holds must be its own.
class Errand {
public:
  /// The descriptor is rung when a piece of work is over.
  explicit Errand(std::shared_ptr<EventFd> rung) : rung_(std::move(rung)) {}
  /// \return false: there is no thread to be had, and the work has been dropped
  bool send(std::function<void()> work);
  /// Sent, and not over yet.
  bool out() const;
  /// Waits at most so long. \return true when nothing is out
  bool wait(std::chrono::milliseconds limit) const;
  std::chrono::steady_clock::duration age() const;
  /// Forgets what is out.
  void abandon();

private:
  struct State;
  std::shared_ptr<EventFd> rung_;
  std::shared_ptr<State> state_;
  std::chrono::steady_clock::time_point sent_{};
};

} // namespace chronus::control
