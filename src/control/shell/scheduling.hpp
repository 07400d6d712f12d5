// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. Real-time priorities, as the kernel has them: JACK only says what it wished for.
#pragma once
#include "../../link/counters.hpp"
#include <pthread.h>

namespace chronus::control {

/// What a thread really has: its SCHED_FIFO or SCHED_RR priority, or 0 for an ordinary thread.
int realtime_priority(pthread_t thread);

/// Asks for SCHED_FIFO at this priority (0: nothing is asked). \return what the thread then really has
int acquire_realtime(pthread_t thread, int priority);

/// It is an ordinary thread from now on.
void give_up_realtime(pthread_t thread);

/// From now on a real-time thread of those below that runs for so long without a pause becomes an ordinary one: a worker that hangs
/// must not keep a processor from the others, which have its priority. The kernel looks at it each tick, some milliseconds. Again at
/// any time, with another limit. What other threads do stays theirs.
void limit_realtime(std::uint64_t microseconds);
/// The calling thread is one of those. `demotions` counts how often it happened to it, and stays until the thread has ended.
void obey_limit(link::Published<std::uint32_t>& demotions);

/// For the threads that feed one of JACK's: one below, or 0 where JACK's own thread is ordinary or there is nothing below it.
constexpr int priority_below(int jack_priority) { return jack_priority > 1 ? jack_priority - 1 : 0; }

} // namespace chronus::control
