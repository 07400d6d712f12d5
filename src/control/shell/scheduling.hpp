// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. Real-time priorities, as the kernel has them: JACK only says what it wished for.
#pragma once
#include <pthread.h>

namespace chronus::control {

/// What a thread really has: its SCHED_FIFO or SCHED_RR priority, or 0 for an ordinary thread.
int realtime_priority(pthread_t thread);

/// Asks for SCHED_FIFO at this priority (0: nothing is asked). \return what the thread then really has
int acquire_realtime(pthread_t thread, int priority);

/// It is an ordinary thread from now on.
void give_up_realtime(pthread_t thread);

/// For the threads that feed one of JACK's: one below, or 0 where JACK's own thread is ordinary or there is nothing below it.
constexpr int priority_below(int jack_priority) { return jack_priority > 1 ? jack_priority - 1 : 0; }

} // namespace chronus::control
