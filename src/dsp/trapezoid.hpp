// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. Two integrators in a loop, solved by the trapezoidal rule without a delay in the loop: the heart of both
// filters. Low, band and high come out at once.
//   cutoff   ω = 2π·cutoff/rate, warped so that the digital corner is exactly at cutoff; at most 0.49 of the rate
//   q        analogue k = 1/q
// The transfer functions are exactly those of the bilinear transform, so those of the audio EQ cookbook (R. Bristow-Johnson).
// The usual g = tan ω/2 = n/d needs no division of its own, and no overflow near half the rate:
//   g/(1 + g/q + g²) = q·n·d/(q·(n² + d²) + n·d),  g²/(…) = q·n²/(…)
// d has its zero at half the rate, from the distance to it: exact in 24 bits there too.
// Each step is written as a small change to the state, which keeps a corner of 10 Hz exact in 24 bits. The state's length
// cannot grow by changing cutoff or q, whatever they do each frame: a step is a Cayley transform of a damped rotation.
// While cutoff and q stand, two frames are made of the state before both (look-ahead), as a step is mostly waiting for the last.
// Against double precision: −105 dB at worst (q up to 20).
// Sources: A. Simper, "Linear trapezoidal integrated state variable filter" (2013); V. Zavalishin, "The art of VA filter
// design"; A. Wishnick, "Time-varying filters for musical applications", DAFx 2014; for two frames at once K. Parhi and
// D. Messerschmitt, "Pipeline interleaving and parallelism in recursive digital filters", IEEE Transactions on Acoustics, Speech
// and Signal Processing 37(7), 1989.
#pragma once
#include <chronus/kernel.hpp>

namespace chronus::inline CHRONUS_ISA {

template <int N> struct Trapezoid {
  /// Twice the usual a2 and a3, the part of the band that one step takes away, and k.
  struct Corner {
    F<N> a2, a3, loss, k;
  };
  /// Corners at one rate, for values within their range.
  struct Corners {
    float highest, half, p0, p1, p2, p3, p4;
    Corners(double rate, Range hertz)
        : highest(hertz.high < 0.49 * rate ? hertz.high : static_cast<float>(0.49 * rate)), half(static_cast<float>(rate / 2)) {
      const double per_square = 1 / (rate * rate), p = rate / 4;
      p0 = static_cast<float>(p * 3.1415925584836), p1 = static_cast<float>(p * per_square * -2.2309263284832);
      p2 = static_cast<float>(p * per_square * per_square * -0.5396721740455);
      p3 = static_cast<float>(p * per_square * per_square * per_square * -0.2039633916140);
      p4 = static_cast<float>(p * per_square * per_square * per_square * per_square * -0.1190747381419);
    }
    /// k is 1/q.
    Corner operator()(F<N> cutoff, F<N> q, F<N> k) const {
      const F<N> hertz = min<N>(cutoff, splat<N>(highest)), w = hertz * hertz;
      // tan πx = x·P(x²)/(1 − 4x²) for x up to 0.49: P of degree 4 by least greatest relative error, 3e-8.
      F<N> n = fma<N>(splat<N>(p4), w, splat<N>(p3));
      n = fma<N>(n, w, splat<N>(p2));
      n = fma<N>(n, w, splat<N>(p1));
      n = fma<N>(n, w, splat<N>(p0)) * hertz;
      const F<N> d = (half - hertz) * (half + hertz);
      const F<N> nn = n * n, nd = n * d;
      const F<N> by = (2.0f * q) / fma<N>(q, fma<N>(d, d, nn), nd);
      const F<N> a2 = nd * by, a3 = nn * by;
      return {a2, a3, fma<N>(a2, k, a3), k};
    }
  };

  struct Integrators {
    F<N> band, low;
  };
  /// Half of what they hold before the next frame: two frames' halves together are what comes out.
  Integrators held;
  /// Where the next frame is odd, and the one before it was of a pair: what was held before that one, and what came in.
  Integrators first;
  F<N> first_in;
  U<N> paired; ///< all bits set, or none

  [[gnu::always_inline]] static Integrators step(const Integrators& s, F<N> x, const Corner& c) {
    const F<N> to_go = fma<N>(splat<N>(0.5f), x, -s.low);
    return {fma<N>(c.a2, to_go, fma<N>(-c.loss, s.band, s.band)), fma<N>(c.a3, to_go, fma<N>(c.a2, s.band, s.low))};
  }

  /// Two steps at once with a corner that stands: (I + M)² = I + (2M + M²), again a small change.
  struct TwoSteps {
    F<N> band, low, turn;                            ///< what both steps change of band by band, of low by low, and crosswise
    F<N> band_early, low_early, band_late, low_late; ///< what comes to each of the first input, and of the second
    explicit TwoSteps(const Corner& c) {
      const F<N> square = c.a2 * c.a2, left = 2.0f - c.loss;
      band = -fma<N>(c.loss, left, square);
      low = -fma<N>(c.a3, 2.0f - c.a3, square);
      turn = c.a2 * (left - c.a3);
      band_late = 0.5f * c.a2;
      low_late = 0.5f * c.a3;
      band_early = band_late * ((1.0f - c.loss) - c.a3);
      low_early = 0.5f * fma<N>(c.a3, 1.0f - c.a3, square);
    }
    [[gnu::always_inline]] Integrators operator()(const Integrators& s, F<N> early, F<N> late) const {
      const F<N> to_band = fma<N>(band_late, late, band_early * early), to_low = fma<N>(low_late, late, low_early * early);
      // What low loses and what comes in cancel out where nothing changes: they are added up before they are rounded to low's own grain.
      return {fma<N>(band, s.band, s.band) + fma<N>(-turn, s.low, to_band), fma<N>(turn, s.band, s.low) + fma<N>(low, s.low, to_low)};
    }
  };

  /// At a block's end: what has rung out comes to rest, instead of going round for ever just above the smallest float.
  [[gnu::always_inline]] void settle() {
    constexpr float gone = 1e-25f;
    const M<N> over = (max<N>(held.band, -held.band) < gone) & (max<N>(held.low, -held.low) < gone);
    held = {select<N>(over, F<N>{}, held.band), select<N>(over, F<N>{}, held.low)};
  }
};

/// The two filters differ in what their band is worth: `scaled` makes the peak of the bandpass 0 dB, else it is q.
enum class Band { scaled, raw };

struct FilterPorts {
  InputIndex in;
  OutputIndex out;
  ParamIndex mode, cutoff, q;
  Range hertz;
};

template <int N, Band band> struct Filter {
  using Cell = Trapezoid<N>;
  using Both = typename Cell::Integrators;
  using Corners = typename Cell::Corners;

  struct State {
    Cell cell;
    F<N> cutoff, q; ///< what `corner` is for
    typename Cell::Corner corner;
    bool rests() const CHRONUS_REALTIME { return is_zero<N>(cell); }
  };

  /// Where no pair is begun.
  static Cell whole(const Both& held) { return Cell{held, Both{}, F<N>{}, U<N>{}}; }
  /// What comes out of a frame, from what was held before it and after it.
  static Both out(const Both& before, const Both& after) { return {before.band + after.band, before.low + after.low}; }

  /// With values that stand. Pairs lie on the absolute grid: wherever a segment ends, the same numbers come out.
  template <class Mix> [[gnu::always_inline]] static Cell stand(State& state, const View<N>& v, const FilterPorts& p, F<N>* y, Mix&& mix) {
    const auto x = v.in(p.in);
    const F<N> cutoff = v[p.cutoff][0], q = v[p.q][0];
    if (any<N>((cutoff != state.cutoff) | (q != state.q))) {
      state.corner = Corners(v.rate(), p.hertz)(cutoff, q, 1.0f / q);
      state.cutoff = cutoff;
      state.q = q;
    }
    Cell s = state.cell;
    const auto c = state.corner;
    const F<N> k = c.k;
    const typename Cell::TwoSteps twice(c);
    const int frames = v.frames();
    int i = 0;
    if (v.offset() % 2) {
      const M<N> paired = s.paired != splat_u<N>(0);
      const Both alone = Cell::step(s.held, x[0], c), second = twice(s.first, s.first_in, x[0]);
      const Both next{select<N>(paired, second.band, alone.band), select<N>(paired, second.low, alone.low)};
      y[0] = mix(0, x[0], out(s.held, next), k);
      s.held = next;
      i = 1;
    }
    Both held = s.held;
    for (; i + 1 < frames; i += 2) {
      const Both middle = Cell::step(held, x[i], c), next = twice(held, x[i], x[i + 1]);
      y[i] = mix(i, x[i], out(held, middle), k);
      y[i + 1] = mix(i + 1, x[i + 1], out(middle, next), k);
      held = next;
    }
    if (i == frames) return whole(held);
    const Both middle = Cell::step(held, x[i], c);
    y[i] = mix(i, x[i], out(held, middle), k);
    return Cell{middle, held, x[i], ~splat_u<N>(0)};
  }

  /// With values that move.
  template <class Put> [[gnu::always_inline]] static Cell move(const Cell& s, const View<N>& v, const FilterPorts& p, Put&& put) {
    const Corners corner(v.rate(), p.hertz);
    const auto x = v.in(p.in);
    const auto cutoff = v[p.cutoff], q = v[p.q];
    Both held = s.held;
    const auto frame = [&](int i, F<N> peak, F<N> k) {
      const Both next = Cell::step(held, x[i], corner(cutoff[i], peak, k));
      put(i, x[i], out(held, next), k);
      held = next;
    };
    const int frames = v.frames();
    if (q.constant()) {
      const F<N> peak = q[0], k = 1.0f / peak;
      for (int i = 0; i < frames; ++i) frame(i, peak, k);
    } else {
      for (int i = 0; i < frames; ++i) frame(i, q[i], 1.0f / q[i]);
    }
    return whole(held);
  }

  /// Each lane as it would be alone.
  template <class Mix> [[gnu::always_inline]] static void loop(State& state, const View<N>& v, const FilterPorts& p, Mix&& mix) {
    const auto y = v.out(p.out);
    const M<N> moves = v[p.cutoff].moves() | v[p.q].moves();
    if (!any<N>(moves)) {
      state.cell = stand(state, v, p, y, mix);
    } else if (all<N>(moves)) {
      state.cell = move(state.cell, v, p, [&](int i, F<N> x, const Both& o, F<N> k) { y[i] = mix(i, x, o, k); });
    } else {
      const Cell a = stand(state, v, p, y, mix);
      const Cell b = move(state.cell, v, p, [&](int i, F<N> x, const Both& o, F<N> k) { y[i] = select<N>(moves, mix(i, x, o, k), y[i]); });
      const auto either = [&](F<N> stood, F<N> moved) { return select<N>(moves, moved, stood); };
      state.cell = Cell{Both{either(a.held.band, b.held.band), either(a.held.low, b.held.low)},
                        Both{either(a.first.band, b.first.band), either(a.first.low, b.first.low)}, either(a.first_in, b.first_in),
                        select_u<N>(moves, b.paired, a.paired)};
    }
    if (v.offset() + v.frames() == block_frames) state.cell.settle();
  }

  static F<N> high(F<N> x, const Both& o, F<N> k) { return fma<N>(-k, o.band, x - o.low); }
  static F<N> middle(const Both& o, F<N> k) { return band == Band::scaled ? k * o.band : o.band; }

  static void run(State& state, const View<N>& v, const FilterPorts& p) {
    switch (v.settled(p.mode, 3)) {
    case 0: return loop(state, v, p, [](int, F<N>, const Both& o, F<N>) { return o.low; });
    case 1: return loop(state, v, p, [](int, F<N> x, const Both& o, F<N> k) { return high(x, o, k); });
    case 2: return loop(state, v, p, [](int, F<N>, const Both& o, F<N> k) { return middle(o, k); });
    default: break;
    }
    const auto a = v.weight(p.mode, 0), b = v.weight(p.mode, 1), c = v.weight(p.mode, 2);
    loop(state, v, p, [&](int i, F<N> x, const Both& o, F<N> k) { return a[i] * o.low + b[i] * high(x, o, k) + c[i] * middle(o, k); });
  }
};

} // namespace chronus::inline CHRONUS_ISA
