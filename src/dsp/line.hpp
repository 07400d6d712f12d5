// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A delay line: one lane's history, standing at one frame, and places between its frames.
// Source of the interpolation: T. Laakso et al., "Splitting the unit delay", IEEE Signal Processing Magazine, 1996.
#pragma once
#include "dsp/rows.hpp"
#include <cstring>

namespace chronus::inline CHRONUS_ISA {

/// Lagrange's polynomial through four frames, x from the second towards the third of them, in the order of age: exact where x
/// is 0, and never louder than 1 at any frequency, so that a loop with a feedback of ±1 cannot grow by itself.
template <int N> struct Lagrange {
  F<N> newest, newer, older, oldest;
  explicit Lagrange(F<N> x)
      : newest(x * (x - 1) * (x - 2) * (-1.0f / 6)), newer((x + 1) * (x - 1) * (x - 2) * 0.5f), older((x + 1) * x * (x - 2) * -0.5f),
        oldest((x + 1) * x * (x - 1) * (1.0f / 6)) {}
  /// a is the oldest of four frames in a row.
  [[gnu::always_inline]] F<N> operator()(F<N> a, F<N> b, F<N> c, F<N> d) const { return a * oldest + b * older + c * newer + d * newest; }
};

/// A whole block is copied without a call.
[[gnu::always_inline]] inline void copy_frames(float* to, const float* from, int count) {
  if (count == block_frames) std::memcpy(to, from, sizeof(float) * block_frames);
  else std::memcpy(to, from, sizeof(float) * static_cast<std::size_t>(count));
}

/// Four frames in a row for each of W ages, which are those of the oldest ones; `now` is where the frame of age 0 would be.
template <int W> [[gnu::always_inline]] inline void fours(const float* now, const std::int32_t* ago, F<W>* oldest_first) {
#pragma GCC unroll 4
  for (int k = 0; k < 4; ++k) {
    const auto row = [&](int i) { return load<4>(now - ago[i + k]); };
    if constexpr (W == 4) oldest_first[k] = row(0);
    if constexpr (W == 8) oldest_first[k] = __builtin_shufflevector(row(0), row(4), 0, 1, 2, 3, 4, 5, 6, 7);
    if constexpr (W == 16) {
      const F<8> low = __builtin_shufflevector(row(0), row(4), 0, 1, 2, 3, 4, 5, 6, 7);
      const F<8> high = __builtin_shufflevector(row(8), row(12), 0, 1, 2, 3, 4, 5, 6, 7);
      oldest_first[k] = __builtin_shufflevector(low, high, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    }
  }
  transpose_fours<W>(oldest_first);
}

class Line {
public:
  Line(const History& h, Frame f) : Line(h, f, f % h.capacity) {}
  /// `here`: f % capacity, where it is known.
  Line(const History& h, Frame f, Frame here) : history_(h), frame_(f), here_(here) {}

  void forward(int n) {
    frame_ += static_cast<Frame>(n);
    here_ += static_cast<Frame>(n);
    if (here_ >= history_.capacity) here_ -= history_.capacity;
  }

  /// `count` frames, from the one `ago` frames before: in place where they lie in a row and are known, else put together in
  /// `scratch`. What is older than the line's beginning is silence.
  const float* past(Frame ago, int count, float* scratch) const {
    const Frame n = static_cast<Frame>(count);
    if (ago <= here_ && ago <= known() && here_ - ago + n <= history_.capacity) {
      if (ago >= far) expect(here_ - ago + n, count);
      return history_.data + (here_ - ago);
    }
    copy(scratch, ago, n);
    return scratch;
  }

  /// The frame `ago` frames before; a frame that has been written since has a negative age.
  float at(std::ptrdiff_t ago) const {
    if (ago > static_cast<std::ptrdiff_t>(known())) return 0;
    const auto capacity = static_cast<std::ptrdiff_t>(history_.capacity);
    const std::ptrdiff_t place = static_cast<std::ptrdiff_t>(here_) - ago;
    return history_.data[place < 0 ? place + capacity : place >= capacity ? place - capacity : place];
  }

  /// Where the frame of age 0 would be, so that the frame of age a is at [−a], for all ages from `oldest` down to `youngest`;
  /// null where they do not lie in a row, or are not all known.
  const float* in_place(std::ptrdiff_t oldest, std::ptrdiff_t youngest) const {
    const auto capacity = static_cast<std::ptrdiff_t>(history_.capacity);
    const std::ptrdiff_t here = static_cast<std::ptrdiff_t>(here_) + (oldest > static_cast<std::ptrdiff_t>(here_) ? capacity : 0);
    const bool fits = here - youngest < capacity && oldest <= static_cast<std::ptrdiff_t>(known());
    return fits ? history_.data + here : nullptr;
  }

  /// As the function above, for the first `count` of W ages, wherever their frames lie.
  template <int W> void fours(std::int32_t* ago, int count, F<W>* oldest_first) const {
    for (int i = count < W ? count : W; i < W; ++i) ago[i] = ago[0];
    std::int32_t oldest = ago[0], youngest = ago[0];
    for (int i = 1; i < W; ++i) {
      oldest = ago[i] > oldest ? ago[i] : oldest;
      youngest = ago[i] < youngest ? ago[i] : youngest;
    }
    if (const float* now = in_place(oldest, youngest - 3)) return chronus::fours<W>(now, ago, oldest_first);
    for (int i = 0; i < W; ++i)
      for (int k = 0; k < 4; ++k) oldest_first[k][i] = at(ago[i] - k);
  }

  void write(const float* from, int count) const {
    expect(count);
    const Frame room = history_.capacity - here_;
    if (static_cast<Frame>(count) <= room) return copy_frames(history_.data + here_, from, count);
    const int piece = static_cast<int>(room);
    copy_frames(history_.data + here_, from, piece);
    copy_frames(history_.data, from + piece, count - piece);
  }
  /// Where to write `count` frames: in place, or `scratch` where they would not lie in a row. `wrote` ends it.
  float* room(int count, float* scratch) const { return here_ + static_cast<Frame>(count) <= history_.capacity ? history_.data + here_ : scratch; }
  void wrote(const float* at, int count) const {
    if (at != history_.data + here_) write(at, count);
    else expect(count);
  }

private:
  /// As many frames again will be written after these. A line is longer than the nearer caches: asked for now, its place is
  /// there by then, and what is written does not queue up before it.
  void expect(int count) const { expect(here_ + static_cast<Frame>(count), count); }
  void expect(Frame place, int count) const {
    constexpr std::uintptr_t cache_line = 64;
    const auto first = reinterpret_cast<std::uintptr_t>(history_.data) + place * sizeof(float); // may lie beyond the line's end
    for (std::uintptr_t i = 0; i < static_cast<std::uintptr_t>(count) * sizeof(float); i += cache_line)
      __builtin_prefetch(reinterpret_cast<const void*>(first + i));
  }
  static constexpr Frame far = 8192; ///< frames ago: no longer in the nearest cache
  Frame known() const { return frame_ > history_.valid_from ? frame_ - history_.valid_from : 0; }
  void copy(float* to, Frame ago, Frame count) const {
    const Frame have = known(), silent = ago > have ? ago - have < count ? ago - have : count : 0;
    for (Frame i = 0; i < silent; ++i) *to++ = 0;
    ago -= silent, count -= silent;
    const Frame first = here_ >= ago ? here_ - ago : here_ + history_.capacity - ago;
    const Frame piece = history_.capacity - first < count ? history_.capacity - first : count;
    std::memcpy(to, history_.data + first, piece * sizeof(float));
    std::memcpy(to + piece, history_.data, (count - piece) * sizeof(float));
  }

  History history_;
  Frame frame_;
  Frame here_; ///< frame's place in the line
};

} // namespace chronus::inline CHRONUS_ISA
