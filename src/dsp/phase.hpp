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

template <int N> [[gnu::always_inline]] inline U<N> word_of(F<N> x) { return __builtin_bit_cast(U<N>, x); }
template <int N> [[gnu::always_inline]] inline F<N> size_of(F<N> x) {
  return __builtin_bit_cast(F<N>, word_of<N>(x) & 0x7fffffffu);
}

/// Frequency to turns a frame; a negative one runs backward. A pitch is heard in full up to 0.48 of the rate and not at all
/// from half the rate on, where it would fold; in between it fades. Its phase is always the true one, so that what moves it
/// to and fro over half the rate leaves its mean in tune.
template <int N> class Pitch {
public:
  explicit Pitch(double rate)
      : rate_(rate), turns_(0x1p32 / rate), full_(word_of<1>(static_cast<float>(0.48 * rate))) {}

  /// Within half the rate.
  Wide<N> operator()(F<N> hertz) const {
    const auto most = static_cast<float>(0.4999999 * rate_);
    const Wide<N> ahead = forward()(min<N>(size_of<N>(hertz), splat<N>(most)));
    const U<N> back = (U<N>)((I<N>)word_of<N>(hertz) >> 31); // all bits set where it is negative
    return {(ahead.high ^ back) - select_u<N>(ahead.low == 0u, back, splat_u<N>(0)), (ahead.low ^ back) - back};
  }
  /// The same from 0 to 0.48 of the rate.
  struct Forward {
    double turns;
    Wide<N> operator()(F<N> hertz) const { return fixed_point<N>(to_doubles<N>(hertz) * turns); }
  };
  Forward forward() const { return {turns_}; }
  bool is_forward(const Signal<N>& hertz, int frames) const {
    if (hertz.constant()) return !any<N>(word_of<N>(hertz[0]) > full_);
    U<N> most{};
    for (int i = 0; i < frames; ++i) {
      U<N> word; // of a number below 0 it is above all others
      __builtin_memcpy(&word, hertz.data + i * N, sizeof word);
      most = select_u<N>(word > most, word, most);
    }
    return !any<N>(most > full_);
  }

  /// Calls body(steps, hertz, high): what gives the steps, what they are to be made of, and whether what comes of them is to be
  /// multiplied by `loudness`.
  template <class Body> [[gnu::always_inline]] void choose(const Signal<N>& hertz, int frames, Body&& body) const {
    if (is_forward(hertz, frames)) return body(forward(), hertz, false);
    const bool high = is_high(hertz, frames);
    F<N> less[block_frames];
    body(*this, high ? folded(hertz, frames, less) : hertz, high);
  }
  /// The same for a body that draws a segment to y: it is multiplied there.
  template <class Body>
  [[gnu::always_inline]] void draw(const Signal<N>& hertz, int frames, F<N>* y, Body&& body) const {
    choose(hertz, frames, [&](const auto& steps, const Signal<N>& at, bool high) {
      body(steps, at);
      for (int i = 0; high && i < frames; ++i) y[i] = y[i] * loudness(hertz[i]);
    });
  }
  /// Whether some lane comes above 0.48 of the rate, or is no number: then its phase is to run by `folded`.
  bool is_high(const Signal<N>& hertz, int frames) const {
    U<N> room{};
    for (int i = 0; i < (hertz.constant() ? 1 : frames); ++i) room |= full_ - (word_of<N>(hertz[i]) & 0x7fffffffu);
    return any<N>((I<N>)room < I<N>{});
  }
  /// The same pitch less whole turns a frame, written to `to`.
  Signal<N> folded(const Signal<N>& hertz, int frames, F<N>* to) const {
    const auto whole = static_cast<float>(rate_), part = 1 / whole;
    for (int i = 0; i < (hertz.constant() ? 1 : frames); ++i) {
      const F<N> x = clamp<N>(hertz[i], splat<N>(-absurd), splat<N>(absurd)), turns = x * part;
      to[i] = x - whole * to_float<N>(to_int<N>(turns + select<N>(turns < F<N>{}, splat<N>(-0.5f), splat<N>(0.5f))));
    }
    return {reinterpret_cast<const float*>(to), hertz.constant() ? 0 : N, hertz.moving};
  }
  F<N> loudness(F<N> hertz) const {
    const auto half = static_cast<float>(0.5 * rate_), slope = static_cast<float>(50.001 / rate_);
    return clamp<N>((half - size_of<N>(hertz)) * slope, splat<N>(0), splat<N>(1));
  }

private:
  double rate_, turns_; ///< frames a second, and 2^32 / rate
  std::uint32_t full_;  ///< 0.48 of the rate, as a word
};

/// Whether steps of this kind may be negative.
template <class Steps, int N> inline constexpr bool may_run_back = !std::is_same_v<Steps, typename Pitch<N>::Forward>;

/// The 32-bit step that runs within a block: the exact one, rounded.
template <int N> [[gnu::always_inline]] inline U<N> rounded(const Wide<N>& step) { return step.high + (step.low >> 31); }

/// The phase of an oscillator at its next frame, as part of its State: in full, and as heard.
template <int N> struct Phase {
  Wide<N> exact;
  U<N> running;
  F<N> hertz; ///< a frequency that stood still, and what it comes to: reckoned once
  Wide<N> step;

  template <class Steps> [[gnu::always_inline]] void tune(const Steps& pitch, F<N> to) {
    if (!any<N>(to != hertz)) return;
    hertz = to;
    step = pitch(to);
  }

  /// Calls body(i, turns, step) for each frame: the phase at frame i, and the step from it to the next. `pitch` is a Pitch, or
  /// one of forward steps alone.
  template <class Steps, class Body>
  [[gnu::always_inline]] void run(const View<N>& v, const Steps& pitch, const Signal<N>& at, Body&& body) {
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
  [[gnu::always_inline]] void pass(const View<N>& v, const Signal<N>& at) {
    const Pitch<N> pitch(v.rate());
    F<N> folded;
    run_even(v, pitch, pitch.is_high(at, 1) ? pitch.folded(at, 1, &folded)[0] : at[0], [](U<N>, U<N>) {});
  }

  /// For what is drawn a block at once where the frequency stands still: body(start, step) gets the phase that the block's
  /// first frame has at this step, wherever the segment begins. Does not go on.
  template <class Steps, class Body>
  [[gnu::always_inline]] void look_even(const View<N>& v, const Steps& pitch, F<N> at, Body&& body) {
    tune(pitch, at);
    const auto offset = static_cast<std::uint32_t>(v.offset());
    const U<N> running_step = rounded<N>(step);
    body((offset == 0 ? exact.high : running) - running_step * offset, running_step);
  }
  /// As look_even, and goes on.
  template <class Steps, class Body>
  [[gnu::always_inline]] void run_even(const View<N>& v, const Steps& pitch, F<N> at, Body&& body) {
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
