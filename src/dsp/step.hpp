// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. Band-limited steps: a wave drawn with sudden steps is put right by what a minimum-phase band-limited step
// (step_table.cpp) differs from a sudden one in the 16 frames after it. Nothing comes early, so there is no latency.
#pragma once
#include "dsp/step_table.hpp"
#include <chronus/kernel.hpp>

namespace chronus::inline CHRONUS_ISA {

/// As part of State: what past steps add to the frames to come.
template <int N> struct Ahead {
  F<N> frames[step_taps];
};

/// The frames of one segment at which any lane has a step, found without a branch; most frames have none.
template <int N> struct StepList {
  std::uint32_t at[block_frames]; ///< frame · 2^16 + a bit for each lane
  int count = 0;

  void note(int i, std::uint32_t lanes) {
    at[count] = static_cast<std::uint32_t>(i) << 16 | lanes;
    count += lanes != 0;
  }
  /// Calls body(i, lane), in the order of time.
  template <class Body> [[gnu::always_inline]] void each(Body&& body) const {
    for (int e = 0; e < count; ++e)
      for (std::uint32_t left = at[e] & 0xffffu; left != 0; left &= left - 1)
        body(static_cast<int>(at[e] >> 16), __builtin_ctz(left));
  }
};

/// What is added to the frames of one segment and to those after it. Always summed in the order of the steps, from what was
/// ahead before, so that splitting changes no bit.
template <int N> class StepSums {
public:
  StepSums(const Ahead<N>& ahead, int frames) {
    for (int i = 0; i < step_taps; ++i) sums_[i] = ahead.frames[i];
    F<N> none{};
    asm("" : "+m"(none)); // or this would become a call of memset, which takes longer
    for (int i = 0; i < frames; ++i) sums_[step_taps + i] = none;
  }

  /// Where in the table a step is found.
  template <int W> struct Place {
    I<W> row;
    F<W> between; ///< this row and the next
  };
  /// Of a step that was `since` (0 to 1) frames before its frame.
  template <int W> static Place<W> place(F<W> since) {
    const F<W> x = clamp<W>(since * step_phases, splat<W>(0), splat<W>(step_phases - 0.001f));
    const I<W> row = to_int<W>(x);
    return {row, x - to_float<W>(row)};
  }
  /// A step of `height` in lane `l` at frame i.
  void add(int i, int l, float height, const Place<1>& at) {
    float* slots = reinterpret_cast<float*>(sums_ + i) + l;
    for (int first = 0; first < step_taps; first += native_width) {
      const Taps a = *reinterpret_cast<const Taps*>(step_table[at.row] + first);
      const Taps b = *reinterpret_cast<const Taps*>(step_table[at.row + 1] + first);
      const Taps taps = height * (a + at.between * (b - a));
      for (int k = 0; k < native_width; ++k) slots[(first + k) * N] += taps[k];
    }
  }
  void add(int i, int l, float height, float since) { add(i, l, height, place<1>(since)); }
  F<N> operator[](int i) const { return sums_[i]; }
  void leave(Ahead<N>& ahead, int frames) const {
    for (int i = 0; i < step_taps; ++i) ahead.frames[i] = sums_[frames + i];
  }
  /// The same in some lanes only.
  void leave(Ahead<N>& ahead, int frames, M<N> lanes) const {
    for (int i = 0; i < step_taps; ++i) ahead.frames[i] = select<N>(lanes, sums_[frames + i], ahead.frames[i]);
  }

private:
  using Taps = F<native_width>;
  static_assert(step_taps % native_width == 0);
  F<N> sums_[block_frames + step_taps];
};

} // namespace chronus::inline CHRONUS_ISA
