// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. An echo: what went in comes out again later, and again.
//   time      d = time · rate / 1000 frames, 2 at least (65 where it closes a cycle), 10 s at most; may move every frame
//   line      line[f] = in[f] + feedback · line(f − d): between frames by Lagrange's polynomial through four, exact for whole d
//             and never louder than 1 at any frequency, so that a feedback of ±1 holds what is in the line for ever and
//             nothing can grow by itself; beyond ±1 it would
//   mix       out = in · (1 − mix) + line(f − d) · mix
// In a cycle the outputs are made before the input is known (`read`): the dry part is then the input of 64 frames ago.
// Source of the interpolation: dsp/line.hpp.
#include "dsp/line.hpp"
#include "dsp/rows.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"in", "what is to be heard again"}};
constexpr PortSpec outputs[] = {{"out", "in and its echoes"}};
constexpr ParamSpec params[] = {
    // name      unit                 range           initial scale               ms  help
    {"time",     Unit::milliseconds, {0.1f, 10'000}, 250,    Scale::logarithmic, 50, "how much later"},
    {"feedback", Unit::amplitude,    {-1, 1},        0,      Scale::linear,      10, "how much of the echo goes round again"},
    {"mix",      Unit::none,         {0, 1},         0.5f,   Scale::linear,      10, "0: in alone, 1: the delayed sound alone"},
};
constexpr auto in = input(inputs, "in");
constexpr auto out = output(outputs, "out");
constexpr auto time_ = param(params, "time"), feedback = param(params, "feedback"), mix_ = param(params, "mix");

template <int N> struct Delay {
  struct State {
    U<N> heard;           ///< only these lanes have a line
    F<N> in[block_frames]; ///< the last block's input, by frame % 64
  };
  static void start(State& s, const Birth& birth) noexcept {
    s = State();
    s.heard = heard_lanes<N>(birth);
  }

  /// One lane's time, as frames.
  struct Times {
    Signal<1> ms;
    double per_ms, least, most;
    Times(const View<N>& v, int l)
        : ms(lane_of(v[time_], l)), per_ms(v.rate() / 1000), least(v.s.in_cycle ? block_frames + 1 : 2),
          most(static_cast<double>(params[time_.index].range.high) * per_ms) {}
    double operator()(int i) const {
      const double d = static_cast<double>(ms[i]) * per_ms;
      return d > least ? d < most ? d : most : least;
    }
  };

  /// The echo of frames i … i + n of one lane, n up to what the line already holds. \return n
  static int echo(const Line& line, const Times& times, int i, int frames, float* to) {
    const double d = times(i);
    const int whole = static_cast<int>(d), sure = whole - 1;
    const int n = !times.ms.constant() ? 1 : frames - i < sure ? frames - i : sure;
    float scratch[block_frames + 3];
    if (d == whole) {
      const float* past = line.past(static_cast<Frame>(whole), n, scratch);
      for (int k = 0; k < n; ++k) to[k] = past[k];
    } else {
      const Lagrange<1> between(static_cast<float>(d - whole));
      const float* past = line.past(static_cast<Frame>(whole + 2), n + 3, scratch);
      for (int k = 0; k < n; ++k) to[k] = between(past[k], past[k + 1], past[k + 2], past[k + 3]);
    }
    return n;
  }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME { lanes<false>(s, v); }
  static void read(State& s, const View<N>& v) noexcept CHRONUS_REALTIME { lanes<true>(s, v); }

  /// `reading`: makes the outputs of a closed cycle, from the input of 64 frames ago.
  template <bool reading> static void lanes(State& s, const View<N>& v) {
    const int frames = v.frames();
    const bool sounds = reading || !v.s.in_cycle;
    const auto kept = s.in + v.frame() % block_frames;
    const RowsIn<N> dry(reading ? kept : v.in(in), frames);
    RowsOut<N> y(v.out(out));
    for (int l = 0; l < N; ++l) {
      if (!is_heard<N>(s.heard, l)) {
        for (int i = 0; i < frames && sounds; ++i) y[l][i] = 0;
        continue;
      }
      Line line(v.history(l, 0, 1), v.frame());
      const Times times(v, l);
      float echoes[block_frames];
      for (int i = 0; i < frames;) {
        const int n = echo(line, times, i, frames, echoes + i);
        if (!reading) feed(line, lane_of(v[feedback], l), dry[l], echoes, i, n);
        line.forward(n);
        i += n;
      }
      if (sounds)
        held_or_moving<1>(lane_of(v[mix_], l), [&, to = y[l], x = dry[l]](const auto& mix) {
          for (int i = 0; i < frames; ++i) to[i] = x[i] * (1 - mix[i]) + echoes[i] * mix[i];
        });
    }
    if (sounds) y.put(frames);
    if (!reading) std::memcpy(kept, v.in(in), static_cast<std::size_t>(frames) * sizeof(F<N>));
  }

  /// What goes round again, of frames i … i + n.
  static void feed(const Line& line, const Signal<1>& again, const float* x, const float* echoes, int i, int n) {
    float scratch[block_frames];
    float* to = line.room(n, scratch);
    held_or_moving<1>(again, [&](const auto& part) {
      for (int k = 0; k < n; ++k) to[k] = x[i + k] + part[i + k] * echoes[i + k];
    });
    line.wrote(to, n);
  }
};

} // namespace

extern const ModuleSpec delay;
constinit const ModuleSpec delay = checked({.name = "delay",
                                            .alias = {},
                                            .help = "an echo, up to 10 s",
                                            .inputs = inputs,
                                            .outputs = outputs,
                                            .params = params,
                                            .kernels = kernels<Delay>,
                                            .weight = 16,
                                            .histories_per_lane = 1,
                                            .history_seconds = 10.01}); // the longest time and the frames to interpolate with

} // namespace chronus::modules
