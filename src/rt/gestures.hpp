// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. What the schedule has decided for the player to do at a frame.
#pragma once
#include "../link/rings.hpp"
#include "fixed_queue.hpp"

namespace chronus::rt {

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

/// The player has taken over from one slot to another that plays the same.
struct GoneOver {
  int from, to;
};

/// In frame order; the schedule stops granting while one is full, so none is ever lost.
struct Gestures {
  FixedQueue<Swap, 64> swaps;
  FixedQueue<Level, 64> levels;
  FixedQueue<Tap, 64> taps;
  FixedQueue<GoneOver, 16> gone_over; ///< the other way: what the schedule is to know
  bool full() const noexcept CHRONUS_REALTIME { return swaps.full() || levels.full() || taps.full(); }
};

} // namespace chronus::rt
