// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A ceiling that no frame goes through, whatever comes in: it sees what is coming, and turns down in time.
//   L       look-ahead: the power of two of frames next to 1.5 ms (64 at 44.1 and 48 kHz); the sound comes L − 1 frames late
//   h[f]    how many times too loud frame f is: peak/ceiling where the peak of its two sides is above the ceiling, else 0
//   m[f]    the gain that this needs, 1/h of the loudest of the L frames up to f: it is there L − 1 frames before a peak comes
//           out, and stays until then
//   e[f]    m where it falls; else it rises by the time constant `release`, towards a little more than m, so that it arrives
//   g[f]    e through two averages of L/2 frames, L − 1 frames in all: no corners, and no more than the m of any frame to come
//   out     gain · in of L − 1 frames ago, times g, both sides alike. Where nothing is too loud g is exactly 1
// The averages add whole numbers, 2^22 of which are a gain of 1, and round down: nothing drifts.
#include "dsp/line.hpp"
#include "dsp/rows.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"left", "the left side"}, {"right", "the right side"}};
constexpr PortSpec outputs[] = {{"left", "the left side, 1.3 ms later"}, {"right", "the right side, 1.3 ms later"}};
constexpr ParamSpec params[] = {
    // name     unit                range       initial scale               ms  help
    {"ceiling", Unit::amplitude,    {0.01f, 1}, 0.95f,  Scale::logarithmic, 10, "no frame comes out louder"},
    {"release", Unit::milliseconds, {1, 5'000}, 100,    Scale::logarithmic, 10, "how soon it is as loud again as before"},
    {"gain",    Unit::amplitude,    {0, 64},    1,      Scale::linear,      5,  "the gain before the ceiling"},
};
constexpr InputIndex in[] = {input(inputs, "left"), input(inputs, "right")};
constexpr OutputIndex out[] = {output(outputs, "left"), output(outputs, "right")};
constexpr auto ceiling = param(params, "ceiling"), release = param(params, "release"), gain_ = param(params, "gain");

constexpr int longest = 512; ///< L at 384 kHz
constexpr std::int32_t whole = 1 << 22;
enum Kept { sides, excess = 2, missing, missing_average, histories }; ///< missing: what a gain lacks to 1, as whole numbers

constexpr int W = native_width;
using Row = float[block_frames];
using Count = std::int32_t[block_frames];

template <int N> struct Limiter {
  struct State {
    U<N> heard;                    ///< only these lanes have histories
    U<N> at_ease;                  ///< frames since the last that was too loud, at most `longest`
    U<N> gain_high, gain_low;      ///< e, a double
    I<N> missing, missing_average; ///< the sums of the two averages
  };
  static void start(State& s, const Birth& birth) noexcept {
    s = State();
    s.heard = heard_lanes<N>(birth);
    s.at_ease = splat_u<N>(longest);
    s.gain_high = splat_u<N>(0x3ff00000u); // 1
  }
  template <class T> static auto& word(T& of, int l) {
    if constexpr (N == 1) return of;
    else return reinterpret_cast<std::remove_reference_t<decltype(of[0] + 0)>*>(&of)[l];
  }

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
    const int frames = v.frames(), ahead = look_ahead(v.rate());
    const Frame here = v.frame() % v.history(l, 0, histories).capacity;
    const auto line = [&](int which) { return Line(v.history(l, which, histories), v.frame(), here); };
    alignas(64) Row sound[2], most, over, g;
    held_or_moving<1>(lane_of(v[gain_], l), [&, a = x[0], b = x[1]](const auto& gain) {
      for (int i = 0; i < frames; ++i) sound[0][i] = gain[i] * a[i], sound[1][i] = gain[i] * b[i];
    });
    held_or_moving<1>(lane_of(v[ceiling], l), [&](const auto& top) {
      for (int i = 0; i < frames; ++i) most[i] = clamp<1>(top[i], params[ceiling.index].range.low, params[ceiling.index].range.high);
    });
    for (int i = 0; i < frames; i += W) {
      const F<W> peak = max<W>(magnitude(load<W>(sound[0] + i)), magnitude(load<W>(sound[1] + i))), top = load<W>(most + i);
      store<W>(over + i, select<W>(peak > top, peak / top, F<W>{}));
    }
    const bool turned_down = gains(s, v, l, ahead, line, over, g);
    for (int side = 0; side < 2; ++side) {
      line(side).write(sound[side], frames);
      const float* late = line(side).past(static_cast<Frame>(ahead - 1), frames, sound[side]);
      if (turned_down) scaled(y[side], late, g, frames);
      else copy_frames(y[side], late, frames);
    }
  }
  static F<W> magnitude(F<W> x) { return max<W>(x, -x); }
  static void scaled(float* y, const float* x, const float* g, int frames) {
    for (int i = 0; i < frames; ++i) y[i] = g[i] * x[i];
  }

  static int look_ahead(double rate) {
    int frames = 8;
    while (frames < longest && frames * 1.41421356 < rate * 0.0015) frames *= 2;
    return frames;
  }

  /// \return whether any gain is below 1
  template <class LineOf>
  static bool gains(State& s, const View<N>& v, int l, int ahead, const LineOf& line, const float* over, float* g) {
    const int frames = v.frames(), half = ahead / 2;
    line(excess).write(over, frames);
    auto& ease = word(s.at_ease, l);
    const bool eased = static_cast<int>(ease) >= ahead - 1;
    ease = since(over, frames, ease);

    double e = __builtin_bit_cast(double, std::uint64_t{word(s.gain_high, l)} << 32 | word(s.gain_low, l));
    const bool active = !eased || static_cast<int>(ease) < frames || e < 1 || word(s.missing, l) != 0 || word(s.missing_average, l) != 0;
    if (active) {
      Row need;
      Count lack, sums;
      needed(line(excess), ahead, frames, need);
      e = follow(lane_of(v[release], l), v.rate(), need, e, frames, lack);
      add_up(line(missing), half, frames, word(s.missing, l), lack, sums);
      const int shift = __builtin_ctz(static_cast<unsigned>(half));
      for (int i = 0; i < frames; ++i) lack[i] = (sums[i] + half - 1) >> shift; // up: the gain is rounded down
      add_up(line(missing_average), half, frames, word(s.missing_average, l), lack, sums);
      const float part = 1 / (static_cast<float>(whole) * static_cast<float>(half));
      for (int i = 0; i < frames; ++i) g[i] = static_cast<float>(whole * half - sums[i]) * part;
    } else {
      const Row zeros = {};
      line(missing).write(zeros, frames);
      line(missing_average).write(zeros, frames);
    }
    const auto bits = __builtin_bit_cast(std::uint64_t, e);
    word(s.gain_high, l) = static_cast<std::uint32_t>(bits >> 32);
    word(s.gain_low, l) = static_cast<std::uint32_t>(bits);
    return active;
  }

  /// Frames since the last that was too loud.
  static std::uint32_t since(const float* over, int frames, std::uint32_t before) {
    std::uint32_t any = 0;
    for (int i = 0; i < frames; ++i) any |= __builtin_bit_cast(std::uint32_t, over[i]);
    const auto all = static_cast<std::uint32_t>(frames);
    if (any == 0) return before + all < longest ? before + all : longest;
    std::uint32_t count = 0;
    while (over[all - 1 - count] == 0) ++count;
    return count;
  }

  /// m: of each window of `ahead` frames the loudest, found by doubling the windows. A little less than 1/h, for the roundings.
  static void needed(const Line& line, int ahead, int frames, float* need) {
    float scratch[longest + block_frames], window[longest + block_frames + W];
    int count = ahead - 1 + frames;
    copy_frames(window, line.past(static_cast<Frame>(ahead - 1), count, scratch), count);
    for (int step = 1; step < ahead; step *= 2) {
      count -= step;
      for (int i = 0; i < count; i += W) store<W>(window + i, max<W>(load<W>(window + i), load<W>(window + i + step)));
    }
    for (int i = 0; i < frames; ++i) need[i] = select<1>(window[i] > 1, (1 - 0x1p-21f) / window[i], 1);
  }

  /// e over the segment, and what it lacks to 1. \return the last
  static double follow(const Signal<1>& release_ms, double rate, const float* need, double e, int frames, std::int32_t* lack) {
    double gain[block_frames], kept[block_frames], towards[block_frames];
    held_or_moving<1>(release_ms, [&](const auto& ms) {
      for (int i = 0; i < frames; ++i) {
        const float time = clamp<1>(ms[i], params[release.index].range.low, params[release.index].range.high);
        const double by = 1000 / (static_cast<double>(time) * rate);
        kept[i] = 1 - by;
        towards[i] = by * (1 + 0x1p-8) * static_cast<double>(need[i]);
      }
    });
    for (int i = 0; i < frames; ++i) {
      const double next = fma_double(kept[i], e, towards[i]), m = static_cast<double>(need[i]);
      gain[i] = e = next < m ? next : m;
    }
    for (int i = 0; i < frames; ++i) lack[i] = whole - static_cast<std::int32_t>(gain[i] * whole);
    return e;
  }

  /// Keeps x, and adds up each `length` frames of it.
  static void add_up(const Line& line, int length, int frames, std::int32_t& sum, const std::int32_t* x, std::int32_t* sums) {
    Row scratch;
    line.write(reinterpret_cast<const float*>(x), frames);
    const auto gone = reinterpret_cast<const std::int32_t*>(line.past(static_cast<Frame>(length), frames, scratch));
    std::int32_t s = sum;
    for (int i = 0; i < frames; ++i) sums[i] = s += x[i] - gone[i];
    sum = s;
  }
};

} // namespace

extern const ModuleSpec limiter;
constinit const ModuleSpec limiter = checked({.name = "limiter",
                                              .alias = {},
                                              .help = "a ceiling that no frame goes through; stereo",
                                              .inputs = inputs,
                                              .outputs = outputs,
                                              .params = params,
                                              .kernels = kernels<Limiter>,
                                              .trusted = true,
                                              .weight = 30,
                                              .histories_per_lane = histories,
                                              .history_seconds = 0.01});

} // namespace chronus::modules
