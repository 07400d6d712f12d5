// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A module driven from its own table: any values of its parameters, any inputs, any segments, and what came out.
#pragma once
#include "module_bench.hpp"
#include <chronus/denormals.hpp>
#include <cmath>
#include <functional>

namespace chronus::test {

/// A number within 0 and 1 that only depends on its arguments.
inline double chance(std::uint64_t a, std::uint64_t b = 0, std::uint64_t c = 0, std::uint64_t d = 0) {
  std::uint64_t x = a * 0x9e3779b97f4a7c15u + b * 0xd1b54a32d192ed03u + c * 0x8cb92ba72f3d8dd7u + d * 0xaef17502108ef2d9u;
  for (int i = 0; i < 2; ++i) x = (x ^ x >> 29) * 0xbf58476d1ce4e5b9u, x ^= x >> 32;
  return static_cast<double>(x >> 11) * 0x1p-53;
}

/// `moved`: as random_each_frame, but a pitch as cables may move it, through 0 and beyond half the rate.
enum class Values { lowest, initial, highest, random, random_each_frame, moved };
inline bool each_frame(Values v) { return v == Values::random_each_frame || v == Values::moved; }

struct Scenario {
  Values values = Values::initial;
  bool as_moving = false; ///< one value a frame, even where it stands still
  int still_every = 0;    ///< with random_each_frame: lanes whose number it divides stand still, at Values::random
  double rate = 48000;
  int frames = 640;
  std::uint64_t seed = 1;
  bool cycle = false;
  std::function<int(Frame)> segment = [](Frame) { return block_frames; }; ///< frames asked for at a frame; cut at the block's end
};

inline bool moves(const Scenario& s, int lane) {
  return each_frame(s.values) && !(s.still_every && lane % s.still_every == 0);
}

inline float number(const Scenario& s, const ParamSpec& p, std::size_t index, int lane, Frame f) {
  if (!moves(s, lane)) f = 0;
  switch (s.values) {
  case Values::lowest: return p.range.low;
  case Values::initial: return p.initial;
  case Values::highest: return p.range.high;
  case Values::random: break;
  case Values::random_each_frame: break;
  case Values::moved: break;
  }
  const double x = chance(s.seed, index + 1, static_cast<std::uint64_t>(lane), f);
  if (s.values == Values::moved && p.moved.low < p.moved.high) return static_cast<float>((1.2 * x - 0.6) * s.rate);
  const double y = p.scale == Scale::logarithmic ? p.range.low * std::pow(p.range.high / p.range.low, x)
                                                 : p.range.low + (p.range.high - p.range.low) * x;
  const float z = static_cast<float>(p.choices.empty() ? y : std::floor(x * static_cast<double>(p.choices.size())));
  return z < p.range.low ? p.range.low : z > p.range.high ? p.range.high : z;
}

/// The values of one lane at one frame, as a kernel reads them. A switch that moves each frame fades between two choices.
inline void fill_values(Bench& b, const ModuleSpec& spec, const Scenario& s, int lane, int absolute, Frame f) {
  const bool moves = test::moves(s, absolute);
  int value = 0;
  for (std::size_t i = 0; i < spec.params.size(); ++i) {
    const auto& p = spec.params[i];
    const bool steps = each_frame(s.values) || s.as_moving; // else the first of the block's values stands for all
    const auto at = static_cast<std::size_t>(steps ? f % block_frames : 0) * static_cast<std::size_t>(b.width()) + static_cast<std::size_t>(lane);
    const float x = number(s, p, i, absolute, f);
    const int choices = static_cast<int>(p.choices.size());
    if (choices == 0) b.value(value)[at] = x;
    const float part = moves ? static_cast<float>(static_cast<int>(chance(s.seed, 77, f) * 4)) / 4 : 0;
    for (int c = 0; c < choices; ++c)
      b.value(value + c)[at] = (c == static_cast<int>(x) ? 1 - part : 0) + (c == (static_cast<int>(x) + 1) % choices ? part : 0);
    for (int c = 0; c < (choices ? choices : 1); ++c) b.move(value + c, steps, lane, moves);
    value += choices ? choices : 1;
  }
}

/// What one lane put out: [port][frame].
using Sound = std::vector<std::vector<float>>;

/// Runs frames [from, to) of the scenario for all lanes of the bench, whose lane 0 is lane `first` of the instance. Gates open
/// and close now and then. Appends to sounds[lane].
inline void play(Bench& b, const ModuleSpec& spec, const Scenario& s, int first, Frame from, Frame to, std::vector<Sound>& sounds) {
  flush_denormals();
  sounds.resize(static_cast<std::size_t>(b.width()), Sound(spec.outputs.size()));
  for (Frame f = from; f < to;) {
    Frame n = std::min<Frame>({static_cast<Frame>(s.segment(f)), block_frames - f % block_frames, to - f});
    for (int l = 0; l < b.width(); ++l) {
      const auto lane = static_cast<std::uint64_t>(first + l);
      for (Frame g = f; g < f + n; ++g) { // a gate splits the segment, as an op does
        if (!spec.has_gate() || chance(s.seed, 5, lane, g) > 0.01) continue;
        if (g > f) n = g - f;
        else b.gate(l, chance(s.seed, 6, lane, g) < 0.7);
      }
    }
    for (Frame g = f; g < f + n; ++g)
      for (int l = 0; l < b.width(); ++l) {
        fill_values(b, spec, s, l, first + l, g);
        for (std::size_t p = 0; p < spec.inputs.size(); ++p)
          b.input(static_cast<int>(p))[g % block_frames * static_cast<Frame>(b.width()) + static_cast<Frame>(l)] =
              static_cast<float>(chance(s.seed, 3, static_cast<std::uint64_t>(first + l), g) * 2 - 1);
      }
    if (s.cycle) b.read(f, static_cast<int>(n));
    b.run(f, static_cast<int>(n));
    for (std::size_t p = 0; p < spec.outputs.size(); ++p)
      for (Frame g = f; g < f + n; ++g)
        for (int l = 0; l < b.width(); ++l)
          sounds[static_cast<std::size_t>(l)][p].push_back(
              b.output(static_cast<int>(p))[g % block_frames * static_cast<Frame>(b.width()) + static_cast<Frame>(l)]);
    f += n;
  }
}

inline std::vector<Sound> play(const ModuleSpec& spec, const Kernels& kernels, const Scenario& s, int first = 0) {
  Bench b(spec, kernels, s.rate, first, kernels.width, s.seed);
  if (s.cycle) b.close_cycle();
  std::vector<Sound> sounds;
  play(b, spec, s, first, 0, static_cast<Frame>(s.frames), sounds);
  return sounds;
}

/// The same bits; zeros may differ in sign. \return the first frame that differs, −1 if none
inline int difference(const Sound& a, const Sound& b) {
  for (std::size_t p = 0; p < a.size(); ++p) {
    if (a[p].size() != b[p].size()) return 0;
    for (std::size_t i = 0; i < a[p].size(); ++i)
      if (std::memcmp(&a[p][i], &b[p][i], 4) != 0 && !(a[p][i] == 0 && b[p][i] == 0)) return static_cast<int>(i);
  }
  return -1;
}

} // namespace chronus::test
