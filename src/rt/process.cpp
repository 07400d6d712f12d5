// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread (or the offline driver). See process.hpp.
#include "process.hpp"
#include <cstring>

namespace chronus::rt {

int Process::cycle(const float* const* in, float* const* out, int frames, Patience patience) noexcept CHRONUS_REALTIME {
  if (!turn_.try_enter()) { // the buffer-size callback is refilling: this cycle is not ours
    for (int c = 0; c < link_.outs; ++c) std::memset(out[c], 0, static_cast<std::size_t>(frames) * sizeof(float));
    flight_.silent(playhead_, frames);
    return frames;
  }
  const bool may_wait = patience != Patience::none;
  if (const Frame lead = lead_for(static_cast<Frame>(frames)); lead > schedule_.lead()) {
    schedule_.raise_lead(lead);
    link_.counters.lead.set(schedule_.lead());
  }
  flight_.begin(playhead_);
  if (link_.ins) schedule_.inputs().capture(in, playhead_, frames);
  // Pieces shorter than `settle` hold one swap at the most, which is what ready() looks at.
  constexpr int piece = 512;
  float* at[max_outs];
  int done = 0;
  while (done < frames || frames == 0) {
    int n = may_wait && frames - done > piece ? piece : frames - done;
    CHRONUS_REALTIME_TRUSTED(if (may_wait && !wait_for(n, patience)) break;) // never in real time
    for (int c = 0; c < link_.outs; ++c) at[c] = out[c] + done;
    const RealtimeSection section;
    player_.play(at, playhead_, n, schedule_.gestures());
    playhead_ += static_cast<Frame>(n);
    player_.drop_before(playhead_);
    done += n;
    if (frames == 0) break;
  }
  const RealtimeSection section; // all but the waiting, which real time never does
  if (!may_wait || frames == 0 || schedule_.horizon() < playhead_ + schedule_.lead() / 2) schedule_.grant(playhead_, may_wait);
  flight_.end(out, done, schedule_.ops());
  link_.counters.playhead.set(playhead_);
  link_.counters.cycles.add(1);
  turn_.leave();
  return done;
}

/// Until the next `frames` can be played, or as many of them as are granted: the rest may wait for these.
/// \return false: the caller has to do something first
bool Process::wait_for(int& frames, Patience patience) noexcept {
  constexpr int most_waits = 25; // of 2 ms, before a caller that has other things to do, such as signals, looks at them
  for (int waits = 0;; ++waits) {
    const Frame granted = block_floor(schedule_.horizon());
    if (granted > playhead_ && granted < playhead_ + static_cast<Frame>(frames)) frames = static_cast<int>(granted - playhead_);
    for (const Frame since : schedule_.gestures().since) // up to there it is not asked for anything
      if (since > playhead_ && since < playhead_ + static_cast<Frame>(frames)) frames = static_cast<int>(since - playhead_);
    const Frame until = playhead_ + static_cast<Frame>(frames);
    if (link_.stop.get() || (player_.ready(playhead_, until, schedule_.gestures()) && have_a_choice(until))) return true;
    player_.drop_before(playhead_); // a slot that has fallen behind may sleep before a ring full of what nobody will play
    schedule_.grant(playhead_, true);
    if (const Frame anew = schedule_.begun_anew(); playhead_ < anew) { // nobody has what is before that, but what fades out
      frames = static_cast<int>(std::min(until, anew) - playhead_);
      if (!player_.awaits_old(playhead_, std::min(until, anew), schedule_.gestures())) return true;
    }
    if (patience == Patience::returns && (schedule_.needs_control() || waits >= most_waits)) return false;
    if (!link_.produced.wait_for(2)) link_.wake_all();
  }
}

/// Where live has a fault, whether another has it too must be known before it is played.
bool Process::have_a_choice(Frame until) noexcept CHRONUS_REALTIME {
  bool all = true, fault = false;
  for (int i = 0; i < link_.count(); ++i) {
    const link::Progress& p = link_.rings(i).progress;
    fault = fault || p.tainted_until.get() > playhead_;
    const Frame since = schedule_.gestures().since[static_cast<std::size_t>(i)];
    all = all && (since > playhead_ || (p.from.get() <= playhead_ && p.rendered.get() >= until));
  }
  return all || !fault;
}

void Process::refill(Frame period, Frame lead) noexcept {
  while (!turn_.try_enter()) {}
  schedule_.raise_lead(std::max(lead, lead_for(period)));
  link_.counters.lead.set(schedule_.lead());
  schedule_.grant(playhead_, false);
  const Frame until = schedule_.horizon();
  for (int tries = 0; tries < 100 && !player_.ready(playhead_, until, schedule_.gestures()); ++tries) link_.produced.wait_for(1);
  turn_.leave();
}

} // namespace chronus::rt
