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
// Against double precision: −105 dB at worst (q up to 20).
// Sources: A. Simper, "Linear trapezoidal integrated state variable filter" (2013); V. Zavalishin, "The art of VA filter
// design"; A. Wishnick, "Time-varying filters for musical applications", DAFx 2014.
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

  F<N> band, low; ///< what the integrators hold

  struct Outputs {
    F<N> low, band;
  };
  [[gnu::always_inline]] Outputs step(F<N> x, const Corner& c) {
    const F<N> to_go = x - low;
    const F<N> next_band = fma<N>(c.a2, to_go, fma<N>(-c.loss, band, band));
    const F<N> next_low = fma<N>(c.a3, to_go, fma<N>(c.a2, band, low));
    const Outputs y{0.5f * (next_low + low), 0.5f * (next_band + band)};
    band = next_band;
    low = next_low;
    return y;
  }
  /// At a block's end: what has rung out comes to rest, instead of going round for ever just above the smallest float.
  [[gnu::always_inline]] void settle() {
    constexpr float gone = 1e-25f;
    const M<N> over = (max<N>(band, -band) < gone) & (max<N>(low, -low) < gone);
    band = select<N>(over, F<N>{}, band);
    low = select<N>(over, F<N>{}, low);
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

  template <class Mix> [[gnu::always_inline]] static void loop(Cell& state, const View<N>& v, const FilterPorts& p, Mix&& mix) {
    const auto x = v.in(p.in);
    const auto y = v.out(p.out);
    const auto cutoff = v[p.cutoff], q = v[p.q];
    const typename Cell::Corners corner(v.rate(), p.hertz);
    const int frames = v.frames();
    Cell cell = state;
    if (q.constant()) {
      const F<N> peak = q[0], k = 1.0f / peak;
      if (cutoff.constant()) {
        const auto c = corner(cutoff[0], peak, k);
        for (int i = 0; i < frames; ++i) y[i] = mix(i, x[i], cell.step(x[i], c), k);
      } else {
        for (int i = 0; i < frames; ++i) y[i] = mix(i, x[i], cell.step(x[i], corner(cutoff[i], peak, k)), k);
      }
    } else {
      for (int i = 0; i < frames; ++i) {
        const F<N> k = 1.0f / q[i];
        y[i] = mix(i, x[i], cell.step(x[i], corner(cutoff[i], q[i], k)), k);
      }
    }
    if (v.offset() + frames == block_frames) cell.settle();
    state = cell;
  }

  using Out = typename Cell::Outputs;
  static F<N> high(F<N> x, const Out& o, F<N> k) { return fma<N>(-k, o.band, x - o.low); }
  static F<N> middle(const Out& o, F<N> k) { return band == Band::scaled ? k * o.band : o.band; }
  /// Calls body(mix) for a mode that all lanes have settled on.
  template <class Body> [[gnu::always_inline]] static void settled(int mode, Body&& body) {
    if (mode == 0) body([](int, F<N>, const Out& o, F<N>) { return o.low; });
    else if (mode == 1) body([](int, F<N> x, const Out& o, F<N> k) { return high(x, o, k); });
    else body([](int, F<N>, const Out& o, F<N> k) { return middle(o, k); });
  }

  static void run(Cell& state, const View<N>& v, const FilterPorts& p) {
    const int mode = v.settled(p.mode, 3);
    if (mode >= 0) return settled(mode, [&](const auto& mix) { loop(state, v, p, mix); });
    const auto a = v.weight(p.mode, 0), b = v.weight(p.mode, 1), c = v.weight(p.mode, 2);
    loop(state, v, p, [&](int i, F<N> x, const Out& o, F<N> k) { return a[i] * o.low + b[i] * high(x, o, k) + c[i] * middle(o, k); });
  }

  /// Each frame waits for the one before it, so that half of the time is lost in one filter alone.
  static void run_two(Cell& state, const View<N>& v, Cell& other, const View<N>& w, const FilterPorts& p) {
    const int mode = v.settled(p.mode, 3);
    if (mode < 0 || mode != w.settled(p.mode, 3)) {
      run(state, v, p);
      return run(other, w, p);
    }
    settled(mode, [&](const auto& mix) {
      const auto x = v.in(p.in), u = w.in(p.in);
      const auto y = v.out(p.out), z = w.out(p.out);
      const typename Cell::Corners corner(v.rate(), p.hertz);
      const F<N> q = v[p.q][0], r = w[p.q][0], k = 1.0f / q, l = 1.0f / r;
      const auto c = corner(v[p.cutoff][0], q, k), d = corner(w[p.cutoff][0], r, l);
      const int frames = v.frames();
      Cell a = state, b = other;
      for (int i = 0; i < frames; ++i) {
        const F<N> left = x[i], right = u[i];
        y[i] = mix(i, left, a.step(left, c), k);
        z[i] = mix(i, right, b.step(right, d), l);
      }
      if (v.offset() + frames == block_frames) a.settle(), b.settle();
      state = a;
      other = b;
    });
  }
};

} // namespace chronus::inline CHRONUS_ISA
