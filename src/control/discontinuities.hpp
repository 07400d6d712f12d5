// SPDX-License-Identifier: GPL-3.0-or-later
// Any control thread. Where a sound breaks off: places to look at, found by the samples alone.
#pragma once
#include <chronus/units.hpp>
#include <vector>

namespace chronus::control {

enum class Break : std::uint8_t {
  jump,     ///< the second difference is far above what is usual here: a lost, repeated or wrong sample, a step, a click
  to_zero,  ///< exact zeros begin where there was a level
  from_zero ///< exact zeros end, at a level
};

struct Discontinuity {
  Frame frame; ///< the first one behind the break
  int channel;
  Break kind;
  float size;  ///< jump: the second difference; else the last sample before the zeros, or the first behind them
  float usual; ///< jump: what it was measured against; else the mean level beside the zeros
};

/// How it decides. jump: |x[n] − 2x[n−1] + x[n−2]| above 1e-4, and above 4 times the usual, which is the fourth largest of the
/// greatest values in each 64 frames within 100 ms to both sides (at the sound's ends: in the first or last 200 ms), its own 64
/// and their neighbours left out. So the edges of a saw or a square of 25 Hz or more, and noise, are usual; up to three breaks
/// within 100 ms do not hide each other. Breaks less than 4 frames apart are one. to_zero, from_zero: 16 exact zeros or more
/// beside a sample above 0.001 and above half of the mean of the 16 beside them. A slower edge, a hard attack or a hard cut is
/// found too; a sample that is lost where a wave is flat is not.
std::vector<Discontinuity> find_discontinuities(const float* interleaved, int channels, Frame from, Frame frames, double rate);

} // namespace chronus::control
