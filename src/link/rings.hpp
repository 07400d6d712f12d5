// SPDX-License-Identifier: GPL-3.0-or-later
// All threads. Every ring between two threads; each is a boost::lockfree::spsc_queue: one producer, one consumer, wait-free.
#pragma once
#include "flight.hpp"
#include "messages.hpp"
#include <boost/lockfree/spsc_queue.hpp>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <semaphore.h>
#include <type_traits>
#include <vector>

namespace chronus::link {

template <class T> using Ring = boost::lockfree::spsc_queue<T>;

/// Control thread, before the others start: no real-time thread is then the first to touch a page of it.
template <class T> void touch(Ring<T>& ring) {
  while (ring.push(T{})) {}
  ring.reset();
}

struct BlockHeader {
  Frame frame;
  std::uint32_t epoch; ///< how many swaps its last frame has seen: slots of one epoch play the same
  bool tainted;        ///< some module was silenced for a fault: a block that is not is to be preferred
  std::uint8_t before; ///< frames at its beginning that the slot was not there for
};
static_assert(std::is_trivial_v<BlockHeader>, "many at once are copied as bytes: clang can then prove that nothing waits");

/// 64-frame blocks of `channels` planar channels from one thread to another. The queue carries the headers; the samples lie in
/// cells that are reused in the same order, so a block is written and read in place. What passes between two cores costs each of
/// them about as much as 16 frames of a voice: headers go in and out by up to `batch` at once, and either side looks at the other's
/// count only when what it knows of is used up.
class BlockRing {
public:
  static constexpr std::size_t batch = 8;

  /// Control thread, before the others start. `capacity` in blocks; the consumer may hold `batch` more.
  BlockRing(int channels, std::size_t capacity) : channels_(channels), cells_(capacity + batch), queue_(capacity) {
    const std::size_t bytes = (cells_ * cell_floats() * sizeof(float) + 63) / 64 * 64;
    samples_.reset(static_cast<float*>(std::aligned_alloc(64, bytes ? bytes : 64)));
    for (std::size_t i = 0; i < cells_ * cell_floats(); ++i) samples_.get()[i] = 0;
  }

  int channels() const noexcept CHRONUS_REALTIME { return channels_; }

  /// Producer. Blocks that can be claimed and kept: all of them, or at least as many as are wanted. Wait-free.
  std::size_t space(std::size_t wanted) noexcept CHRONUS_REALTIME {
    if (made_.room < wanted) made_.room = queue_.write_available() - made_.kept;
    return made_.room;
  }
  /// Producer. The cell of the next block, channels × 64 floats, or null while the ring is full. Wait-free.
  float* claim() noexcept CHRONUS_REALTIME { return space(1) ? samples_.get() + made_.cell * cell_floats() : nullptr; }
  /// Producer, after a claim that was not null: the block is whole, and the consumer sees it after publish(). Wait-free.
  /// \return whether a batch is full: publish before the next claim
  bool keep(const BlockHeader& header) noexcept CHRONUS_REALTIME {
    made_.headers[made_.kept++] = header;
    --made_.room;
    made_.cell = next(made_.cell);
    return made_.kept == batch;
  }
  /// Producer. Wait-free.
  void publish() noexcept CHRONUS_REALTIME {
    queue_.push(made_.headers, made_.kept);
    made_.kept = 0;
  }

  /// Consumer. Blocks that can be taken.
  std::size_t waiting() const noexcept CHRONUS_REALTIME { return taken_.count - taken_.at + queue_.read_available(); }
  /// Consumer. The oldest block's header, or null. Wait-free.
  const BlockHeader* front() noexcept CHRONUS_REALTIME {
    if (taken_.at == taken_.count) {
      taken_.at = 0;
      taken_.count = queue_.pop(taken_.headers, batch);
    }
    return taken_.at < taken_.count ? &taken_.headers[taken_.at] : nullptr;
  }
  /// Consumer, after a front that was not null: one channel of it, 64 frames.
  const float* samples(int channel) const noexcept CHRONUS_REALTIME {
    return samples_.get() + taken_.cell * cell_floats() + static_cast<std::size_t>(channel) * block_frames;
  }
  /// Consumer, after a front that was not null. Wait-free.
  void pop() noexcept CHRONUS_REALTIME {
    ++taken_.at;
    taken_.cell = next(taken_.cell);
  }

private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::size_t cell_floats() const noexcept { return static_cast<std::size_t>(channels_) * block_frames; }
  std::size_t next(std::size_t cell) const noexcept { return cell + 1 == cells_ ? 0 : cell + 1; }

  const int channels_;
  const std::size_t cells_;
  std::unique_ptr<float[], Free> samples_;
  Ring<BlockHeader> queue_;
  // Each side's own, on lines that the other never touches.
  struct alignas(64) Made {
    std::size_t cell = 0, room = 0, kept = 0; ///< room: free cells that are known of
    BlockHeader headers[batch];
  } made_;
  struct alignas(64) Taken {
    std::size_t cell = 0, at = 0, count = 0;
    BlockHeader headers[batch];
  } taken_;
};

/// Wakes one thread. post is wait-free for the poster (and a system call only when somebody sleeps).
class Wake {
public:
  Wake() { sem_init(&semaphore_, 0, 0); }
  ~Wake() { sem_destroy(&semaphore_); }
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;
  void post() noexcept CHRONUS_REALTIME {
    CHRONUS_REALTIME_TRUSTED(sem_post(&semaphore_);) // never waits; one futex call where somebody sleeps
  }
  void wait() noexcept {
    while (sem_wait(&semaphore_) != 0) {}
    while (sem_trywait(&semaphore_) == 0) {} // many posts, one round
  }
  /// \return false after about this many milliseconds without a post
  bool wait_for(int milliseconds) noexcept;

private:
  sem_t semaphore_;
};

inline bool Wake::wait_for(int milliseconds) noexcept {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_nsec += milliseconds * 1'000'000L;
  t.tv_sec += t.tv_nsec / 1'000'000'000L;
  t.tv_nsec %= 1'000'000'000L;
  const bool posted = sem_clockwait(&semaphore_, CLOCK_MONOTONIC, &t) == 0;
  while (sem_trywait(&semaphore_) == 0) {}
  return posted;
}

/// What the outputs play, on its way to a file. rt pushes whole runs of frames (the chunk first tells where they belong);
/// a run that finds no space is counted in `gaps` and left out. 8 s: a disk may stall for 2 s with room to spare.
struct RecordTap {
  struct Chunk {
    Frame frame;
    std::uint32_t frames;
    bool last; ///< nothing follows
  };
  RecordTap(int channels, double rate)
      : channels(channels), samples(static_cast<std::size_t>(8 * rate) * static_cast<std::size_t>(channels)), chunks(65536) {}
  int channels;
  Ring<float> samples; ///< interleaved
  Ring<Chunk> chunks;
  Published<std::uint64_t> gaps; ///< frames lost
};

/// One a slot.
struct SlotRings {
  SlotRings(int outs, int ins, std::size_t capacity) : blocks(outs, capacity), inputs(ins, capacity), tasks(task_capacity), retired(1024), faults(256) { touch(tasks); }
  /// Blocks ahead: the largest lead (8192-frame periods, doubled). Full: the worker waits for the callback to take one.
  static constexpr std::size_t block_capacity = 640;
  /// Where nobody listens, threads that seldom wait for each other take less: as long as may be, but within a core's reach.
  static constexpr std::size_t offline_capacity(int outs) { return std::max<std::size_t>(block_capacity, 2560 / static_cast<std::size_t>(std::max(outs, 1))); }
  /// Every op between two looks of a worker, a storm of `set`s included. Full for a spare: the slot is stale and is made
  /// anew; full for live: the op stays in its source's ring, whose fullness control sees.
  static constexpr std::size_t task_capacity = 16384;
  BlockRing blocks;        ///< worker → rt
  BlockRing inputs;        ///< rt → worker
  Ring<Task> tasks;        ///< rt → worker
  Ring<Handover> retired;  ///< worker → control: plans to be freed. Full: the worker keeps the plan and tries again
  Ring<Fault> faults;      ///< worker → control. Full: the fault has been told of often enough
  /// Written by rt, once for each time that the slot is given up: the worker drops its plan, its tasks and what it was about
  /// to give, and answers with the same number in its progress. Nothing is pushed to it in between.
  Published<std::uint32_t> dismissal;
  Wake wake;
  Progress progress;
};

/// Everything that crosses a thread.
struct Link {
  static constexpr int sources = 2; ///< of orders: scripts (each in frame order), the prompt (as soon as can be)
  /// Control thread, before the others start. `begin`: the frame at which they do, a multiple of 64.
  Link(int slots, int outs, int ins, Frame begin = 0, std::size_t capacity = SlotRings::block_capacity)
      : slots(slots), outs(outs), ins(ins), begin(begin), capacity(capacity), commits(256), supplies(16), events(1024) {
    counters.playhead.set(begin);
    counters.horizon.set(begin);
    for (int i = 0; i < sources; ++i) orders.push_back(std::make_unique<Ring<Order>>(16384));
    for (auto& h : handover) h = std::make_unique<Ring<Handover>>(4);
    while (count() < slots) add_slot();
  }
  /// Control thread, at any time: one more, that nothing was told yet. Not when there are max_slots.
  void add_slot() {
    const int n = count();
    rings_[static_cast<std::size_t>(n)] = std::make_unique<SlotRings>(outs, ins, capacity);
    if (n < slots) rings(n).progress.rendered.set(begin);
    else rings(n).progress.from.set(never);
    count_.set(n + 1);
  }
  /// Slots that there are. Others than the first `slots` take the place of those whose workers do not return.
  int count() const noexcept CHRONUS_REALTIME { return count_.get(); }
  SlotRings& rings(int i) const noexcept CHRONUS_REALTIME { return *rings_[static_cast<std::size_t>(i)]; }
  void wake_all() const noexcept CHRONUS_REALTIME {
    for (int i = 0; i < count(); ++i) rings(i).wake.post();
  }

  const int slots; ///< that play and follow at the most
  const int outs, ins;
  const Frame begin;
  const std::size_t capacity; ///< of the rings between callback and workers, in blocks
  /// control → rt. Full: control waits with the source that sent too much.
  std::vector<std::unique_ptr<Ring<Order>>> orders;
  Ring<Commit*> commits;
  Ring<Supply> supplies;
  /// rt → control. Full: rt keeps the event and tries again in the next cycle.
  Ring<Event> events;
  /// worker → worker, [from * max_slots + to].
  std::array<std::unique_ptr<Ring<Handover>>, max_slots * max_slots> handover;
  Ring<Handover>& between(int from, int to) { return *handover[static_cast<std::size_t>(from * max_slots + to)]; }
  /// Written by control: no source will issue an op before this frame (`never`: nothing more comes). Live: `never`.
  Published<Frame> issued{0};
  Published<int> stop{0}; ///< workers leave
  Wake produced;          ///< workers → a driver that may wait (offline, freewheel)
  Published<int> driver_waits{0};
  Counters counters;
  /// rt → control; null: nobody wants it. Made before the callback's side is.
  std::unique_ptr<FlightTap> flight;

private:
  std::array<std::unique_ptr<SlotRings>, max_slots> rings_;
  Published<int> count_; ///< written by control
};

} // namespace chronus::link
