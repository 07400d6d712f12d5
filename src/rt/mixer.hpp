// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. Blocks become sound: one slot's, two in a fade, or none; and where a block is missing the sound goes on
// without a step.
#pragma once
#include "gestures.hpp"
#include <memory>

namespace chronus::rt {

inline constexpr int max_outs = 64;

/// Where a piece of sound goes: frames `frame` and on of every channel, to `out[channel] + at`. It lies within a block.
struct Piece {
  float* const* out;
  int at;
  Frame frame;
  int frames;
};

class Mixer {
public:
  /// `ramp_frames`: how long the sound takes to zero and back. `silent`: it begins as after a gap.
  Mixer(int channels, int ramp_frames, bool silent);

  /// The front block of `ring`.
  void play(const Piece& piece, const link::BlockRing& ring) noexcept CHRONUS_REALTIME;
  /// From old to young, each the front block of its ring, or null where it is missing; not both. The other is heard alone then, and
  /// the fade goes back to its line when both are there.
  /// \return whether one went missing
  bool fade(const Piece& piece, const link::BlockRing* old, const link::BlockRing* young, const Swap& swap) noexcept CHRONUS_REALTIME;
  void fade_is_over() noexcept CHRONUS_REALTIME;
  /// From the last sample down to zero in a straight line, then silence; never a block again that was heard already.
  void starve(const Piece& piece) noexcept CHRONUS_REALTIME;

private:
  enum class Heard : std::uint8_t { live, both, old_alone, young_alone };
  struct Last {
    float heard = 0;          ///< from which a gap's ramp comes down
    float whole = 0;          ///< the same before the ramp after a gap
    float old = 0, young = 0; ///< in a fade, what it was made of
    float step = 0;           ///< from what is heard now to what was, as it went over; it goes in a straight line
  };

  void mix(const Piece& piece, const link::BlockRing& old, const link::BlockRing& young, const Swap& swap) noexcept CHRONUS_REALTIME;
  template <class Sound> void put(const Piece& piece, Sound sound) noexcept CHRONUS_REALTIME;
  template <class Sample> void lead_over(Sample before) noexcept CHRONUS_REALTIME;

  const int channels_, ramp_frames_;
  int back_;     ///< frames until the sound is whole again after a gap; ramp_frames_ = silent
  int gap_from_; ///< what `back_` was when the gap began
  int step_left_ = 0;
  int share_left_ = 0;  ///< frames until the share of young is what the fade's line says
  float share_off_ = 0; ///< by how much it was not when both were there again
  Heard heard_ = Heard::live;
  bool broken_off_ = false; ///< what comes next does not go on from what was heard
  std::unique_ptr<Last[]> last_; ///< by channel
};

} // namespace chronus::rt
