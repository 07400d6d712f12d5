// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A bright, buzzing tone with every harmonic, falling as 1/n: strings and basses start here.
//   wave    out = gain · (2·frac(phase + ½) − 1), rising through 0 at the first frame, falling once a turn
//   level   ±gain, and a third more just after the fall, as any band-limited step overshoots
// The fall is band-limited as it happens (dsp/step.hpp): all aliases together lie below −75 dB at 5 kHz and 48 kHz; harmonics
// above 0.3 of the rate are softened, by 6 dB at 0.38. A frequency that moves bends the ramp; those corners stay as they are.
#include "dsp/phase.hpp"
#include "dsp/step.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec outputs[] = {{"out", "the tone"}};
constexpr ParamSpec params[] = {
    // name  unit              range            initial scale               ms  help, choices, alias
    {"freq", Unit::hertz,     {0.01f, 20'000}, 440,    Scale::logarithmic, 10, "frequency", {}, "frequency"},
    {"gain", Unit::amplitude, {-16, 16},       0.5f,   Scale::linear,      5,  "peak level of the ramp"},
};
constexpr auto out = output(outputs, "out");
constexpr auto freq = param(params, "freq");
constexpr auto gain_ = param(params, "gain");

template <int N> struct Saw {
  struct State {
    Phase<N> phase;
    U<N> before, step; ///< the last frame's phase, and the step from it
    U<N> passed;       ///< not 0: `ahead` is still to be found
    Ahead<N> ahead;
  };
  static void start(State& s, const Birth&) noexcept { s = State(); }

  static std::uint32_t word(const U<N>& x, int l) { return reinterpret_cast<const std::uint32_t*>(&x)[l]; }

  /// The last falls are found when they are asked for.
  static bool pass(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    if (v.frames() <= step_taps) return false;
    s.phase.pass(v, Pitch<N>(v.rate(), params[freq.index].range), v[freq][0]);
    s.step = rounded<N>(s.phase.step);
    s.before = s.phase.running - s.step;
    s.passed = splat_u<N>(1);
    return true;
  }
  /// What the falls of the frames before, which were passed at an even step, add to those to come.
  static void look_back(State& s) {
    const U<N> first = s.before - s.step * (step_taps - 1);
    StepList<N> falls;
    U<N> before = first - s.step, turns = first;
    for (int i = 0; i < step_taps; ++i, before = turns, turns += s.step) falls.note(i, bits_below<N>((I<N>)turns, (I<N>)before));
    StepSums<N> sums({}, step_taps);
    falls.each([&](int i, int l) { sums.add(i, l, -2, since(word(first, l) + word(s.step, l) * static_cast<std::uint32_t>(i), word(s.step, l))); });
    sums.leave(s.ahead, step_taps, s.passed != 0u);
    s.passed = splat_u<N>(0);
  }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    const Pitch<N> pitch(v.rate(), params[freq.index].range);
    if (any<N>(s.passed != 0u)) look_back(s);
    if (v[freq].constant()) even(s, v, pitch);
    else moving(s, v, pitch);
  }

  /// The phase is a straight line: nothing of it needs to be kept.
  static void even(State& s, const View<N>& v, const Pitch<N>& pitch) {
    const int frames = v.frames();
    U<N> first{}, step{};
    s.phase.run_even(v, pitch, v[freq][0], [&](U<N> start, U<N> by) {
      first = start + by * static_cast<std::uint32_t>(v.offset());
      step = by;
    });
    const U<N> before = s.before, last_step = s.step;
    s.before = first + step * static_cast<std::uint32_t>(frames - 1);
    s.step = step;
    StepSums<N> sums(s.ahead, frames);
    add_falls(sums, first, step, before, last_step, frames);
    held_or_moving<N>(v[gain_], [&, y = v.out(out)](const auto& gain) {
      U<N> turns = first;
      for (int i = 0; i < frames; ++i, turns += step) y[i] = drawn(gain[i], turns, sums[i]);
    });
    sums.leave(s.ahead, frames);
  }

  static void moving(State& s, const View<N>& v, const Pitch<N>& pitch) {
    const int frames = v.frames();
    U<N> turns_at[block_frames], step_to[block_frames];
    StepList<N> falls;
    U<N> before = s.before, step = s.step;
    s.phase.run(v, pitch, v[freq], [&](int i, U<N> turns, U<N> next) {
      falls.note(i, bits_below<N>((I<N>)turns, (I<N>)before));
      turns_at[i] = turns;
      step_to[i] = step;
      before = turns;
      step = next;
    });
    s.before = before;
    s.step = step;
    StepSums<N> sums(s.ahead, frames);
    falls.each([&](int i, int l) { sums.add(i, l, -2, since(word(turns_at[i], l), word(step_to[i], l))); });
    held_or_moving<N>(v[gain_], [&, y = v.out(out)](const auto& gain) {
      for (int i = 0; i < frames; ++i) y[i] = drawn(gain[i], turns_at[i], sums[i]);
    });
    sums.leave(s.ahead, frames);
  }

  /// How long ago the wave fell, in frames: the phase since then, by the step that led here.
  template <int W> static F<W> since(U<W> turns, U<W> step) { return to_float<W>((I<W>)(turns ^ 0x80000000u)) / to_float<W>((I<W>)step); }
  static float since(std::uint32_t turns, std::uint32_t step) { return since<1>(turns, step); }
  static F<N> drawn(F<N> gain, U<N> turns, F<N> sum) { return gain * fma<N>(to_float<N>((I<N>)turns), splat<N>(0x1p-31f), sum); }

  /// The falls at an even step, each lane's first, then each lane's second, and so on: from each the next is reckoned, no frame is
  /// looked at. `before` is the phase of the frame before the first, `last_step` what led from it.
  [[gnu::always_inline]] static void add_falls(StepSums<N>& sums, U<N> first, U<N> step, U<N> before, U<N> last_step, int frames) {
    const auto fall = [&](std::uint32_t lanes, I<N> at, F<N> ago) {
      const auto place = StepSums<N>::template place<N>(ago);
      for (; lanes != 0; lanes &= lanes - 1) {
        const int l = __builtin_ctz(lanes);
        const auto number = [l](const I<N>& x) { return reinterpret_cast<const std::int32_t*>(&x)[l]; };
        sums.add(number(at), l, -2, {number(place.row), reinterpret_cast<const float*>(&place.between)[l]});
      }
    };
    if (const std::uint32_t now = bits_below<N>((I<N>)first, (I<N>)before)) fall(now, I<N>{}, since<N>(first, last_step));
    U<N> left = 0x7fffffffu - first; // one step more, and it has fallen
    for (I<N> at{};;) {
      at += steps_within(left, step) + 1;
      const std::uint32_t lanes = bits_below<N>(at, I<N>{} + frames);
      if (lanes == 0) break;
      const U<N> turns = first + step * (U<N>)at;
      fall(lanes, at, since<N>(turns, step));
      left = 0x7fffffffu - turns;
    }
  }

  /// left / step, exact where it is below 64, and a large number else.
  static I<N> steps_within(U<N> left, U<N> step) {
    const F<N> room = splat<N>(2147483647.0f) - to_float<N>((I<N>)(0x7fffffffu - left));
    I<N> steps = to_int<N>(min<N>(room / to_float<N>((I<N>)step), splat<N>(1e6f))); // one too many or too few, where it is close
    const U<N> rest = left - (U<N>)steps * step, beyond = rest - step;
    steps = select_i<N>(beyond < 0x10000u, steps + 1, steps);
    return select_i<N>(rest > 0u - 0x10000u, steps - 1, steps);
  }
};

} // namespace

extern const ModuleSpec saw;
constinit const ModuleSpec saw = checked({.name = "saw",
                                          .alias = {},
                                          .help = "a sawtooth, band-limited",
                                          .inputs = {},
                                          .outputs = outputs,
                                          .params = params,
                                          .kernels = kernels<Saw>,
                                          .source = true,
                                          .trusted = true,
                                          .weight = 12});

} // namespace chronus::modules
