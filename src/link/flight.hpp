// SPDX-License-Identifier: GPL-3.0-or-later
// All threads. What the callback tells of each of its cycles, and what it played, on the way to control's black box.
#pragma once
#include "counters.hpp"
#include <boost/lockfree/spsc_queue.hpp>
#include <vector>

namespace chronus::link {

struct FlightRecord {
  Frame frame;               ///< the playhead as the cycle began
  std::uint32_t frames;      ///< that it played
  std::uint32_t ops;         ///< that it passed on to the workers
  std::int16_t slots;        ///< that there were
  std::int16_t live;         ///< the slot that was heard at its end
  std::int16_t spare;        ///< a slot that was in sync then, or -1
  bool silent;               ///< the cycle was given away to the buffer-size callback: zeros were heard, and no frame of the count
  std::uint16_t blocks[max_slots]; ///< that waited in each slot's ring as the cycle began
  float load[max_slots];     ///< of each slot's worker
  std::uint64_t starved, failovers; ///< so far
};

/// The callback alone pushes: a cycle's samples, then its record; where one of the two finds no room both are left out, and
/// their frames counted. 4 s of sound, and of records at 32 frames and 192 kHz: control, which looks every 20 ms, may be stuck
/// for 2 s with as much to spare. Offline it looks after each cycle, which is 8192 frames at the most: a short ring stays near.
struct FlightTap {
  FlightTap(int channels, double rate, bool offline)
      : channels(channels), samples((offline ? 16384 : static_cast<std::size_t>(4 * rate)) * static_cast<std::size_t>(channels)),
        records(offline ? 256 : 24576) {
    // Every page is written to once: the callback is not the first to touch one.
    const std::vector<float> zeros(1024);
    while (samples.push(zeros.data(), zeros.size()) > 0) {}
    while (records.push(FlightRecord{})) {}
    samples.reset();
    records.reset();
  }
  int channels;
  boost::lockfree::spsc_queue<float> samples; ///< interleaved
  boost::lockfree::spsc_queue<FlightRecord> records;
  Published<std::uint64_t> lost; ///< frames
};

} // namespace chronus::link
