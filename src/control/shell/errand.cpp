// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread, and the threads it starts.
#include "errand.hpp"
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace chronus::control {

struct Errand::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
};

bool Errand::send(std::function<void()> work) try {
  state_ = std::make_shared<State>();
  sent_ = std::chrono::steady_clock::now();
  std::thread([state = state_, rung = rung_, work = std::move(work)]() mutable {
    work();
    work = nullptr; // what it held goes before its end is told
    {
      std::lock_guard lock(state->mutex);
      state->over = true;
    }
    state->changed.notify_all();
    rung->ring();
  }).detach();
  return true;
} catch (const std::system_error&) {
  state_.reset();
  return false;
}

bool Errand::out() const { return !wait(std::chrono::milliseconds(0)); }

bool Errand::wait(std::chrono::milliseconds limit) const {
  if (!state_) return true;
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, limit, [this] { return state_->over; });
}

std::chrono::steady_clock::duration Errand::age() const { return std::chrono::steady_clock::now() - sent_; }

void Errand::abandon() { state_.reset(); }

} // namespace chronus::control
