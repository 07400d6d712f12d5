// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. What crosses threads: nothing is lost, doubled, torn or out of order.
#include "link/rings.hpp"
#include <doctest/doctest.h>
#include <thread>

using namespace chronus;
using namespace chronus::link;

namespace {

/// One number for each place of each block, so that a torn or misplaced block shows.
float content(Frame frame, int channel, int i) { return static_cast<float>((frame / block_frames * 7 + static_cast<Frame>(channel * 64 + i)) % 8191); }

} // namespace

TEST_CASE("millions of blocks cross between two threads, each once, whole and in order") {
  constexpr Frame blocks = 2'000'000;
  constexpr int channels = 2;
  BlockRing ring(channels, 100);
  std::thread producer([&] {
    for (Frame b = 0; b < blocks;) {
      float* cell = ring.claim();
      if (!cell) {
        ring.publish();
        std::this_thread::yield();
        continue;
      }
      for (int c = 0; c < channels; ++c)
        for (int i = 0; i < block_frames; i += b % 64 ? 21 : 1) cell[c * block_frames + i] = content(b * block_frames, c, i);
      const bool full = ring.keep({.frame = b * block_frames, .epoch = static_cast<std::uint32_t>(b * 3)});
      if (++b; full || b % 5 == 0 || b == blocks) ring.publish();
    }
  });
  Frame wrong_order = 0, torn = 0;
  for (Frame b = 0; b < blocks;) {
    const BlockHeader* h = ring.front();
    if (!h) {
      std::this_thread::yield();
      continue;
    }
    wrong_order += h->frame != b * block_frames || h->epoch != static_cast<std::uint32_t>(b * 3);
    for (int c = 0; c < channels; ++c)
      for (int i = 0; i < block_frames; i += b % 64 ? 21 : 1) torn += ring.samples(c)[i] != content(b * block_frames, c, i);
    ring.pop();
    ++b;
  }
  producer.join();
  CHECK(wrong_order == 0);
  CHECK(torn == 0);
  CHECK(ring.front() == nullptr);
}

TEST_CASE("a full ring gives no cell until a block has been taken") {
  BlockRing ring(1, 3);
  CHECK(ring.front() == nullptr);
  for (Frame b = 0; b < 3; ++b) {
    float* cell = ring.claim();
    REQUIRE(cell != nullptr);
    CHECK(ring.claim() == cell); // claiming is not pushing
    *cell = static_cast<float>(b);
    ring.keep({.frame = b * block_frames});
  }
  CHECK(ring.claim() == nullptr);
  CHECK(ring.front() == nullptr); // nothing was published
  ring.publish();
  REQUIRE(ring.front() != nullptr);
  CHECK(ring.samples(0)[0] == 0);
  ring.pop();
  float* cell = ring.claim();
  REQUIRE(cell != nullptr);
  *cell = 3; // the block that is in front must not lie there
  CHECK(ring.samples(0)[0] == 1);
  CHECK(ring.front()->frame == 64);
}

TEST_CASE("blocks that the consumer holds are not written over while the ring fills up again") {
  constexpr std::size_t capacity = 2 * BlockRing::batch;
  BlockRing ring(1, capacity);
  Frame made = 0;
  const auto fill = [&] {
    while (float* cell = ring.claim()) {
      *cell = static_cast<float>(made);
      if (ring.keep({.frame = made++ * block_frames})) ring.publish();
    }
    ring.publish();
  };
  fill();
  CHECK(made == capacity);
  CHECK(ring.waiting() == capacity);
  for (Frame taken = 0; taken < 1000; ++taken) {
    const BlockHeader* h = ring.front();
    REQUIRE(h != nullptr);
    fill();
    CHECK(h->frame == taken * block_frames);
    CHECK(ring.samples(0)[0] == static_cast<float>(taken));
    CHECK(ring.waiting() == made - taken);
    ring.pop();
  }
}

TEST_CASE("a ring without channels still carries its headers") {
  BlockRing ring(0, 2);
  REQUIRE(ring.claim() != nullptr);
  ring.keep({.frame = 64});
  ring.publish();
  CHECK(ring.front()->frame == 64);
}

TEST_CASE("no wake-up is lost between two threads that wait for each other") {
  constexpr int rounds = 100'000;
  Wake there, back;
  Published<int> sent, seen;
  std::thread other([&] {
    for (int i = 1; i <= rounds; ++i) {
      do there.wait();
      while (sent.get() < i);
      seen.set(i);
      back.post();
    }
  });
  int lost = 0;
  for (int i = 1; i <= rounds; ++i) {
    sent.set(i);
    there.post();
    while (seen.get() < i)
      if (!back.wait_for(2000)) ++lost, there.post();
  }
  other.join();
  CHECK(lost == 0);
}

TEST_CASE("many posts make one round, and without any the wait ends by itself") {
  Wake w;
  CHECK_FALSE(w.wait_for(1));
  for (int i = 0; i < 5; ++i) w.post();
  w.wait();
  CHECK_FALSE(w.wait_for(1));
  w.post();
  CHECK(w.wait_for(1000));
}

TEST_CASE("what one thread counts is seen by another together with what it did before") {
  Published<int> done;
  int plain = 0;
  std::thread t([&] {
    plain = 42;
    done.add(1);
  });
  while (done.get() == 0) std::this_thread::yield();
  CHECK(plain == 42);
  t.join();
}

TEST_CASE("only one thread at a time has the turn") {
  Turn turn;
  int inside = 0;
  auto work = [&] {
    for (int i = 0; i < 20'000;) {
      if (!turn.try_enter()) {
        std::this_thread::yield();
        continue;
      }
      ++inside;
      turn.leave();
      ++i;
    }
  };
  std::thread other(work);
  work();
  other.join();
  CHECK(inside == 40'000);
  CHECK(turn.try_enter());
  CHECK_FALSE(turn.try_enter());
}

TEST_CASE("a recording's samples and chunks cross whole, and eight seconds fit") {
  RecordTap tap(2, 1000);
  CHECK(tap.samples.write_available() == 16'000);
  std::thread writer([&] {
    const float row[] = {1, -1};
    for (std::uint32_t f = 0; f < 200'000;) {
      if (tap.samples.write_available() < 6 || !tap.chunks.write_available()) {
        std::this_thread::yield();
        continue;
      }
      for (std::uint32_t i = 0; i < 3; ++i) {
        const float here[] = {row[0] * static_cast<float>(f + i), row[1] * static_cast<float>(f + i)};
        tap.samples.push(here, 2);
      }
      tap.chunks.push({f, 3, false});
      f += 3;
    }
    while (!tap.chunks.push({0, 0, true})) std::this_thread::yield();
  });
  std::uint64_t wrong = 0, frames = 0;
  for (bool last = false; !last;) {
    RecordTap::Chunk c;
    if (!tap.chunks.pop(c)) {
      std::this_thread::yield();
      continue;
    }
    last = c.last;
    wrong += !last && c.frame != frames;
    for (std::uint32_t i = 0; i < c.frames; ++i, ++frames) {
      float row[2];
      wrong += tap.samples.pop(row, 2) != 2 || row[0] != static_cast<float>(frames) || row[1] != -static_cast<float>(frames);
    }
  }
  writer.join();
  CHECK(wrong == 0);
  CHECK(frames == 200'001);
  CHECK(tap.gaps.get() == 0);
}
