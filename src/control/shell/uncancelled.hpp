// SPDX-License-Identifier: GPL-3.0-or-later
// libjack's threads. When a client closes, libjack cancels them at any instruction they are at, and the cancellation unwinds the
// stack: at a function that is noexcept the program would end.
#pragma once
#include <pthread.h>
#include <type_traits>

namespace chronus::control {

/// A callback for libjack during which a cancellation waits. `call` must not be noexcept: it is where the thread may end.
template <auto callback> struct Uncancelled;
template <class Result, class... Args, Result (*callback)(Args...) noexcept> struct Uncancelled<callback> {
  static Result call(Args... args) {
    int before = 0;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    if constexpr (std::is_void_v<Result>) {
      callback(args...);
      pthread_setcancelstate(before, nullptr);
    } else {
      const Result result = callback(args...);
      pthread_setcancelstate(before, nullptr);
      return result;
    }
  }
};
template <auto callback> inline constexpr auto uncancelled = &Uncancelled<callback>::call;

} // namespace chronus::control
