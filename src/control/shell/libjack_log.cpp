// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. What stands behind jack_set_error_function.
#include "libjack_log.hpp"
#include "uncancelled.hpp"
#include <algorithm>
#include <array>
#include <chronus/realtime.hpp>
#include <cstdint>
#include <ctime>
#include <deque>
#include <jack/jack.h>
#include <semaphore.h>
#include <utility>

namespace chronus::control {
namespace {

/// Nobody ever sleeps on these semaphores: a try is one atomic operation, and so is a post that wakes no one.
struct Slot {
  sem_t free, full;
  std::int64_t time;
  char text[160];
  Slot() {
    sem_init(&free, 0, 1);
    sem_init(&full, 0, 0);
  }
};

/// A failed open makes five lines; the main thread takes them ten times a second.
std::array<Slot, 64> slots;

void keep(const char* text) noexcept CHRONUS_REALTIME {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  for (auto& slot : slots) {
    if (sem_trywait(&slot.free) != 0) continue;
    slot.time = now.tv_sec * 1'000'000'000LL + now.tv_nsec;
    std::size_t i = 0;
    for (; text[i] && i + 1 < sizeof slot.text; ++i) slot.text[i] = text[i];
    slot.text[i] = '\0';
    sem_post(&slot.full);
    return;
  }
}

void ignore(const char*) noexcept CHRONUS_REALTIME {}

std::deque<std::pair<std::int64_t, std::string>> taken; ///< main thread

} // namespace

void capture_libjack_messages() {
  jack_set_error_function(uncancelled<keep>);
  jack_set_info_function(uncancelled<ignore>);
}

bool take_libjack_message(std::string& line) {
  if (taken.empty()) {
    for (auto& slot : slots) {
      if (sem_trywait(&slot.full) != 0) continue;
      taken.emplace_back(slot.time, slot.text);
      sem_post(&slot.free);
    }
    std::sort(taken.begin(), taken.end());
  }
  if (taken.empty()) return false;
  line = std::move(taken.front().second);
  taken.pop_front();
  return true;
}

} // namespace chronus::control
