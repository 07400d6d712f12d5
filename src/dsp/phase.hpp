// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. Phases in turns as whole numbers, so that hours add up exactly. 64 bits stand at each block's start; within a
// block 32 of them run, off by less than 2^-26 of a turn (−150 dB), and are taken anew from the 64 at the next.
#pragma once
#include <chronus/kernel.hpp>

namespace chronus::inline CHRONUS_ISA {

/// 64 bits a lane, in two words.
template <int N> struct Wide {
  U<N> high, low;
  void add(const Wide& b) {
    low = low + b.low;
    high = high + b.high + select_u<N>(low < b.low, splat_u<N>(1), splat_u<N>(0));
  }
  /// Times 0 to 65535, modulo 2^64: what as many additions give.
  Wide times(std::uint32_t n) const {
    const U<N> a = (low & 0xffffu) * n;
    const U<N> b = (low >> 16) * n + (a >> 16);
    return {high * n + (b >> 16), b << 16 | (a & 0xffffu)};
  }
};

template <int N> struct DoubleType {
  typedef double type __attribute__((vector_size(8 * N)));
};
template <> struct DoubleType<1> {
  using type = double;
};
/// 53 bits a lane, where 24 are not enough.
template <int N> using Doubles = typename DoubleType<N>::type;

template <int N> [[gnu::always_inline]] inline Doubles<N> to_doubles(F<N> x) {
  if constexpr (N == 1) return x;
  else return __builtin_convertvector(x, Doubles<N>);
}
template <int N> [[gnu::always_inline]] inline Doubles<N> to_doubles_i(I<N> x) {
  if constexpr (N == 1) return x;
  else return __builtin_convertvector(x, Doubles<N>);
}
/// Towards zero.
template <int N> [[gnu::always_inline]] inline I<N> to_int_d(Doubles<N> x) {
  if constexpr (N == 1) return static_cast<std::int32_t>(x);
  else return __builtin_convertvector(x, I<N>);
}

/// As a 32.32 bit fixed-point number; x must lie within 0 and 2^31.
template <int N> [[gnu::always_inline]] inline Wide<N> fixed_point(Doubles<N> x) {
  const I<N> whole = to_int_d<N>(x);
  const I<N> rest = to_int_d<N>((x - to_doubles_i<N>(whole) - 0.5) * 0x1p32);
  return {(U<N>)whole, (U<N>)rest ^ 0x80000000u};
}

/// Frequency to turns a frame. Clamped to the parameter's range, and to just under half the rate, above which it would fold.
template <int N> struct Pitch {
  double turns; ///< 2^32 / rate
  float low, high;
  Pitch(double rate, Range range)
      : turns(0x1p32 / rate), low(range.low),
        high(range.high < 0.499 * rate ? range.high : static_cast<float>(0.499 * rate)) {}
  Wide<N> operator()(F<N> hertz) const { return fixed_point<N>(to_doubles<N>(clamp<N>(hertz, splat<N>(low), splat<N>(high))) * turns); }
};

/// The 32-bit step that runs within a block: the exact one, rounded.
template <int N> [[gnu::always_inline]] inline U<N> rounded(const Wide<N>& step) { return step.high + (step.low >> 31); }

/// The phase of an oscillator at its next frame, as part of its State: in full, and as heard.
template <int N> struct Phase {
  Wide<N> exact;
  U<N> running;
  F<N> hertz; ///< a frequency that stood still, and what it comes to: reckoned once
  Wide<N> step;

  [[gnu::always_inline]] void tune(const Pitch<N>& pitch, F<N> to) {
    if (!any<N>(to != hertz)) return;
    hertz = to;
    step = pitch(to);
  }

  /// Calls body(i, turns, step) for each frame: the phase at frame i, and the step from it to the next.
  template <class Body> [[gnu::always_inline]] void run(const View<N>& v, const Pitch<N>& pitch, const Signal<N>& at, Body&& body) {
    const int frames = v.frames();
    U<N> turns = v.frame() % block_frames == 0 ? exact.high : running;
    Wide<N> sum = exact;
    if (at.constant()) {
      tune(pitch, at[0]);
      const U<N> running_step = rounded<N>(step);
      for (int i = 0; i < frames; ++i, turns += running_step) body(i, turns, running_step);
      sum.add(step.times(static_cast<std::uint32_t>(frames)));
    } else {
      for (int i = 0; i < frames; ++i) {
        const Wide<N> now = pitch(at[i]);
        const U<N> running_step = rounded<N>(now);
        body(i, turns, running_step);
        turns += running_step;
        sum.add(now);
      }
    }
    exact = sum;
    running = turns;
  }

  /// As run, for a frequency that stands, but looks at no frame.
  [[gnu::always_inline]] void pass(const View<N>& v, const Pitch<N>& pitch, F<N> at) {
    run_even(v, pitch, at, [](U<N>, U<N>) {});
  }

  /// For what is drawn a block at once where the frequency stands still: body(start, step) gets the phase that the block's
  /// first frame has at this step, wherever the segment begins. Does not go on.
  template <class Body> [[gnu::always_inline]] void look_even(const View<N>& v, const Pitch<N>& pitch, F<N> at, Body&& body) {
    tune(pitch, at);
    const auto offset = static_cast<std::uint32_t>(v.offset());
    const U<N> running_step = rounded<N>(step);
    body((offset == 0 ? exact.high : running) - running_step * offset, running_step);
  }
  /// As look_even, and goes on.
  template <class Body> [[gnu::always_inline]] void run_even(const View<N>& v, const Pitch<N>& pitch, F<N> at, Body&& body) {
    const auto frames = static_cast<std::uint32_t>(v.frames()), offset = static_cast<std::uint32_t>(v.offset());
    look_even(v, pitch, at, [&](U<N> start, U<N> running_step) {
      body(start, running_step);
      running = start + running_step * (offset + frames);
    });
    Wide<N> sum = exact;
    sum.add(step.times(frames));
    exact = sum;
  }
};

} // namespace chronus::inline CHRONUS_ISA
