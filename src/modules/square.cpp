// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A hollow tone with every odd harmonic; by another width a reedy one, by a moving width a chorus of two.
//   wave    out = gain · (s − (2·width − 1)), s = 1 for the first `width` of each turn, then −1: its mean is 0 at any width, so
//           that neither a moving width nor an envelope behind it thumps; high at the first frame. At a negative pitch it runs
//           backward.
// Both steps are band-limited as they happen (dsp/step.hpp), where a moving width puts them, however near to each other;
// aliases as in the saw.
#include "dsp/phase.hpp"
#include "dsp/step.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec outputs[] = {{"out", "the tone"}};
constexpr ParamSpec params[] = {
    // name   unit              range            initial scale               ms  help, choices, alias, moved
    {"freq",  Unit::hertz,     {0.01f, 20'000}, 440,    Scale::logarithmic, 10, "frequency", {}, "frequency", any_pitch},
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

  /// Width in turns.
  static U<N> edge_of(F<N> part) {
    const Range range = params[width.index].range;
    return (U<N>)to_int<N>(clamp<N>(part, splat<N>(range.low), splat<N>(range.high)) * 0x1p31f) << 1;
  }

  static std::uint32_t high_bits(U<N> turns, U<N> edge) { return bits_below_u<N>(turns, edge); }

  /// A bit for each lane whose phase passes 0 between two frames.
  template <class Steps> static std::uint32_t turns_between(U<N> before, U<N> turns, U<N> step) {
    const std::uint32_t below = bits_below_u<N>(turns, before);
    return may_run_back<Steps, N> ? below ^ bits_below<N>((I<N>)step, I<N>{}) : below;
  }

  /// Whether no frame has more than one, at an even pitch and width: a turn's halves both last a frame at least.
  static bool steps_are_single(const State& s, U<N> edge) {
    const U<N> least = select_u<N>(edge < 0u - edge, edge, 0u - edge);
    return !any<N>((edge != s.edge) | (least < s.step) | (least < rounded<N>(s.phase.step)));
  }

  /// The last steps are found when they are asked for.
  static bool pass(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    if (v.frames() <= step_taps) return false;
    s.phase.pass(v, v[freq]);
    s.step = rounded<N>(s.phase.step);
    s.before = s.phase.running - s.step;
    s.edge = edge_of(v[width][0]);
    s.passed = splat_u<N>(1);
    return true;
  }
  /// What the steps of the frames before, which were passed at an even pitch and width, add to those to come.
  static void look_back(State& s) {
    const U<N> first = s.before - s.step * (step_taps - 1);
    StepList<N> steps;
    U<N> before = first - s.step, turns = first;
    for (int i = 0; i < step_taps; ++i, before = turns, turns += s.step)
      steps.note(i, turns_between<Pitch<N>>(before, turns, s.step) | (high_bits(turns, s.edge) ^ high_bits(before, s.edge)));
    StepSums<N> sums({}, step_taps);
    steps.each([&](int i, int l) {
      const auto word = [l](const U<N>& x) { return reinterpret_cast<const std::uint32_t*>(&x)[l]; };
      const std::uint32_t now = word(first) + word(s.step) * static_cast<std::uint32_t>(i);
      add_steps(sums, i, l, now, now - word(s.step), word(s.step), word(s.edge), word(s.edge));
    });
    sums.leave(s.ahead, step_taps, s.passed != 0u);
    s.passed = splat_u<N>(0);
  }
  /// All steps from the phase `past` to `now`, and from the edge then to the edge now: at 0 the wave rises, at the edge it
  /// falls, and the other way where it passes them backward. A step is as long ago as the way since then lasts.
  static void add_steps(StepSums<N>& sums, int i, int l, std::uint32_t now, std::uint32_t past, std::uint32_t step,
                        std::uint32_t edge_past, std::uint32_t edge_now) {
    const auto number = [](std::uint32_t x) { return static_cast<float>(static_cast<std::int32_t>(x)); };
    const auto way = static_cast<std::int32_t>(step);
    const int turned = way >= 0 ? now < past : -static_cast<int>(now > past);
    const int risen = static_cast<int>(now < edge_now) - static_cast<int>(past < edge_past);
    // The way of the phase as seen from the edge: may be more than half a turn.
    const std::int64_t moved = way - (static_cast<std::int64_t>(edge_now) - edge_past);
    if (risen != 0 && (turned == 0 || turned == risen) && moved == static_cast<std::int32_t>(moved)) [[likely]] {
      const std::uint32_t since = turned ? now : now - edge_now, from = turned ? step : static_cast<std::uint32_t>(moved);
      return sums.add(i, l, static_cast<float>(2 * risen), number(since) / number(from));
    }
    if (turned) sums.add(i, l, static_cast<float>(2 * turned), number(now) / number(step));
    constexpr std::int64_t turn = std::int64_t{1} << 32;
    const std::int64_t first = static_cast<std::int64_t>(past) - edge_past, last = first + moved;
    const auto fall = [&](std::int64_t at) {
      sums.add(i, l, moved > 0 ? -2 : 2, static_cast<float>(last - at) / static_cast<float>(moved));
    };
    if (moved > 0)
      for (std::int64_t at = first < 0 ? 0 : turn; at <= last; at += turn) fall(at);
    else
      for (std::int64_t at = first < 0 ? -turn : 0; at > last; at -= turn) fall(at);
  }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    if (any<N>(s.passed != 0u)) look_back(s);
    const Pitch<N> pitch(v.rate());
    const auto hertz = v[freq];
    pitch.draw(hertz, v.frames(), v.out(out), [&](const auto& steps, const Signal<N>& at) {
      if (any<N>((I<N>)s.step < I<N>{})) draw(s, v, pitch, at); // what led to the first frame ran backward
      else draw(s, v, steps, at);
    });
  }

  template <class Steps> static void draw(State& s, const View<N>& v, const Steps& pitch, const Signal<N>& hertz) {
    const int frames = v.frames();
    const bool moves = !hertz.constant() || !v[width].constant();
    const auto y = v.out(out);
    const auto turns_at = reinterpret_cast<U<N>*>(y); // until the wave is drawn over it
    U<N> step_to[block_frames], edges[block_frames + 1]; // while both stand still: the first frame's alone
    const U<N> first_before = s.before;
    StepList<N> steps;
    U<N> before = s.before, step = s.step, edge = s.edge;
    step_to[0] = step;
    edges[0] = edge;
    std::uint32_t high = high_bits(before, edge);
    const auto look = [&](const auto& part, auto single) {
      s.phase.run(v, pitch, hertz, [&](int i, U<N> turns, U<N> next) {
        edge = edge_of(part[i]);
        const std::uint32_t now = high_bits(turns, edge);
        steps.note(i, single() ? now ^ high : (now ^ high) | turns_between<Steps>(before, turns, step));
        turns_at[i] = turns;
        if (moves) step_to[i] = step, edges[i + 1] = edge;
        before = turns;
        step = next;
        high = now;
      });
    };
    if (!moves) s.phase.tune(pitch, hertz[0]);
    if (!moves && steps_are_single(s, edge_of(v[width][0]))) look(Held<N>{v[width][0]}, std::true_type{});
    else held_or_moving<N>(v[width], [&](const auto& part) { look(part, std::false_type{}); });
    s.before = before;
    s.step = step;
    s.edge = edge;

    StepSums<N> sums(s.ahead, frames);
    steps.each([&](int i, int l) {
      const auto word = [l](const U<N>& x) { return reinterpret_cast<const std::uint32_t*>(&x)[l]; };
      const bool own = moves || i == 0;
      add_steps(sums, i, l, word(turns_at[i]), word(i > 0 ? turns_at[i - 1] : first_before), word(own ? step_to[i] : step),
                word(own ? edges[i] : edge), word(moves ? edges[i + 1] : edge));
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
