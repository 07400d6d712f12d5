// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. Takes the workers' blocks strictly in order, each once, and plays them: goes over from slot to slot, moves
// the outputs' level, and taps what is heard for a recording.
#pragma once
#include "gestures.hpp"
#include "guard.hpp"
#include "mixer.hpp"

namespace chronus::rt {

class Player {
public:
  Player(link::Link& link, double rate, bool guard = false);

  /// `frames` frames of every output from `playhead` on. What is not there is ramped to silence and counted as starved.
  void play(float* const* out, Frame playhead, int frames, Gestures& gestures) noexcept CHRONUS_REALTIME;

  /// Whether every block is there that playing up to `until` needs.
  bool ready(Frame playhead, Frame until, const Gestures& gestures) noexcept CHRONUS_REALTIME;

  /// Whether what fades out will have blocks up to `until` that are not there yet.
  bool awaits_old(Frame playhead, Frame until, const Gestures& gestures) const noexcept CHRONUS_REALTIME;

  /// Drops what every slot has rendered before `playhead`, so that no ring fills up with what nobody plays.
  void drop_before(Frame playhead) noexcept CHRONUS_REALTIME;

private:
  bool has(int slot, Frame frame) noexcept CHRONUS_REALTIME;
  bool tainted(int slot) noexcept CHRONUS_REALTIME { return rings(slot).front()->tainted; }
  bool is_lost(int slot, Frame frame) const noexcept CHRONUS_REALTIME;
  bool plays(int slot, Frame frame, std::uint32_t epoch) noexcept CHRONUS_REALTIME;
  int slot_for(int wanted, Frame frame, std::uint32_t epoch, const Gestures& gestures) noexcept CHRONUS_REALTIME;
  void go_over(int& from, int to, Frame frame, std::uint32_t epoch, Gestures& gestures) noexcept CHRONUS_REALTIME;
  void finish(float* const* out, Frame playhead, int from, int to, Gestures& gestures) noexcept CHRONUS_REALTIME;
  void set_level(float* const* out, Frame playhead, int frames, Gestures& gestures) noexcept CHRONUS_REALTIME;
  void record(float* const* out, Frame playhead, int frames, Gestures& gestures) noexcept CHRONUS_REALTIME;
  void tap(float* const* out, int at, Frame frame, int frames, bool last) noexcept CHRONUS_REALTIME;
  link::BlockRing& rings(int slot) noexcept CHRONUS_REALTIME { return link_.rings(slot).blocks; }

  link::Link& link_;
  Mixer mixer_;
  int live_ = 0;
  std::uint32_t epoch_ = 0;     ///< of what is heard
  Frame cut_at_ = never;        ///< of the swap that is next or under way
  float level_;
  Guard guard_;
  link::RecordTap* tap_ = nullptr;
};

} // namespace chronus::rt
