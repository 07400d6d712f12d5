// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A wave driven into a wall, from warm to broken.
//   curve       out = output · curve(amount · in); all curves have slope 1 at 0 and end at ±1 (dsp/curves.hpp)
//   oversample  the curve runs at once, twice or four times the rate (dsp/half_band.hpp), so that of the harmonics it makes
//               fewer fold back below half the rate
//   latency     27 frames whatever oversample is, so that it can be changed: 0.56 ms at 48 kHz
// A choice that has no weight has no memory either: it begins with the frame at which it is first heard.
#include "dsp/curves.hpp"
#include "dsp/half_band.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"in", "the wave"}};
constexpr PortSpec outputs[] = {{"out", "the bent wave, 27 frames later"}};
constexpr std::string_view curve_names[] = {"tanh", "soft", "hard", "fold"};
constexpr std::string_view times[] = {"off", "x2", "x4"};
constexpr ParamSpec params[] = {
    // name        unit              range        initial scale               ms  help, choices
    {"curve",      Unit::none,       {0, 3},      0,      Scale::linear,      10, "tanh: round, soft: a cubic, hard: cut off, fold: back again", curve_names},
    {"amount",     Unit::amplitude,  {0.1f, 100}, 2,      Scale::logarithmic, 10, "the gain before the curve"},
    {"output",     Unit::amplitude,  {-16, 16},   1,      Scale::linear,      5,  "the gain behind it"},
    {"oversample", Unit::none,       {0, 2},      1,      Scale::linear,      10, "how many times the rate the curve runs at", times},
};
constexpr auto in = input(inputs, "in");
constexpr auto out = output(outputs, "out");
constexpr auto curve = param(params, "curve"), amount = param(params, "amount"), output_ = param(params, "output"),
               oversample = param(params, "oversample");

constexpr int first = 12, second = 4; ///< K of the two doublings
constexpr int latency = 2 * first - 1 + second;

template <int N> struct Drive {
  static constexpr int W = native_width;
  using Whole = Stream<N, latency>;
  using Shaped = Stream<N, 2 * first - 1>;
  using Quarter = Stream<N, second>;

  struct State {
    F<N> in[latency];               ///< times amount
    F<N> twice[2][2 * first - 1];   ///< bent at twice the rate, a phase each
    F<N> four[4][second];           ///< at four times
    F<N> back[2][2 * first - 1];    ///< from there back at twice
  };
  static void start(State& s, const Birth&) noexcept { s = State(); }
  static bool rests(const State& s) noexcept CHRONUS_REALTIME { return is_zero<N>(s); }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    const int frames = v.frames();
    const auto x = v.in(in);
    Whole driven;
    driven.recall(s.in);
    const auto to = reinterpret_cast<F<N>*>(driven.at(0));
    held_or_moving<N>(v[amount], [&](const auto& by) {
      for (int i = 0; i < frames; ++i) to[i] = by[i] * x[i];
    });
    driven.keep(s.in, frames);
    const int choice = v.settled(oversample, 3);
    Stream<N, 0> results[3];
    if (choice == 0 || choice < 0) once(v, driven, results[0]);
    if (choice == 1 || choice < 0) twice(s, v, driven, results[1]);
    else forget(s.twice, frames);
    if (choice == 2 || choice < 0) four_times(s, v, driven, results[2]);
    else forget(s.four, frames), forget(s.back, frames);
    leave(v, choice, results);
  }

private:
  template <int phases, int past> static void forget(F<N> (&kept)[phases][past], int frames) {
    if (frames >= past) {
      __builtin_memset(kept, 0, sizeof kept);
      return;
    }
    for (auto& phase : kept) {
      for (int i = 0; i < past - frames; ++i) phase[i] = phase[i + frames];
      for (int i = past - frames; i < past; ++i) phase[i] = F<N>{};
    }
  }

  static void leave(const View<N>& v, int choice, const Stream<N, 0>* results) {
    const auto y = v.out(out);
    const auto of = [&](int c) { return reinterpret_cast<const F<N>*>(results[c].at(0)); };
    const auto gain = v[output_];
    const int frames = v.frames();
    if (choice >= 0) {
      const auto one = of(choice);
      held_or_moving<N>(gain, [&](const auto& by) {
        for (int i = 0; i < frames; ++i) y[i] = by[i] * one[i];
      });
      return;
    }
    for (int i = 0; i < frames; ++i) {
      F<N> sum = v.weight(oversample, 0)[i] * of(0)[i];
      for (int c = 1; c < 3; ++c) sum = sum + v.weight(oversample, c)[i] * of(c)[i];
      y[i] = gain[i] * sum;
    }
  }

  /// Bends frames 0 … frames of a stream, in place.
  static void bend(const View<N>& v, float* x) {
    const int frames = v.frames();
    switch (v.settled(curve, curves)) {
    case 0: return flat<Curve::tanh>(x, frames);
    case 1: return flat<Curve::soft>(x, frames);
    case 2: return flat<Curve::hard>(x, frames);
    case 3: return flat<Curve::fold>(x, frames);
    }
    const auto at = reinterpret_cast<F<N>*>(x);
    for (int i = 0; i < frames; ++i) {
      const F<N> a = v.weight(curve, 0)[i] * bent<Curve::tanh, N>(at[i]) + v.weight(curve, 1)[i] * bent<Curve::soft, N>(at[i]);
      at[i] = a + v.weight(curve, 2)[i] * bent<Curve::hard, N>(at[i]) + v.weight(curve, 3)[i] * bent<Curve::fold, N>(at[i]);
    }
  }
  template <Curve which> static void flat(float* x, int frames) {
    for (int j = 0; j < frames * N; j += W) store<W>(x + j, bent<which, W>(load<W>(x + j)));
  }

  /// Zeros where a choice has no weight.
  static void mask(const View<N>& v, int choice, float* x) {
    const auto weight = v.weight(oversample, choice);
    if (weight.constant() && all<N>(weight[0] > F<N>{})) return;
    const auto at = reinterpret_cast<F<N>*>(x);
    const int frames = v.frames();
    for (int i = 0; i < frames; ++i) at[i] = select<N>(weight[i] > F<N>{}, at[i], F<N>{});
  }

  static void once(const View<N>& v, const Whole& driven, Stream<N, 0>& result) {
    __builtin_memcpy(result.data, driven.at(-latency), static_cast<std::size_t>(v.frames() * N) * sizeof(float));
    bend(v, result.data);
  }

  static void twice(State& s, const View<N>& v, const Whole& driven, Stream<N, 0>& result) {
    Shaped shaped[2];
    for (int p = 0; p < 2; ++p) shaped[p].recall(s.twice[p]);
    up<N, 1, first>([&](int, int f) { return driven.at(f - second); }, [&](int p, int f) { return shaped[p].at(f); }, 0, v.frames());
    for (int p = 0; p < 2; ++p) {
      bend(v, shaped[p].at(0));
      mask(v, 1, shaped[p].at(0));
    }
    down<N, 1, first>([&](int p, int f) { return shaped[p].at(f); }, [&](int, int f) { return result.at(f); }, 0, v.frames());
    for (int p = 0; p < 2; ++p) shaped[p].keep(s.twice[p], v.frames());
  }

  static void four_times(State& s, const View<N>& v, const Whole& driven, Stream<N, 0>& result) {
    Quarter half[2], shaped[4];
    Shaped back[2];
    for (int p = 0; p < 4; ++p) shaped[p].recall(s.four[p]);
    for (int p = 0; p < 2; ++p) back[p].recall(s.back[p]);
    up<N, 1, first>([&](int, int f) { return driven.at(f); }, [&](int p, int f) { return half[p].at(f); }, -second, v.frames());
    up<N, 2, second>([&](int p, int f) { return half[p].at(f); }, [&](int p, int f) { return shaped[p].at(f); }, 0, v.frames());
    for (int p = 0; p < 4; ++p) {
      bend(v, shaped[p].at(0));
      mask(v, 2, shaped[p].at(0));
    }
    down<N, 2, second>([&](int p, int f) { return shaped[p].at(f); }, [&](int p, int f) { return back[p].at(f); }, 0, v.frames());
    for (int p = 0; p < 2; ++p) mask(v, 2, back[p].at(0));
    // Half a frame later, so that all of it is whole frames: the phases change places, the second one is the frame before.
    down<N, 1, first>([&](int p, int f) { return p ? back[0].at(f) : back[1].at(f - 1); }, [&](int, int f) { return result.at(f); }, 0, v.frames());
    for (int p = 0; p < 4; ++p) shaped[p].keep(s.four[p], v.frames());
    for (int p = 0; p < 2; ++p) back[p].keep(s.back[p], v.frames());
  }
};

} // namespace

extern const ModuleSpec drive;
constinit const ModuleSpec drive = checked({.name = "drive",
                                            .alias = {},
                                            .help = "a wave bent by a curve",
                                            .inputs = inputs,
                                            .outputs = outputs,
                                            .params = params,
                                            .kernels = kernels<Drive>,
                                            .trusted = true,
                                            .weight = 14});

} // namespace chronus::modules
