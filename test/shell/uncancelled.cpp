// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A thread that is cancelled while it is in a callback of ours ends behind it, and the program goes on.
#include "control/shell/uncancelled.hpp"
#include <atomic>
#include <doctest/doctest.h>

using namespace chronus::control;

namespace {

std::atomic<int> entered, released, left;

int busy(void*) noexcept {
  entered = 1;
  while (!released) {}
  left = 1;
  return 0;
}

void* libjack_like(void*) {
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
  for (;;) uncancelled<busy>(nullptr);
}

} // namespace

TEST_CASE("a thread that is cancelled within a callback returns from it first, and ends then") {
  pthread_t thread;
  REQUIRE(pthread_create(&thread, nullptr, libjack_like, nullptr) == 0);
  while (!entered) {}
  pthread_cancel(thread);
  CHECK(left == 0);
  released = 1;
  CHECK(pthread_join(thread, nullptr) == 0); // it never ends by itself
  CHECK(left == 1);
}
