// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A hollow tone with every odd harmonic; by another width a reedy one, by a moving width a chorus of two.
//   wave    out = gain · (s − (2·width − 1)), s = 1 for the first `width` of each turn, then −1: its mean is 0 at any width, so
//           that neither a moving width nor an envelope behind it thumps; high at the first frame
//   width   each half lasts a frame at least
// Both steps are band-limited as they happen (dsp/step.hpp), where a moving width puts them; aliases as in the saw.
#include "dsp/phase.hpp"
#include "dsp/step.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec outputs[] = {{"out", "the tone"}};
constexpr ParamSpec params[] = {
    // name   unit              range            initial scale               ms  help, choices, alias
    {"freq",  Unit::hertz,     {0.01f, 20'000}, 440,    Scale::logarithmic, 10, "frequency", {}, "frequency"},
    {"gain",  Unit::amplitude, {-16, 16},       0.5f,   Scale::linear,      5,  "level of each half at a width of 0.5"},
    {"width", Unit::none,      {0.01f, 0.99f},  0.5f,   Scale::linear,      10, "the part of a turn that is high"},
};
constexpr auto out = output(outputs, "out");
constexpr auto freq = param(params, "freq"), gain_ = param(params, "gain"), width = param(params, "width");

template <int N> struct Square {
  struct State {
    Phase<N> phase;
    U<N> before, step, edge; ///< the last frame's phase, the step from it, and its width
    U<N> passed;             ///< not 0: `ahead` is still to be found
    Ahead<N> ahead;
  };
  static void start(State& s, const Birth&) noexcept {
    s = State();
    s.edge = splat_u<N>(1); // phase 0 was high: the first frame is no step
  }

  /// Width in turns, at least a step away from both ends.
  static U<N> edge_of(F<N> part, U<N> step) {
    const Range range = params[width.index].range;
    const U<N> edge = (U<N>)to_int<N>(clamp<N>(part, splat<N>(range.low), splat<N>(range.high)) * 0x1p31f) << 1;
    const U<N> first = select_u<N>(edge < step, step, edge), last = splat_u<N>(0) - step;
    return select_u<N>(first > last, last, first);
  }

  static std::uint32_t high_bits(U<N> turns, U<N> edge) {
    return bits_below<N>((I<N>)(turns ^ 0x80000000u), (I<N>)(edge ^ 0x80000000u));
  }

  /// The last steps are found when they are asked for.
  static bool pass(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    if (v.frames() <= step_taps) return false;
    s.phase.pass(v, Pitch<N>(v.rate(), params[freq.index].range), v[freq][0]);
    s.step = rounded<N>(s.phase.step);
    s.before = s.phase.running - s.step;
    s.edge = edge_of(v[width][0], s.step);
    s.passed = splat_u<N>(1);
    return true;
  }
  /// What the steps of the frames before, which were passed at an even pitch and width, add to those to come.
  static void look_back(State& s) {
    const U<N> first = s.before - s.step * (step_taps - 1);
    StepList<N> steps;
    U<N> turns = first;
    std::uint32_t high = high_bits(first - s.step, s.edge);
    for (int i = 0; i < step_taps; ++i, turns += s.step) {
      const std::uint32_t now = high_bits(turns, s.edge);
      steps.note(i, now ^ high);
      high = now;
    }
    StepSums<N> sums({}, step_taps);
    steps.each([&](int i, int l) {
      const auto word = [l](const U<N>& x) { return reinterpret_cast<const std::uint32_t*>(&x)[l]; };
      const std::uint32_t now = word(first) + word(s.step) * static_cast<std::uint32_t>(i);
      add_step(sums, i, l, now, now - word(s.step), word(s.step), word(s.edge), word(s.edge));
    });
    sums.leave(s.ahead, step_taps, s.passed != 0u);
    s.passed = splat_u<N>(0);
  }
  /// From the phase `past` to `now`, and from the edge then to the edge now.
  static void add_step(StepSums<N>& sums, int i, int l, std::uint32_t now, std::uint32_t past, std::uint32_t step, std::uint32_t edge_past, std::uint32_t edge_now) {
    const auto number = [](std::uint32_t x) { return static_cast<float>(static_cast<std::int32_t>(x)); };
    const std::uint32_t beyond = now - edge_now, short_of = past - edge_past;
    sums.add(i, l, now < edge_now ? 2 : -2, now < past ? number(now) / number(step) : number(beyond) / number(beyond - short_of));
  }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    if (any<N>(s.passed != 0u)) look_back(s);
    const int frames = v.frames();
    const bool moves = !v[freq].constant() || !v[width].constant();
    const auto y = v.out(out);
    const auto turns_at = reinterpret_cast<U<N>*>(y); // until the wave is drawn over it
    U<N> step_to[block_frames], edges[block_frames + 1]; // while both stand still: the first frame's alone
    const U<N> first_before = s.before;
    StepList<N> steps;
    U<N> before = s.before, step = s.step, edge = s.edge;
    step_to[0] = step;
    edges[0] = edge;
    std::uint32_t high = high_bits(before, edge);
    held_or_moving<N>(v[width], [&](const auto& part) {
      s.phase.run(v, Pitch<N>(v.rate(), params[freq.index].range), v[freq], [&](int i, U<N> turns, U<N> next) {
        edge = edge_of(part[i], next);
        const std::uint32_t now = high_bits(turns, edge);
        steps.note(i, now ^ high);
        turns_at[i] = turns;
        if (moves) step_to[i] = step, edges[i + 1] = edge;
        before = turns;
        step = next;
        high = now;
      });
    });
    s.before = before;
    s.step = step;
    s.edge = edge;

    StepSums<N> sums(s.ahead, frames);
    steps.each([&](int i, int l) {
      const auto word = [l](const U<N>& x) { return reinterpret_cast<const std::uint32_t*>(&x)[l]; };
      add_step(sums, i, l, word(turns_at[i]), word(i > 0 ? turns_at[i - 1] : first_before), word(moves || i == 0 ? step_to[i] : step),
               word(moves || i == 0 ? edges[i] : edge), word(moves ? edges[i + 1] : edge));
    });
    held_or_moving<N>(v[gain_], [&](const auto& gain) {
      for (int i = 0; i < frames; ++i) {
        const U<N> here = moves ? edges[i + 1] : edge;
        const F<N> half = select<N>(turns_at[i] < here, splat<N>(1), splat<N>(-1));
        const F<N> mean = to_float<N>((I<N>)(here ^ 0x80000000u)) * 0x1p-31f;
        y[i] = gain[i] * (half - mean + sums[i]);
      }
    });
    sums.leave(s.ahead, frames);
  }
};

} // namespace

extern const ModuleSpec square;
constinit const ModuleSpec square = checked({.name = "square",
                                             .alias = {},
                                             .help = "a square or pulse wave, band-limited",
                                             .inputs = {},
                                             .outputs = outputs,
                                             .params = params,
                                             .kernels = kernels<Square>,
                                             .source = true,
                                             .trusted = true,
                                             .weight = 14});

} // namespace chronus::modules
