// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread (or the offline driver). One cycle: play what has been granted, then decide and grant what comes next.
#pragma once
#include "player.hpp"
#include "schedule.hpp"

namespace chronus::rt {

inline constexpr int max_outs = 64;

class Process {
public:
  /// Control thread. `lead`: how many frames the workers may be ahead, at least one period.
  Process(link::Link& link, double rate, Frame lead, bool spare)
      : link_(link), schedule_(link, rate, lead, spare), player_(link, rate) {
    link_.counters.lead.set(schedule_.lead());
  }

  /// One cycle of any length. `may_wait`: wait for blocks that are not there yet (in freewheel and offline, never in real time).
  void cycle(const float* const* in, float* const* out, int frames, bool may_wait) noexcept CHRONUS_REALTIME;

  /// Any thread but the callback's: before the first cycle, and when the period grows. Grants what the new lead asks for and
  /// waits a little while for the workers to render it, so that no frame of the next cycle is missing.
  void refill(Frame period) noexcept;

private:
  void wait_for(Frame until) noexcept;

  link::Link& link_;
  Schedule schedule_;
  Player player_;
  link::Turn turn_;
  Frame playhead_ = 0;
};

} // namespace chronus::rt
