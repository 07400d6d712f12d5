// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. What a plan does between its modules: spread one lane over many, add cables up, move parameters.
// Compiled once for each instruction set, for width 1 and the widest.
#pragma once
#include <chronus/module.hpp>
#include <cstdint>

namespace chronus::render {

/// Sums have this many partial sums, by ordinal or lane, and then one fixed tree: i with i+8, i+4, i+2, i+1.
inline constexpr int partial_sums = 16;
/// Tiles that are added up at once, of each part of the partial sums: a tile holds as many of them as it has lanes.
inline constexpr int most_summed = 4;
/// Of all parts, where tiles are the narrowest.
inline constexpr int most_tiles = most_summed * partial_sums / 4;

/// One parameter value (or one weight of a switch) of one pack, followed in memory by target, step, the frames that the ramp
/// still takes and a mask of the lanes that move in this block, each `width` words in a row. A ramp that lands within a block
/// counts as moving until the block's end, so that nothing depends on how the block is split.
struct Ramp {
  float* current;
  float* target(int width) const { return current + width; }
  float* step(int width) const { return current + 2 * width; }
  std::uint32_t* remaining(int width) const { return reinterpret_cast<std::uint32_t*>(current + 3 * width); }
  std::int32_t* moves(int width) const { return reinterpret_cast<std::int32_t*>(current + 4 * width); }
  static constexpr int words = 5;
};

struct PlanKernels {
  int width;
  /// to[f][i] = from[f]
  void (*splat)(float* to, const float* from, int frames) noexcept CHRONUS_REALTIME;
  /// to = a + b; may be in place
  void (*add)(float* to, const float* a, const float* b, int frames) noexcept CHRONUS_REALTIME;
  /// to = by · from
  void (*scale)(float* to, const float* from, float by, int frames) noexcept CHRONUS_REALTIME;
  /// sums[f][(first + i) mod 16] += from[f][i] for the first `lanes` lanes
  void (*add_lanes)(float* sums, const float* from, int first, int lanes, int frames) noexcept CHRONUS_REALTIME;
  /// to[f][place[i] - first] = from[f][i] for the lanes that have a place from `first` to first + width - 1, no two the same; else 0
  void (*take_seats)(float* to, const float* from, const std::int8_t* place, int first, int frames) noexcept CHRONUS_REALTIME;
  /// to[f] = the tree over the partial sums of frame f. Each tile has `width` of them, the widest or all 16: of the first part come
  /// `rows` tiles, which are added up in their order, then those of the next.
  void (*sum_lanes)(float* to, const float* const* tiles, int rows, int width, int frames) noexcept CHRONUS_REALTIME;
  /// Moves one ramp by `frames` frames and writes each frame's value. `last`: the block ends with them.
  void (*ramp)(float* to, const Ramp& ramp, int frames, bool last) noexcept CHRONUS_REALTIME;
  /// Writes the value that stands, each frame.
  void (*hold)(float* to, const Ramp& ramp, int frames) noexcept CHRONUS_REALTIME;
  /// to = clamp(value + by · cables, low, high); by is one a lane; the value may stand or lie at `to`
  void (*modulate)(float* to, Value value, const float* cables, const float* by, float low, float high, int frames) noexcept CHRONUS_REALTIME;
  /// Turns weights (frames × width, `choices` buffers `stride` floats apart) and cables into the weights around
  /// index + by · cables.
  void (*modulate_switch)(float* weights, int stride, int choices, const float* cables, const float* by, int frames) noexcept CHRONUS_REALTIME;
  /// Whether every number is finite and below `absurd`.
  bool (*sane)(const float* x, int frames) noexcept CHRONUS_REALTIME;
};

/// For a width that the machine's modules have (1 or the widest). Any thread.
const PlanKernels& plan_kernels(int width);

} // namespace chronus::render
