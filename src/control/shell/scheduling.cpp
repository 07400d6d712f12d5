// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. pthread scheduling.
#include "scheduling.hpp"
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <sched.h>
#include <sys/resource.h>

namespace chronus::control {

namespace {

constinit link::Published<std::uint64_t> limit{0}; // µs
constinit thread_local link::Published<std::uint32_t>* demotions_of_this = nullptr;

void set_limit() {
  rlimit l{};
  if (getrlimit(RLIMIT_RTTIME, &l) != 0) return;
  l.rlim_cur = std::min<rlim_t>(limit.get(), l.rlim_max);
  setrlimit(RLIMIT_RTTIME, &l);
}

/// On the thread that has run for too long; the kernel has put the limit off by a second. Calls nothing but the system.
void on_limit(int) {
  const int error = errno;
  if (demotions_of_this) {
    const sched_param param{};
    sched_setscheduler(0, SCHED_OTHER, &param);
    demotions_of_this->add(1);
  }
  set_limit();
  errno = error;
}

} // namespace

void limit_realtime(std::uint64_t microseconds) {
  if (limit.get() == 0) {
    struct sigaction action{};
    action.sa_handler = on_limit;
    action.sa_flags = SA_RESTART;
    sigaction(SIGXCPU, &action, nullptr);
  }
  limit.set(microseconds);
  set_limit();
}

void obey_limit(link::Published<std::uint32_t>& demotions) { demotions_of_this = &demotions; }

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
