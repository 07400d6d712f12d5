// SPDX-License-Identifier: GPL-3.0-or-later
// All threads. What one thread counts and others only look at. Raw atomics live in src/link and nowhere else.
#pragma once
#include <atomic>
#include <chronus/realtime.hpp>
#include <chronus/units.hpp>
#include <cstdint>
#include <initializer_list>

namespace chronus::link {

/// With those that take the place of slots whose workers do not return.
inline constexpr int max_slots = 8;

/// Written by one thread, read by any; a reader that sees a value also sees what its writer did before (pairs set with get).
template <class T> class Published {
public:
  constexpr explicit Published(T initial = {}) : value_(initial) {}
  T get() const noexcept CHRONUS_REALTIME { return value_.load(std::memory_order_acquire); }
  void set(T v) noexcept CHRONUS_REALTIME { value_.store(v, std::memory_order_release); }
  /// Only by the writing thread.
  void add(T v) noexcept CHRONUS_REALTIME { value_.store(value_.load(std::memory_order_relaxed) + v, std::memory_order_release); }

private:
  alignas(64) std::atomic<T> value_; // a line of its own: nobody's counting slows another's
};

/// Lets one thread at a time into what is the callback's; nobody waits on the real-time side.
class Turn {
public:
  /// Wait-free. \return false while another thread is inside
  bool try_enter() noexcept CHRONUS_REALTIME { return !taken_.test_and_set(std::memory_order_acquire); }
  void leave() noexcept CHRONUS_REALTIME { taken_.clear(std::memory_order_release); }

private:
  std::atomic_flag taken_ = ATOMIC_FLAG_INIT;
};

/// Why the outputs were muted.
enum class GuardCause : std::uint8_t { none, offset, blown_up };

/// Written by the callback.
struct Counters {
  Published<Frame> playhead, horizon, lead;
  Published<std::uint64_t> revision; ///< the one that is heard, or fades in
  Published<std::uint64_t> starved, late, dropped, swaps, failovers, slipped, cycles;
  Published<std::uint64_t> clipped; ///< samples above full scale that the guard has held down
  Published<std::uint64_t> guarded; ///< how often it has muted; the cause, the output and its value are of the last time
  Published<GuardCause> guard_cause;
  Published<int> guard_channel;
  Published<float> guard_value;
  Published<int> live;
  Published<int> spare{-1}; ///< a slot that is in sync, or -1
  Published<int> fade_over; ///< 1 once the fade at the end is over
  Published<int> muted;     ///< 1 from a panic until something is played again

  /// Before the others start: the counts of those that counted before them.
  void go_on_from(const Counters& before) {
    for (const auto count : {&Counters::starved, &Counters::late, &Counters::dropped, &Counters::swaps, &Counters::failovers, &Counters::slipped,
                             &Counters::cycles, &Counters::clipped, &Counters::guarded})
      (this->*count).set((before.*count).get());
    muted.set(before.muted.get());
  }
};

/// One a slot; written by its worker, but for `given`.
struct Progress {
  Published<Frame> from;               ///< where it began to follow after it had been given up; `never` in between
  Published<Frame> rendered;           ///< every block from there to this frame has been pushed
  Published<Frame> tainted_until;      ///< the end of the last block that was pushed with a fault in it
  Published<std::uint32_t> generation; ///< of the plan that runs
  Published<std::uint32_t> given;      ///< the last generation that has been handed over to it; written by whoever did
  Published<float> load;               ///< what the last blocks cost as a part of their time, the mean of some 32
  Published<std::uint32_t> failures;   ///< how often it has thrown: it then waits to be dismissed
  Published<std::uint32_t> dismissal;  ///< the last dismissal that it has carried out: it holds nothing since
};

} // namespace chronus::link
