// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. What the schedule has decided for the player to do at a frame.
#pragma once
#include "../link/rings.hpp"
#include "fixed_queue.hpp"

namespace chronus::rt {

/// Between the end of one fade and the next swap, so that the slot which was faded out can follow again. Offline too: dense
/// commits queue up alike everywhere.
inline constexpr Frame settle = 1024;

/// From `at` to `end` the sound goes over to `slot`.
struct Swap {
  Frame at, end;
  int slot;
  std::uint32_t epoch;
  std::uint64_t revision;
};
/// From `at` on the level of all outputs goes to `to` within `frames`.
struct Level {
  Frame at;
  Frame frames;
  float to;
  bool last; ///< the fade at the end
};
/// From `at` on the outputs go into this tap; null: no longer.
struct Tap {
  Frame at;
  link::RecordTap* tap;
};

/// The player found no sound block of a slot and plays `to` instead.
struct Lapse {
  int from, to;
  std::uint32_t epoch; ///< of what was asked of it
  bool tainted;        ///< its block was there, but tainted
};

inline constexpr auto nobody = [] {
  std::array<int, link::max_slots> heirs{};
  heirs.fill(-1);
  return heirs;
}();

/// In frame order; the schedule stops granting while one is full, so none is ever lost.
struct Gestures {
  FixedQueue<Swap, 64> swaps;
  FixedQueue<Level, 64> levels;
  FixedQueue<Tap, 64> taps;
  std::array<int, link::max_slots> heir = nobody; ///< of a slot that was given up: who does what it did
  std::array<Frame, link::max_slots> since{}; ///< from here on a slot plays what live plays; `never`: it does not
  bool all_lost = false; ///< nobody plays, and somebody will begin anew; live is then the one that was lost last
  FixedQueue<Lapse, 16> lapses; ///< the other way: what the schedule is to know
  bool full() const noexcept CHRONUS_REALTIME { return swaps.full() || levels.full() || taps.full(); }
};

} // namespace chronus::rt
