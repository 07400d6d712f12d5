// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. Two integrators in a loop, solved by the trapezoidal rule without a delay in the loop: the heart of both
// filters. Low, band and high come out at once.
//   cutoff   ω = 2π·cutoff/rate, warped so that the digital corner is exactly at cutoff; at most 0.49 of the rate
//   q        analogue k = 1/q
// The transfer functions are exactly those of the bilinear transform, so those of the audio EQ cookbook (R. Bristow-Johnson);
// with s = sin ω/2 and c = cos ω/2 the usual g = s/c needs no tangent, and no overflow near half the rate:
//   g/(1 + g/q + g²) = s·c·q/(q + s·c),  g²/(…) = s²·q/(q + s·c)
// Each step is written as a small change to the state, which keeps a corner of 10 Hz exact in 24 bits. The state's length
// cannot grow by changing cutoff or q, whatever they do each frame: a step is a Cayley transform of a damped rotation.
// Against double precision: −104 dB at worst (q 20), −86 dB close to half the rate where the machine has no FMA.
// Sources: A. Simper, "Linear trapezoidal integrated state variable filter" (2013); V. Zavalishin, "The art of VA filter
// design"; A. Wishnick, "Time-varying filters for musical applications", DAFx 2014.
#pragma once
#include "dsp/sine.hpp"
#include <chronus/kernel.hpp>

namespace chronus::inline CHRONUS_ISA {

template <int N> struct Trapezoid {
  /// Twice the usual a2 and a3, the part of the band that one step takes away, and k.
  struct Corner {
    F<N> a2, a3, loss, k;
  };
  /// Corners at one rate. Both cutoff and its distance to half the rate are kept to 24 bits.
  struct Corners {
    float lowest, highest, half, per_rate;
    Range qs;
    Corners(double rate, Range hertz, Range q)
        : lowest(hertz.low), highest(hertz.high < 0.49 * rate ? hertz.high : static_cast<float>(0.49 * rate)),
          half(static_cast<float>(rate / 2)), per_rate(static_cast<float>(1 / rate)), qs(q) {}
    Corner operator()(F<N> cutoff, F<N> q) const {
      cutoff = clamp<N>(cutoff, splat<N>(lowest), splat<N>(highest));
      q = clamp<N>(q, splat<N>(qs.low), splat<N>(qs.high));
      const F<N> s = sine_half_turns<N>(cutoff * per_rate);
      const F<N> sc = s * sine_half_turns<N>((half - cutoff) * per_rate);
      const F<N> ss = s * s;
      const F<N> twice = 2.0f / (q + sc);
      const F<N> twice_q = twice * q;
      return {sc * twice_q, ss * twice_q, fma<N>(ss, q, sc) * twice, 1.0f / q};
    }
  };

  F<N> band, low; ///< what the integrators hold

  struct Outputs {
    F<N> low, band;
  };
  [[gnu::always_inline]] Outputs step(F<N> x, const Corner& c) {
    const F<N> next_band = fma<N>(-c.loss, band, band) + fma<N>(-c.a2, low, c.a2 * x);
    const F<N> next_low = fma<N>(c.a2, band, low) + fma<N>(-c.a3, low, c.a3 * x);
    const Outputs y{0.5f * (next_low + low), 0.5f * (next_band + band)};
    band = next_band;
    low = next_low;
    return y;
  }
};

/// The two filters differ in what their band is worth: `scaled` makes the peak of the bandpass 0 dB, else it is q.
enum class Band { scaled, raw };

struct FilterPorts {
  InputIndex in;
  OutputIndex out;
  ParamIndex mode, cutoff, q;
  Range hertz, qs;
};

template <int N, Band band> struct Filter {
  using Cell = Trapezoid<N>;

  template <class Mix> [[gnu::always_inline]] static void loop(Cell& state, const View<N>& v, const FilterPorts& p, Mix&& mix) {
    const auto x = v.in(p.in);
    const auto y = v.out(p.out);
    const auto cutoff = v[p.cutoff], q = v[p.q];
    const typename Cell::Corners corner(v.rate(), p.hertz, p.qs);
    const int frames = v.frames();
    Cell cell = state;
    if (cutoff.constant() && q.constant()) {
      const auto c = corner(cutoff[0], q[0]);
      for (int i = 0; i < frames; ++i) y[i] = mix(i, x[i], cell.step(x[i], c), c.k);
    } else {
      for (int i = 0; i < frames; ++i) {
        const auto c = corner(cutoff[i], q[i]);
        y[i] = mix(i, x[i], cell.step(x[i], c), c.k);
      }
    }
    state = cell;
  }

  static void run(Cell& state, const View<N>& v, const FilterPorts& p) {
    using Out = typename Cell::Outputs;
    const auto high = [](F<N> x, const Out& o, F<N> k) { return fma<N>(-k, o.band, x - o.low); };
    const auto middle = [](const Out& o, F<N> k) { return band == Band::scaled ? k * o.band : o.band; };
    switch (v.settled(p.mode, 3)) {
    case 0: return loop(state, v, p, [](int, F<N>, const Out& o, F<N>) { return o.low; });
    case 1: return loop(state, v, p, [&](int, F<N> x, const Out& o, F<N> k) { return high(x, o, k); });
    case 2: return loop(state, v, p, [&](int, F<N>, const Out& o, F<N> k) { return middle(o, k); });
    }
    const auto a = v.weight(p.mode, 0), b = v.weight(p.mode, 1), c = v.weight(p.mode, 2);
    loop(state, v, p, [&](int i, F<N> x, const Out& o, F<N> k) { return a[i] * o.low + b[i] * high(x, o, k) + c[i] * middle(o, k); });
  }
};

} // namespace chronus::inline CHRONUS_ISA
