// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. An echo: what went in comes out again later, and again.
//   time      d = time · rate / 1000 frames, 2 at least (65 where it closes a cycle), 10 s at most; may move every frame
//   line      line[f] = in[f] + feedback · line(f − d): between frames by Lagrange's polynomial through four, exact for whole d
//             and never louder than 1 at any frequency, so that a feedback of ±1 holds what is in the line for ever and
//             nothing can grow by itself; beyond ±1 it would
//   mix       out = in · (1 − mix) + line(f − d) · mix
// In a cycle the outputs are made before the input is known (`read`): the dry part is then the input of 64 frames ago.
// Source of the interpolation: T. Laakso et al., "Splitting the unit delay", IEEE Signal Processing Magazine, 1996.
#include <chronus/kernel.hpp>
#include <cstring>

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

/// d frames: `whole`, and the four weights for the frames from whole − 1 to whole + 2 ago.
struct Place {
  int whole;
  float weight[4];
  Place(double d) : whole(static_cast<int>(d)) {
    const float x = static_cast<float>(d - whole);
    weight[0] = x * (x - 1) * (x - 2) * (-1.0f / 6);
    weight[1] = (x + 1) * (x - 1) * (x - 2) * 0.5f;
    weight[2] = (x + 1) * x * (x - 2) * -0.5f;
    weight[3] = (x + 1) * x * (x - 1) * (1.0f / 6);
  }
};

/// One lane's line, standing at one frame.
struct Line {
  const History& history;
  Frame frame;
  Frame here; ///< frame's place in the line

  Line(const History& h, Frame f) : history(h), frame(f), here(f % h.capacity) {}
  void forward(int n) {
    frame += static_cast<Frame>(n);
    here += static_cast<Frame>(n);
    if (here >= history.capacity) here -= history.capacity;
  }
  /// `count` frames from the one `ago` frames before; what is not valid is silence.
  void read(float* to, Frame ago, Frame count) const {
    const Frame known = frame > history.valid_from ? frame - history.valid_from : 0;
    const Frame silent = ago > known ? ago - known < count ? ago - known : count : 0;
    for (Frame i = 0; i < silent; ++i) *to++ = 0;
    ago -= silent, count -= silent;
    const Frame first = here >= ago ? here - ago : here + history.capacity - ago;
    const Frame piece = history.capacity - first < count ? history.capacity - first : count;
    std::memcpy(to, history.data + first, piece * sizeof(float));
    std::memcpy(to + piece, history.data, (count - piece) * sizeof(float));
  }
  void write(const float* from, int count) const {
    const Frame room = history.capacity - here, n = static_cast<Frame>(count), piece = room < n ? room : n;
    std::memcpy(history.data + here, from, piece * sizeof(float));
    std::memcpy(history.data, from + piece, (n - piece) * sizeof(float));
  }
};

template <int N> struct Delay {
  struct State {
    U<N> heard;           ///< only these lanes have a line
    F<N> in[block_frames]; ///< the last block's input, by frame % 64
  };
  static void start(State& s, const Birth& birth) noexcept {
    s = State();
    for (int l = 0; l < birth.lanes; ++l) reinterpret_cast<std::uint32_t*>(&s.heard)[l] = 1;
  }

  struct Times {
    Signal<N> ms;
    double per_ms, least, most;
    Times(const View<N>& v)
        : ms(v[time_]), per_ms(v.rate() / 1000), least(v.s.in_cycle ? block_frames + 1 : 2),
          most(static_cast<double>(params[time_.index].range.high) * per_ms) {}
    Place at(int i, int l) const {
      const double d = static_cast<double>(ms.data[i * ms.stride + l]) * per_ms;
      return Place(d > least ? d < most ? d : most : least);
    }
  };

  /// The echo of frames i … i + n of one lane, n up to what the line already holds. \return n
  static int echo(const Line& line, const Times& times, int i, int l, int frames, float* to) {
    const Place p = times.at(i, l);
    const int n = times.ms.constant() ? frames - i < p.whole - 1 ? frames - i : p.whole - 1 : 1;
    float past[block_frames + 3];
    line.read(past, static_cast<Frame>(p.whole + 2), static_cast<Frame>(n + 3));
    for (int k = 0; k < n; ++k)
      to[k] = past[k] * p.weight[3] + past[k + 1] * p.weight[2] + past[k + 2] * p.weight[1] + past[k + 3] * p.weight[0];
    return n;
  }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME { lanes<false>(s, v); }
  static void read(State& s, const View<N>& v) noexcept CHRONUS_REALTIME { lanes<true>(s, v); }

  template <bool reading> static void lanes(State& s, const View<N>& v) {
    const int frames = v.frames();
    const Times times(v);
    const auto wet = v[mix_], again = v[feedback];
    const auto x = reinterpret_cast<const float*>(v.in(in));
    const auto y = reinterpret_cast<float*>(v.out(out));
    const auto kept = reinterpret_cast<float*>(s.in + v.frame() % block_frames);
    for (int l = 0; l < N; ++l) {
      if (reinterpret_cast<const std::uint32_t*>(&s.heard)[l] == 0) {
        for (int i = 0; i < frames && (reading || !v.s.in_cycle); ++i) y[i * N + l] = 0;
        continue;
      }
      Line line(v.history(l, 0, 1), v.frame());
      float echoes[block_frames], sums[block_frames];
      for (int i = 0; i < frames;) {
        const int n = echo(line, times, i, l, frames, echoes);
        for (int k = 0; k < n; ++k) {
          const std::ptrdiff_t f = i + k, at = f * N + l;
          const float m = wet.data[f * wet.stride + l];
          if (reading) {
            y[at] = kept[at] * (1 - m) + echoes[k] * m;
          } else {
            if (!v.s.in_cycle) y[at] = x[at] * (1 - m) + echoes[k] * m;
            sums[k] = x[at] + again.data[f * again.stride + l] * echoes[k];
          }
        }
        if (!reading) line.write(sums, n);
        line.forward(n);
        i += n;
      }
      for (int i = 0; i < frames && !reading; ++i) kept[i * N + l] = x[i * N + l];
    }
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
                                            .histories_per_lane = 1,
                                            .history_seconds = 10.01}); // the longest time and the frames to interpolate with

} // namespace chronus::modules
