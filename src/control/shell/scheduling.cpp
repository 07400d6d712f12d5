// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. pthread scheduling.
#include "scheduling.hpp"
#include <sched.h>

namespace chronus::control {

int realtime_priority(pthread_t thread) {
  int policy = SCHED_OTHER;
  sched_param param{};
  if (pthread_getschedparam(thread, &policy, &param) != 0) return 0;
  policy &= ~SCHED_RESET_ON_FORK;
  return policy == SCHED_FIFO || policy == SCHED_RR ? param.sched_priority : 0;
}

int acquire_realtime(pthread_t thread, int priority) {
  if (priority > 0) {
    sched_param param{};
    param.sched_priority = priority;
    pthread_setschedparam(thread, SCHED_FIFO, &param);
  }
  return realtime_priority(thread);
}

void give_up_realtime(pthread_t thread) {
  const sched_param param{};
  pthread_setschedparam(thread, SCHED_OTHER, &param);
}

} // namespace chronus::control
