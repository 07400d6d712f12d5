// SPDX-License-Identifier: GPL-3.0-or-later
// The threads of one slot: its worker and its helpers. They share out the strands of the plan as they come, and what one strand
// makes for another crosses.
#pragma once
#include "counters.hpp"
#include <ctime>
#include <semaphore.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace chronus::link {

/// Between two looks at what another core is about to write; with a look it takes some 20 ns.
inline void relax() noexcept CHRONUS_REALTIME {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// So often one looks before one sleeps, some 50 µs: to sleep and be called takes as long.
inline constexpr int least_patience = 2500;

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
    if (spins < least_patience) {
      relax();
      continue;
    }
    nap();
  }
  return true;
}

/// Who runs a strand of a job, and how far that has come: in one word, so that whoever takes it knows what it has taken. A job is
/// some segments of each strand.
class Claim {
public:
  /// Worker, where all of the job before is over: a new one.
  void open() noexcept CHRONUS_REALTIME { word_.store((word_.load(std::memory_order_relaxed) / job + 1) * job); }
  /// What to take.
  std::uint64_t look() const noexcept CHRONUS_REALTIME { return word_.load(); }
  static bool is_free(std::uint64_t seen) noexcept CHRONUS_REALTIME { return seen % segment == 0; }
  static bool is_over(std::uint64_t seen) noexcept CHRONUS_REALTIME { return (seen & over) != 0; }
  /// Segments that have been run.
  static int done(std::uint64_t seen) noexcept CHRONUS_REALTIME { return static_cast<int>(seen % job / segment); }
  static constexpr int most_segments = 4096;

  /// Wait-free. Who has it sees all that was done before, and alone may go on. \return false: it is not as it was seen
  bool take(std::uint64_t seen) noexcept CHRONUS_REALTIME { return word_.compare_exchange_strong(seen, seen | taken); }
  /// Gives it back. After the last segment nobody touches anything of the job's any more.
  void leave(std::uint64_t seen, int segments, bool last) noexcept CHRONUS_REALTIME {
    word_.store(seen / job * job + static_cast<std::uint64_t>(segments) * segment + (last ? over : 0));
  }

private:
  static constexpr std::uint64_t taken = 1, over = 2, segment = 4, job = segment * 2 * most_segments;
  alignas(64) std::atomic<std::uint64_t> word_{over};
};

/// Where a helper sleeps.
class Summons {
public:
  Summons() { sem_init(&semaphore_, 0, 0); }
  ~Summons() { sem_destroy(&semaphore_); }
  Summons(const Summons&) = delete;
  Summons& operator=(const Summons&) = delete;

  /// Worker, after it has opened what there is to do. Wait-free; a system call only where the helper sleeps.
  void call() noexcept CHRONUS_REALTIME {
    if (asleep_.exchange(false)) CHRONUS_REALTIME_TRUSTED(sem_post(&semaphore_);)
  }
  /// Any thread, when all is over: it will not sleep again.
  void dismiss() noexcept { sem_post(&semaphore_); }
  /// Helper. Until it is called; not at all where `open()` says that it was called already.
  template <class Open> void sleep(Open&& open) noexcept {
    asleep_.store(true);
    if (open() && asleep_.exchange(false)) return; // nobody posts
    while (sem_wait(&semaphore_) != 0) {}
  }

private:
  alignas(64) std::atomic<bool> asleep_{false};
  sem_t semaphore_;
};

/// One tile a segment from one strand to another, `depth` of them at the most. The memory is the plan's. Each side looks at what the
/// other counts only where what it saw last does not do: a line that two cores share goes to and fro as seldom as can be. Sender and
/// receiver are strands: which thread that is may change from segment to segment.
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
    if (oldest_ < seen_sent_) return false;
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
