// SPDX-License-Identifier: GPL-3.0-or-later
// The threads of one slot: its worker and its helpers. Each runs one strand of the plan, and what one strand makes for another
// crosses.
#pragma once
#include "counters.hpp"
#include <ctime>
#include <semaphore.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace chronus::link {

/// Between two looks at what another core is about to write.
inline void relax() noexcept CHRONUS_REALTIME {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Some 50 µs.
[[gnu::noinline]] inline void nap() noexcept CHRONUS_REALTIME {
  const timespec t{0, 1000};
  const RealtimePause pause;
  CHRONUS_REALTIME_TRUSTED(nanosleep(&t, nullptr);)
}

/// Until `done`. Spins at first, for what is waited for is some microseconds away as a rule; then sleeps, for the thread that
/// was held up may need this very core. The callback never comes here. \return false: `stop` was set meanwhile
template <class Done> bool await(const Published<int>& stop, Done&& done) noexcept CHRONUS_REALTIME {
  for (int spins = 0; !done(); ++spins) {
    if (stop.get()) return false;
    if (spins < 2000) {
      relax();
      continue;
    }
    nap();
  }
  return true;
}

/// Where a helper waits for the worker of its slot: awake for a while, then asleep. The worker calls it, waits for it as long as
/// it likes, and goes on with it or without.
class Summons {
public:
  Summons() { sem_init(&semaphore_, 0, 0); }
  ~Summons() { sem_destroy(&semaphore_); }
  Summons(const Summons&) = delete;
  Summons& operator=(const Summons&) = delete;

  /// Worker. Wait-free; a system call only where the helper sleeps.
  void call() noexcept CHRONUS_REALTIME {
    called_.fetch_add(1);
    if (asleep_.exchange(false)) CHRONUS_REALTIME_TRUSTED(sem_post(&semaphore_);)
  }
  /// Worker, after a call.
  bool has_come() const noexcept CHRONUS_REALTIME { return come_.get() == called_.load(std::memory_order_relaxed); }
  /// Worker, after each call, once: whether the helper is to do its part.
  void decide(bool go) noexcept CHRONUS_REALTIME { decided_.set(2 * called_.load(std::memory_order_relaxed) + (go ? 1 : 0)); }

  static constexpr int least_patience = 2000; ///< looks: some 50 µs
  /// Helper. Until it is to do its part; asleep after `patience` looks. \return false: `stop` is set
  bool wait(const Published<int>& stop, int patience) noexcept {
    while (await_call(stop, patience)) {
      come_.set(seen_);
      if (!await(stop, [&] { return decided_.get() / 2 >= seen_; })) return false;
      if (decided_.get() == 2 * seen_ + 1) return true;
    }
    return false;
  }

private:
  bool await_call(const Published<int>& stop, int patience) noexcept {
    for (int spins = 0; called_.load() == seen_; ++spins) {
      if (stop.get()) return false;
      if (spins < patience) {
        relax();
        continue;
      }
      asleep_.store(true);
      if (called_.load() != seen_ && asleep_.exchange(false)) break; // a call came in between, and nobody posts
      while (sem_wait(&semaphore_) != 0) {}
    }
    seen_ = called_.load();
    return !stop.get();
  }

  alignas(64) std::atomic<std::uint64_t> called_{0};
  alignas(64) std::atomic<bool> asleep_{false};
  Published<std::uint64_t> come_;    ///< the call that the helper has heard
  Published<std::uint64_t> decided_; ///< twice the call, and 1: go
  std::uint64_t seen_ = 0;           ///< the helper's
  sem_t semaphore_;
};

/// One tile a segment from one strand to another, `depth` of them at the most. The memory is the plan's. Each side looks at what the
/// other counts only where what it saw last does not do: a line that two cores share goes to and fro as seldom as can be.
class Crossing {
public:
  static constexpr std::uint64_t depth = 64;

  /// Sender.
  bool full() noexcept CHRONUS_REALTIME {
    if (next_ - seen_taken_ < depth) return false;
    seen_taken_ = taken_.get();
    return next_ - seen_taken_ == depth;
  }
  /// Sender, where it is not full: which of the `depth` places is next. Then send.
  std::uint64_t next() const noexcept CHRONUS_REALTIME { return next_ % depth; }
  void send(bool tainted) noexcept CHRONUS_REALTIME {
    const std::uint64_t taints = tainted_.get(), place = std::uint64_t{1} << next();
    if (((taints & place) != 0) != tainted) tainted_.set(taints ^ place);
    sent_.set(++next_);
  }

  /// Receiver.
  bool empty() noexcept CHRONUS_REALTIME {
    if (oldest_ < seen_sent_) return false; // it may lie behind: a thread that runs all strands does not ask
    seen_sent_ = sent_.get();
    return oldest_ == seen_sent_;
  }
  /// Receiver, where it is not empty: the oldest place, and whether a module of the sender's was at fault. Then take.
  std::uint64_t oldest() const noexcept CHRONUS_REALTIME { return oldest_ % depth; }
  bool tainted() const noexcept CHRONUS_REALTIME { return (tainted_.get() >> oldest() & 1) != 0; }
  void take() noexcept CHRONUS_REALTIME { taken_.set(++oldest_); }

private:
  Published<std::uint64_t> sent_, taken_;
  Published<std::uint64_t> tainted_; ///< by place; the sender's
  alignas(64) std::uint64_t next_ = 0;
  std::uint64_t seen_taken_ = 0; ///< the sender's, as `next_`
  alignas(64) std::uint64_t oldest_ = 0;
  std::uint64_t seen_sent_ = 0; ///< the receiver's, as `oldest_`
};

} // namespace chronus::link
