// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A room around a sound, of any size between a box and a cathedral.
//   in        each side goes through two all-passes, v[f] = x[f] + a·v[f − d], y[f] = v[f − d] − a·v[f], which make a click dense
//             before the room does, and on after `predelay`
//   decay     a network of sixteen lines (dsp/network.hpp), left into the even ones, right into the odd ones; every tone below
//             `damp` is down by 60 dB after `decay`, at `damp` after half of it
//   size      all lines' lengths. While it moves, they are read between two frames by a straight line, which dulls them a
//             little; once it stands still they glide to the nearest whole frame, where nothing is lost but what should be
//   mix       out = in · (1 − mix) + room · mix, each side
// Sources: dsp/network.hpp; the all-passes: M. R. Schroeder, "Natural sounding artificial reverberation", JAES 1962.
#include "dsp/network.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"left", "what is heard in the room, on the left"}, {"right", "the same on the right"}};
constexpr PortSpec outputs[] = {{"left", "in and room, on the left"}, {"right", "the same on the right"}};
constexpr ParamSpec params[] = {
    // name      unit                range          initial scale               ms   help
    {"size",     Unit::none,         {0.1f, 2.5f},  1,      Scale::logarithmic, 200, "how large: echoes come that much later"},
    {"decay",    Unit::milliseconds, {50, 60'000},  2'000,  Scale::logarithmic, 20,  "time in which the room fades by 60 dB"},
    {"damp",     Unit::hertz,        {100, 20'000}, 6'000,  Scale::logarithmic, 20,  "where it fades twice as fast, and faster still above"},
    {"predelay", Unit::milliseconds, {0, 250},      0,      Scale::linear,      50,  "how much later the room answers"},
    {"mix",      Unit::none,         {0, 1},        0.3f,   Scale::linear,      10,  "0: in alone, 1: the room alone"},
};
constexpr InputIndex in[] = {input(inputs, "left"), input(inputs, "right")};
constexpr OutputIndex out[] = {output(outputs, "left"), output(outputs, "right")};
constexpr auto size = param(params, "size"), decay = param(params, "decay"), damp = param(params, "damp"),
               predelay = param(params, "predelay"), mix_ = param(params, "mix");

constexpr int W = native_width;
constexpr int diffusers = 2; ///< a side
constexpr float diffusion = 0.625f;
constexpr float diffuser_frames[2][diffusers] = {{229, 557}, {251, 521}}; ///< at 48 kHz
/// No shorter than a block, and no two alike: at a low rate a small room would else be lines of one length, which hum.
constexpr float network_least[network_lines] = {67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139};
constexpr int diffuser_least[2][diffusers] = {{67, 97}, {71, 89}};
constexpr int lanes_histories = network_lines + 2 * diffusers;
constexpr double longest_seconds = 0.28; ///< of predelay and its all-pass; the longest line has 0.23

/// Where one lane's lines end, in frames before now, at one frame after the other.
struct Ends {
  Signal<1> sizes;
  float per_frame; ///< frames at this rate for one at 48 kHz
  float last;      ///< the size of the frame before; 0: there was none
  PerLine<W> away; ///< how far each end is from where the size alone would have it

  struct Place {
    F<W> exact, whole;
  };
  Place place(float by, int i) const {
    const F<W> exact = max<W>(load<W>(network_frames + i * W) * (by * per_frame), load<W>(network_least + i * W));
    return {exact, to_float<W>(to_int<W>(exact + 0.5f))};
  }

  /// Whether all of the segment's frames have whole ends, the same ones; they are then in `ends`.
  bool rest(PerLine<W>& ends) const {
    bool still = sizes.constant() && sizes[0] == last;
    for (int i = 0; i < PerLine<W>::parts; ++i) {
      const Place p = place(sizes[0], i);
      ends.part[i] = p.whole;
      still = still && all<W>(away.part[i] == p.whole - p.exact);
    }
    return still;
  }

  /// The next frame's.
  PerLine<W> step(int frame) {
    constexpr float glide = 1.0f / 1024;
    const float now = sizes[frame];
    const bool begins = last == 0, moves = !begins && now != last;
    last = now;
    PerLine<W> ends;
    for (int i = 0; i < PerLine<W>::parts; ++i) {
      const Place p = place(now, i);
      const F<W> aim = moves ? F<W>{} : p.whole - p.exact;
      const F<W> left = aim - away.part[i], by = clamp<W>(left, splat<W>(-glide), splat<W>(glide));
      away.part[i] = begins ? aim : select<W>(left == by, aim, away.part[i] + by);
      ends.part[i] = moves ? p.exact + away.part[i] : select<W>(away.part[i] == aim, p.whole, p.exact + away.part[i]);
    }
    return ends;
  }
};

template <int N> struct Reverb {
  struct State {
    U<N> heard; ///< only these lanes have lines
    F<N> low[network_lines], away[network_lines], size;
  };
  static void start(State& s, const Birth& birth) noexcept {
    s = State();
    s.heard = heard_lanes<N>(birth);
  }
  static float& word(F<N>& of, int l) { return reinterpret_cast<float*>(&of)[l]; }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    const int frames = v.frames();
    const RowsIn<N> left(v.in(in[0]), frames), right(v.in(in[1]), frames);
    RowsOut<N> to_left(v.out(out[0])), to_right(v.out(out[1]));
    for (int l = 0; l < N; ++l) {
      float* const y[2] = {to_left[l], to_right[l]};
      if (is_heard<N>(s.heard, l)) {
        const float* const x[2] = {left[l], right[l]};
        one_lane(s, v, l, x, y);
      } else {
        for (int i = 0; i < frames; ++i) y[0][i] = y[1][i] = 0;
      }
    }
    to_left.put(frames);
    to_right.put(frames);
  }

  static void one_lane(State& s, const View<N>& v, int l, const float* const* x, float* const* y) {
    const int frames = v.frames();
    const Frame here = v.frame() % v.history(l, 0, lanes_histories).capacity;
    alignas(64) float dense[2][block_frames], room[2][block_frames];
    for (int side = 0; side < 2; ++side) diffuse(v, l, side, here, x[side], dense[side]);
    network(s, v, l, here, dense, room);
    held_or_moving<1>(lane_of(v[mix_], l), [&](const auto& mix) {
      for (int side = 0; side < 2; ++side) {
        float* const to = y[side];
        const float *const dry = x[side], *const wet = room[side];
        for (int i = 0; i < frames; ++i) to[i] = dry[i] * (1 - mix[i]) + wet[i] * mix[i];
      }
    });
  }

  // ---- the way in ---------------------------------------------------------------------------------------------------------
  static void diffuse(const View<N>& v, int l, int side, Frame here, const float* x, float* y) {
    const int frames = v.frames();
    float scratch[3][block_frames];
    for (int k = 0; k < diffusers; ++k, x = y) {
      const Line line(v.history(l, network_lines + side * diffusers + k, lanes_histories), v.frame(), here);
      const int d = std_frames(diffuser_frames[side][k], v.rate(), diffuser_least[side][k]);
      const float* past = line.past(static_cast<Frame>(d), frames, scratch[0]);
      float* to = line.room(frames, scratch[1]);
      const bool last = k + 1 == diffusers;
      if (!last || none(lane_of(v[predelay], l))) {
        for (int i = 0; i < frames; ++i) {
          to[i] = x[i] + diffusion * past[i];
          y[i] = past[i] - diffusion * to[i];
        }
        line.wrote(to, frames);
      } else {
        for (int i = 0; i < frames; ++i) to[i] = x[i] + diffusion * past[i];
        line.wrote(to, frames);
        delayed(line, lane_of(v[predelay], l), v.rate(), d, frames, y);
      }
    }
  }
  static bool none(const Signal<1>& ms) { return ms.constant() && ms[0] <= 0; }
  static int std_frames(float at_48k, double rate, int least) {
    const int d = static_cast<int>(static_cast<double>(at_48k) * rate / 48000 + 0.5);
    return d > least ? d : least;
  }

  /// What comes out of the last all-pass, which is d frames long, `predelay` later.
  static void delayed(const Line& line, const Signal<1>& ms, double rate, int d, int frames, float* y) {
    float scratch[2][block_frames];
    const double most = static_cast<double>(params[predelay.index].range.high);
    const auto later = [&](int i) {
      const double t = static_cast<double>(ms[i]);
      return (t > 0 ? t < most ? t : most : 0) * (rate / 1000);
    };
    const double still = later(0);
    const int n = static_cast<int>(still);
    if (ms.constant() && n == still) {
      const float* now = line.past(static_cast<Frame>(n), frames, scratch[0]);
      const float* past = line.past(static_cast<Frame>(n + d), frames, scratch[1]);
      for (int i = 0; i < frames; ++i) y[i] = past[i] - diffusion * now[i];
      return;
    }
    for (int i = 0; i < frames; ++i) {
      const double p = later(i);
      const int whole = static_cast<int>(p);
      const float rest = static_cast<float>(p - whole);
      const auto at = [&](int ago) { return line.at(ago + d - i) - diffusion * line.at(ago - i); };
      const float now = at(whole);
      y[i] = rest == 0 ? now : now + rest * (at(whole + 1) - now);
    }
  }

  // ---- the room -----------------------------------------------------------------------------------------------------------
  static void network(State& s, const View<N>& v, int l, Frame here, float (*in_rows)[block_frames], float (*out_rows)[block_frames]) {
    const int frames = v.frames();
    alignas(64) float from[network_lines][block_frames], to[network_lines][block_frames];
    Ends ends{lane_of(v[size], l), static_cast<float>(v.rate() / 48000), word(s.size, l), {}};
    Network<W> net;
    for (int k = 0; k < network_lines; ++k) {
      ends.away[k] = word(s.away[k], l);
      net.low[k] = word(s.low[k], l);
    }
    const auto line = [&](int k) { return Line(v.history(l, k, lanes_histories), v.frame(), here); };
    const auto decays = lane_of(v[decay], l), damps = lane_of(v[damp], l);
    const float rate = static_cast<float>(v.rate()), top = 0.49f * rate;
    const auto losses = [&](const PerLine<W>& at, int i) {
      const Range ms = params[decay.index].range, hertz = params[damp.index].range;
      const float turn = clamp<1>(damps[i], hertz.low, hertz.high);
      return Losses<W>(at, clamp<1>(decays[i], ms.low, ms.high) * (rate / 1000), (turn < top ? turn : top) / rate);
    };
    const bool ragged = frames % W != 0;
    for (int k = 0; k < network_lines; ++k) net.to[k] = ragged ? to[k] : line(k).room(frames, to[k]);

    PerLine<W> at;
    const bool still = ends.rest(at);
    if (still)
      for (int k = 0; k < network_lines; ++k) {
        net.from[k] = line(k).past(static_cast<Frame>(at[k]), frames, from[k]);
        if (!ragged || net.from[k] == from[k]) continue;
        std::memcpy(from[k], net.from[k], static_cast<std::size_t>(frames) * sizeof(float));
        net.from[k] = from[k];
      }
    if (still && decays.constant() && damps.constant()) {
      const Losses<W> one = losses(at, 0);
      pass(net, frames, in_rows, out_rows, [&](int) -> const Losses<W>& { return one; });
    } else {
      alignas(64) std::byte each[block_frames * sizeof(Losses<W>)];
      const auto table = reinterpret_cast<Losses<W>*>(each);
      for (int i = 0; i < frames; ++i) {
        if (!still) at = ends.step(i);
        ::new (table + i) Losses<W>(losses(at, i));
        for (int k = 0; k < network_lines && !still; ++k) from[k][i] = between(line(k), at[k], i);
      }
      if (!still)
        for (int k = 0; k < network_lines; ++k) net.from[k] = from[k];
      pass(net, frames, in_rows, out_rows, [&](int i) -> const Losses<W>& { return table[i]; });
    }
    for (int k = 0; k < network_lines; ++k) {
      if (ragged) line(k).write(to[k], frames);
      else line(k).wrote(net.to[k], frames);
      word(s.away[k], l) = ends.away[k];
      word(s.low[k], l) = net.low[k];
    }
    word(s.size, l) = ends.last;
  }

  static float between(const Line& line, float ago, int i) {
    const int whole = static_cast<int>(ago);
    const float x = ago - static_cast<float>(whole), a = line.at(whole - i);
    return x == 0 ? a : a + x * (line.at(whole + 1 - i) - a);
  }

  template <class LossesAt>
  static void pass(Network<W>& net, int frames, float (*in_rows)[block_frames], float (*out_rows)[block_frames], LossesAt&& losses) {
    const float* const x[2] = {in_rows[0], in_rows[1]};
    float* const y[2] = {out_rows[0], out_rows[1]};
    for (int i = 0; i < frames; i += W) net.step(i, frames - i, x, y, losses);
    for (int side = 0; side < 2; ++side)
      for (int i = 0; i < frames; ++i) y[side][i] *= losses(i).level;
  }
};

} // namespace

extern const ModuleSpec reverb;
constinit const ModuleSpec reverb = checked({.name = "reverb",
                                             .alias = {},
                                             .help = "a room, from a box to a cathedral; stereo",
                                             .inputs = inputs,
                                             .outputs = outputs,
                                             .params = params,
                                             .kernels = kernels<Reverb>,
                                             .weight = 80,
                                             .histories_per_lane = lanes_histories,
                                             .history_seconds = longest_seconds});

} // namespace chronus::modules
