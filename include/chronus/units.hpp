// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. Time is frames, sound is blocks of 64; a quantity's unit stands in its name or its type.
#pragma once
#include <cstdint>
#include <string_view>

namespace chronus {

/// An absolute count since the engine started: one sample of every channel.
using Frame = std::uint64_t;

/// Blocks lie on the absolute grid of 64 frames, whatever the JACK period.
inline constexpr int block_frames = 64;
inline constexpr int max_lanes = 256;
inline constexpr Frame never = ~Frame{0};

/// No sound and no control signal has a business up here (120 dB over full scale).
inline constexpr float absurd = 1e6F;

constexpr Frame block_floor(Frame f) { return f / block_frames * block_frames; }
constexpr Frame block_ceil(Frame f) { return block_floor(f + block_frames - 1); }

/// What a parameter's number means; decides which suffixes a user may write and how it is printed.
enum class Unit : std::uint8_t {
  none,         ///< a plain number
  amplitude,    ///< a factor; also written in dB
  hertz,        ///< also written as a note (A4)
  milliseconds, ///< also written in s
};

/// How values spread over lanes and how a controller would map: by equal steps or by equal ratios.
enum class Scale : std::uint8_t { linear, logarithmic };

struct Range {
  float low, high;
};

constexpr std::string_view symbol(Unit unit) {
  switch (unit) {
  case Unit::hertz: return "Hz";
  case Unit::milliseconds: return "ms";
  case Unit::none:
  case Unit::amplitude: break;
  }
  return "";
}

} // namespace chronus
