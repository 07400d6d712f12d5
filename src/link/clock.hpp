// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. How long something takes.
#pragma once
#include <chronus/realtime.hpp>
#include <cstdint>
#include <ctime>

namespace chronus::link {

/// Wait-free.
inline std::int64_t now_ns() noexcept CHRONUS_REALTIME {
  timespec t;
  CHRONUS_REALTIME_TRUSTED(clock_gettime(CLOCK_MONOTONIC, &t);) // reads a page that the kernel keeps, no call
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

} // namespace chronus::link
