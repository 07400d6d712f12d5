// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. Sixteen delay lines that feed each other: the tail of a reverb. Every frame
//   x_k = line_k(f − d_k)                                 what comes out of the lines
//   out = level · Σ ±x_k                                  even lines to the left, odd ones to the right
//   line_k[f] = loss_k(Σ_j h_kj · x_(j + 8 mod 16)) + in  h: Hadamard's matrix over 4, which keeps the energy. Its columns are
//             turned by eight places: its own eigenvalues are all 1 or −1, and at 0 Hz, where all lines are in step, half of
//             them would ring together; turned, the nearest to 1 lies an eighth of a turn away
// loss_k is a low-pass of one pole, y[f] = p·y[f − 1] + g·(1 − p)·v. With g = 10^(−3·d_k/(rate·decay)) each line loses what
// brings every tone to −60 dB after `decay`; p is such that |loss_k| is g² at `damp`, where the decay is then half as long,
// in every line and at any rate. With c = 1 − 2s² the cosine at `damp` and u = 1 − g² it solves (1 − p)² = g²·(1 − 2pc + p²):
//   p = u / (u + 2·g²·s² + 2·g·s·√(u + g²·s²))
// level² = Σ(1 − g_k²)/128: steady white noise comes out as loud as it went in, but for the damping.
// Along time where it can be (lines, matrix, sums), across the lines where each frame needs the one before (the low-passes).
// Sources: J. Stautner and M. Puckette, "Designing multi-channel reverberators", Computer Music Journal, 1982; J.-M. Jot and
// A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90, 1991.
#pragma once
#include "dsp/line.hpp"
#include "dsp/power.hpp"
#include "dsp/rows.hpp"
#include "dsp/sine.hpp"

namespace chronus::inline CHRONUS_ISA {

inline constexpr int network_lines = 16;
/// Primes, in frames at 48 kHz and a size of 1: 21 to 92 ms in nearly equal ratios.
inline constexpr float network_frames[network_lines] = {1009, 1109, 1229, 1361, 1493, 1657, 1823, 2011,
                                                        2221, 2447, 2699, 2971, 3299, 3631, 4007, 4421};

/// One number for each line.
template <int W> struct PerLine {
  static constexpr int parts = network_lines / W;
  F<W> part[parts];
  float& operator[](int k) { return reinterpret_cast<float*>(part)[k]; }
  float operator[](int k) const { return reinterpret_cast<const float*>(part)[k]; }
};

/// What each line loses a round, where `decay` and `damp` stand at one value.
template <int W> struct Losses {
  PerLine<W> pole, feed;
  float level;

  Losses(const PerLine<W>& frames, float decay_frames, float damp_turns) {
    const float per_frame = -9.96578428f / decay_frames; // 3·log2(10)
    const float s = sine_half_turns<1>(damp_turns);
    F<W> lost = F<W>{};
    for (int i = 0; i < PerLine<W>::parts; ++i) {
      const F<W> g = power_of_two<W>(frames.part[i] * per_frame);
      const F<W> gs = g * s, u = 1 - g * g;
      const F<W> root = square_root<W>(fma<W>(gs, gs, u));
      pole.part[i] = min<W>(u / (u + 2 * (gs * (gs + root))), splat<W>(0.9999f));
      feed.part[i] = g * (1 - pole.part[i]) * 0.25f;
      lost += u;
    }
    float sum = 0;
    for (int l = 0; l < W; ++l) sum += lane<W>(lost, l);
    level = square_root<1>(sum / 128);
  }
};

/// Hadamard's matrix times 4, on sixteen rows of W frames.
template <int W> [[gnu::always_inline]] inline void hadamard(F<W>* x) {
#pragma GCC unroll 4
  for (int step = 1; step < network_lines; step *= 2)
#pragma GCC unroll 16
    for (int k = 0; k < network_lines; ++k) {
      if (k & step) continue;
      const F<W> a = x[k], b = x[k + step];
      x[k] = a + b;
      x[k + step] = a - b;
    }
}

/// The sum of every second line from `first` on, with signs that turn.
template <int W> [[gnu::always_inline]] inline F<W> tapped(const F<W>* x, int first) {
  const F<W> a = (x[first] - x[first + 2]) + (x[first + 4] - x[first + 6]);
  const F<W> b = (x[first + 8] - x[first + 10]) + (x[first + 12] - x[first + 14]);
  return a + b;
}

/// One lane's network over one segment. Each line is read from rows of 64 frames or more ago, so that its end needs nothing
/// of its beginning.
template <int W> struct Network {
  const float* from[network_lines]; ///< what comes out of each line
  float* to[network_lines];         ///< where it goes on
  PerLine<W> low;                   ///< what the low-passes hold

  /// W frames from frame i on, of which `frames` count; `losses(i)` are those of a frame.
  template <class LossesAt>
  [[gnu::always_inline]] void step(int i, int frames, const float* const* in, float* const* out, LossesAt&& losses) {
    if (frames >= W) step<true>(i, W, in, out, losses);
    else step<false>(i, frames, in, out, losses);
  }

private:
  template <bool all, class LossesAt>
  [[gnu::always_inline]] void step(int i, int frames, const float* const* in, float* const* out, LossesAt&& losses) {
    F<W> x[network_lines];
#pragma GCC unroll 16
    for (int k = 0; k < network_lines; ++k) x[k] = load<W>(from[(k + network_lines / 2) % network_lines] + i);
    store<W>(out[0] + i, tapped<W>(x, 0));
    store<W>(out[1] + i, tapped<W>(x, 1));
    hadamard<W>(x);
#pragma GCC unroll 4
    for (int g = 0; g < PerLine<W>::parts; ++g) {
      F<W>* v = x + g * W;
      transpose<W>(v);
      F<W> y = low.part[g];
#pragma GCC unroll 16
      for (int f = 0; f < W; ++f) {
        if (!all && f >= frames) break;
        const auto& l = losses(i + f);
        v[f] = y = fma<W>(l.pole.part[g], y, l.feed.part[g] * v[f]);
      }
      low.part[g] = y;
      transpose<W>(v);
    }
    const F<W> side[2] = {load<W>(in[0] + i), load<W>(in[1] + i)};
#pragma GCC unroll 16
    for (int k = 0; k < network_lines; ++k) store<W>(to[k] + i, x[k] + side[k & 1]);
  }
};

} // namespace chronus::inline CHRONUS_ISA
