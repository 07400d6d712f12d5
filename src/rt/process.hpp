// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread (or the offline driver). One cycle: play what has been granted, then decide and grant what comes next.
#pragma once
#include "flight.hpp"
#include "player.hpp"
#include "schedule.hpp"
#include <algorithm>

namespace chronus::rt {

/// The lead for a period, where nobody asks for another: two of them. With one, whatever stops the machine for a moment between the
/// callback and its workers is over when JACK's next cycle is due; that comes first, and neither live nor the spare has had any time.
/// A period of 512 frames or more is long enough for that.
constexpr Frame easy_lead(Frame period) { return std::max(period, std::min(2 * period, Frame{512})); }

class Process {
public:
  /// Control thread. `lead`: how many frames the workers may be ahead, at least one period. `easy`: and at least easy_lead of it.
  Process(link::Link& link, double rate, Frame lead, bool spare, bool guard = false, bool easy = false)
      : link_(link), schedule_(link, rate, lead, spare), player_(link, rate, guard), flight_(link), easy_(easy), playhead_(link.begin) {
    link_.counters.lead.set(schedule_.lead());
  }

  /// What to do while a block is not there yet.
  enum class Patience : std::uint8_t {
    none,    ///< real time: play on without it
    waits,   ///< freewheel: wait
    returns, ///< offline: wait, but not for what only the caller's own thread can bring
  };
  /// One cycle of any length. \return the frames that were played: all, but for Patience::returns
  int cycle(const float* const* in, float* const* out, int frames, Patience patience) noexcept CHRONUS_REALTIME;

  /// Any thread but the callback's: before the first cycle, and when the period grows. Grants what the new lead asks for and
  /// waits a little while for the workers to render it, so that no frame of the next cycle is missing. `lead`: at least.
  void refill(Frame period, Frame lead = 0) noexcept;

private:
  Frame lead_for(Frame period) const noexcept CHRONUS_REALTIME { return easy_ ? easy_lead(period) : period; }
  bool wait_for(int& frames, Patience patience) noexcept;
  bool have_a_choice(Frame until) noexcept CHRONUS_REALTIME;

  link::Link& link_;
  Schedule schedule_;
  Player player_;
  Flight flight_;
  link::Turn turn_;
  const bool easy_;
  Frame playhead_;
};

} // namespace chronus::rt
