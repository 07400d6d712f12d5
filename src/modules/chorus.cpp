// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. One player becomes several who never quite agree: copies whose delay sways.
//   voice k   of one side: d = delay + depth · sin(2π · (rate · t + k's part of a turn)), no less than 2 frames; the parts are
//             0, ½, ¼, ¾, and 3/8 more on the right. depth ends at delay, so that no voice comes early
//   wet       Σ voices / √voices: as loud as one
//   line      line[f] = in[f] + feedback · Σ voices / voices: with one voice and a short delay, a flanger; it cannot grow
//   mix       out = in · (1 − mix) + wet · mix, each side
// Between frames by Lagrange's polynomial through four (dsp/line.hpp).
// Source: J. Dattorro, "Effect design, part 2: delay-line modulation and chorus", JAES 1997.
#include "dsp/line.hpp"
#include "dsp/phase.hpp"
#include "dsp/rows.hpp"
#include "dsp/sine.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"left", "the left side"}, {"right", "the right side"}};
constexpr PortSpec outputs[] = {{"left", "the left side and its voices"}, {"right", "the right side and its voices"}};
constexpr std::string_view counts[] = {"one", "two", "three", "four"};
constexpr ParamSpec params[] = {
    // name      unit                range            initial scale               ms  help, choices
    {"rate",     Unit::hertz,        {0.01f, 20},     0.6f,   Scale::logarithmic, 10, "how often a voice sways to and fro"},
    {"depth",    Unit::milliseconds, {0, 20},         3,      Scale::linear,      50, "how far it sways"},
    {"delay",    Unit::milliseconds, {0.1f, 50},      15,     Scale::logarithmic, 50, "how late the voices are, on the average"},
    {"voices",   Unit::none,         {0, 3},          1,      Scale::linear,      10, "how many there are on each side", counts},
    {"feedback", Unit::amplitude,    {-0.95f, 0.95f}, 0,      Scale::linear,      10, "how much of the voices goes round again"},
    {"mix",      Unit::none,         {0, 1},          0.5f,   Scale::linear,      10, "0: in alone, 1: the voices alone"},
};
constexpr InputIndex in[] = {input(inputs, "left"), input(inputs, "right")};
constexpr OutputIndex out[] = {output(outputs, "left"), output(outputs, "right")};
constexpr auto rate_ = param(params, "rate"), depth = param(params, "depth"), delay = param(params, "delay"),
               voices = param(params, "voices"), feedback = param(params, "feedback"), mix_ = param(params, "mix");

constexpr int most_voices = 4;
constexpr std::uint32_t part_of_turn[most_voices] = {0, 0x80000000u, 0x40000000u, 0xc0000000u};
constexpr std::uint32_t right_ahead = 0x60000000u;
constexpr float share[most_voices] = {1, 0.707106781f, 0.577350269f, 0.5f};
constexpr int least_frames = 2;

constexpr int W = native_width;
using Row = float[block_frames + W]; ///< may be read and written in whole vectors, from any frame on

template <int N> struct Chorus {
  struct State {
    U<N> heard; ///< only these lanes have lines
    Phase<N> phase;
  };
  static void start(State& s, const Birth& birth) noexcept {
    s = State();
    s.heard = heard_lanes<N>(birth);
  }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    const int frames = v.frames();
    U<N> at[block_frames];
    s.phase.run(v, Pitch<N>(v.rate()), v[rate_], [&](int i, U<N> turns, U<N>) { at[i] = turns; });
    const RowsIn<N> left(v.in(in[0]), frames), right(v.in(in[1]), frames);
    RowsOut<N> to_left(v.out(out[0])), to_right(v.out(out[1]));
    for (int l = 0; l < N; ++l) {
      float* const y[2] = {to_left[l], to_right[l]};
      if (is_heard<N>(s.heard, l)) {
        const One one(v, l);
        std::uint32_t turns[block_frames + W];
        for (int i = 0; i < frames; ++i) turns[i] = reinterpret_cast<const std::uint32_t*>(at + i)[l];
        one.side(v, l, 0, left[l], turns, y[0]);
        one.side(v, l, 1, right[l], turns, y[1]);
      } else {
        for (int i = 0; i < frames; ++i) y[0][i] = y[1][i] = 0;
      }
    }
    to_left.put(frames);
    to_right.put(frames);
  }

  /// How late a voice is, at one delay and depth.
  struct Reach {
    std::int32_t nearest; ///< whole frames, at least
    float rest, sway;     ///< the part of a frame beyond them, and the depth in frames
    Reach(float ms, float deep, double per_ms) {
      const Range late = params[delay.index].range, depths = params[depth.index].range;
      const float d = clamp<1>(ms, late.low, late.high), by = min<1>(clamp<1>(deep, depths.low, depths.high), d);
      const double from = static_cast<double>(d - by) * per_ms;
      const double frames = from > least_frames ? from : least_frames;
      nearest = static_cast<std::int32_t>(frames);
      rest = static_cast<float>(frames - nearest);
      sway = static_cast<float>(static_cast<double>(by) * per_ms);
    }
  };

  /// What one lane's two sides share over a segment.
  struct One {
    int frames;
    std::int32_t nearest[block_frames + W]; ///< see Reach
    std::int32_t oldest, youngest;      ///< no frame that is read is older or younger, seen from the segment's first
    Row rest, sway;
    Row gain[most_voices];              ///< of each voice; the first one's is also what makes their mean of wet
    int sounding;                       ///< voices that are heard at all
    bool loops;                         ///< what is heard goes round again
    int sure;                           ///< so many frames can be made before the first of them is needed

    One(const View<N>& v, int l) : frames(v.frames()) {
      const auto ms = lane_of(v[delay], l), depths = lane_of(v[depth], l);
      const double per_ms = v.rate() / 1000;
      Reach one(ms[0], depths[0], per_ms);
      const bool moves = !ms.constant() || !depths.constant();
      oldest = 0, youngest = one.nearest;
      for (int i = 0; i < (moves ? frames : 1); ++i) {
        if (moves) one = Reach(ms[i], depths[i], per_ms);
        nearest[i] = one.nearest, rest[i] = one.rest, sway[i] = one.sway;
        const std::int32_t farthest = one.nearest + static_cast<std::int32_t>(2 * one.sway) + 4;
        oldest = farthest > oldest ? farthest : oldest;
        youngest = one.nearest < youngest ? one.nearest : youngest;
      }
      if (!moves) fill(nearest, one.nearest), fill(rest, one.rest), fill(sway, one.sway);
      const auto again = lane_of(v[feedback], l);
      loops = !again.constant() || again[0] != 0;
      sure = frames;
      for (int i = 0; i < frames && loops; ++i) sure = nearest[i] - 1 < sure ? nearest[i] - 1 : sure;
      count(v, l);
    }

    template <class T> static void fill(T* row, T value) {
      for (int i = 0; i < block_frames; ++i) row[i] = value;
    }

    void count(const View<N>& v, int l) {
      const int settled = v.settled(voices, most_voices);
      sounding = settled < 0 ? most_voices : settled + 1;
      for (int k = 0; k < sounding; ++k) shares(v, l, settled, k, gain[k]);
    }

    /// What the counts from k + 1 on give to each voice.
    void shares(const View<N>& v, int l, int settled, int k, float* sum) const {
      fill(sum, settled >= 0 ? share[settled] : 0);
      for (int c = k; c < most_voices && settled < 0; ++c) {
        const auto weight = lane_of(v.weight(voices, c), l);
        for (int i = 0; i < frames; ++i) sum[i] += weight[i] * share[c];
      }
    }

    void side(const View<N>& v, int l, int which, const float* x, const std::uint32_t* turns, float* y) const {
      Line line(v.history(l, which, 2), v.frame());
      const auto again = lane_of(v[feedback], l);
      Row wet, sums;
      if (!loops) line.write(x, frames);
      for (int from = 0; from < frames;) {
        const int n = frames - from < sure ? frames - from : sure;
        std::memset(wet + from, 0, static_cast<std::size_t>(n) * sizeof(float));
        for (int k = 0; k < sounding; ++k) voice(line, turns, part_of_turn[k] + (which ? right_ahead : 0), k, from, n, wet);
        if (loops) {
          for (int i = 0; i < n; ++i) sums[i] = x[from + i] + again[from + i] * (gain[0][from + i] * wet[from + i]);
          line.write(sums, n);
        }
        line.forward(n);
        from += n;
      }
      held_or_moving<1>(lane_of(v[mix_], l), [&wet, x, y, n = frames](const auto& mix) {
        for (int i = 0; i < n; ++i) y[i] = x[i] * (1 - mix[i]) + wet[i] * mix[i];
      });
    }

    /// Adds frames from … from + n of voice k; the line stands at the first of them.
    void voice(const Line& line, const std::uint32_t* turns, std::uint32_t ahead, int k, int from, int n, float* wet) const {
      const ScaledSine<W> sine(splat<W>(1));
      alignas(64) std::int32_t ago[block_frames]; ///< of the oldest of four frames
      alignas(64) float x[block_frames];
      I<W> passed{};
      for (int i = 0; i < W; ++i) passed[i] = i;
      for (int i = 0; i < n; i += W, passed += W) {
        const int at = from + i;
        const F<W> late = load<W>(rest + at) + load<W>(sway + at) * (1 + sine(load_u(turns + at) + ahead));
        const I<W> whole = to_int<W>(late);
        // Beyond the last frame lies anything: unsigned, where it may run over.
        *reinterpret_cast<I<W>*>(ago + i) = (I<W>)((U<W>)load_i(nearest + at) + (U<W>)whole + 2U - (U<W>)passed);
        store<W>(x + i, late - to_float<W>(whole));
      }
      const float* const now = line.in_place(oldest, youngest - n);
      for (int i = 0; i < n; i += W) {
        F<W> four[4];
        if (now && n - i >= W) fours<W>(now, ago + i, four);
        else line.fours<W>(ago + i, n - i, four);
        const Lagrange<W> between(load<W>(x + i));
        const int at = from + i;
        store<W>(wet + at, load<W>(wet + at) + load<W>(gain[k] + at) * between(four[0], four[1], four[2], four[3]));
      }
    }
    static U<W> load_u(const std::uint32_t* from) { return (U<W>)load<W>(reinterpret_cast<const float*>(from)); }
    static I<W> load_i(const std::int32_t* from) { return (I<W>)load<W>(reinterpret_cast<const float*>(from)); }
  };
};

} // namespace

extern const ModuleSpec chorus;
constinit const ModuleSpec chorus = checked({.name = "chorus",
                                             .alias = {},
                                             .help = "several voices out of one; stereo",
                                             .inputs = inputs,
                                             .outputs = outputs,
                                             .params = params,
                                             .kernels = kernels<Chorus>,
                                             .weight = 30,
                                             .histories_per_lane = 2,
                                             .history_seconds = 0.08});

} // namespace chronus::modules
