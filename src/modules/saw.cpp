// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A bright, buzzing tone with every harmonic, falling as 1/n: strings and basses start here.
//   wave    out = gain · (2·frac(phase + ½) − 1), rising from 0 at the first frame, falling once a turn; at a negative pitch
//           it runs backward: falling, and rising once a turn
//   level   ±gain, and a third more just after the fall, as any band-limited step overshoots; its mean is 0
// The fall is band-limited as it happens (dsp/step.hpp): all aliases together lie below −75 dB at 5 kHz and 48 kHz; harmonics
// above 0.3 of the rate are softened, by 6 dB at 0.38. A frequency that moves bends the ramp; those corners stay as they are.
// The band-limited fall comes late, by step_delay in the mean, so the ramp is drawn as late: what a fall adds to the mean, the
// ramp's way takes away again, however the pitch moves.
#include "dsp/phase.hpp"
#include "dsp/step.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec outputs[] = {{"out", "the tone"}};
constexpr ParamSpec params[] = {
    // name  unit              range            initial scale               ms  help, choices, alias, moved
    {"freq", Unit::hertz,     {0.01f, 20'000}, 440,    Scale::logarithmic, 10, "frequency", {}, "frequency", any_pitch},
    {"gain", Unit::amplitude, {-16, 16},       0.5f,   Scale::linear,      5,  "peak level of the ramp"},
};
constexpr auto out = output(outputs, "out");
constexpr auto freq = param(params, "freq");
constexpr auto gain_ = param(params, "gain");

template <int N> struct Saw {
  struct State {
    Phase<N> phase;
    U<N> before, step; ///< the last frame's phase, and the step from it
    U<N> led[2];       ///< the step that led to it, and the one before that
    U<N> passed;       ///< not 0: `ahead` is still to be found
    Ahead<N> ahead;
  };
  static void start(State& s, const Birth&) noexcept { s = State(); }

  static std::uint32_t word(const U<N>& x, int l) { return reinterpret_cast<const std::uint32_t*>(&x)[l]; }

  /// The last falls are found when they are asked for.
  static bool pass(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    if (v.frames() <= step_taps) return false;
    s.phase.pass(v, v[freq]);
    s.step = rounded<N>(s.phase.step);
    s.before = s.phase.running - s.step;
    s.led[0] = s.led[1] = s.step;
    s.passed = splat_u<N>(1);
    return true;
  }
  /// What the falls of the frames before, which were passed at an even step, add to those to come.
  static void look_back(State& s) {
    const U<N> first = s.before - s.step * (step_taps - 1);
    StepList<N> falls;
    U<N> before = first - s.step, turns = first;
    for (int i = 0; i < step_taps; ++i, before = turns, turns += s.step)
      falls.note(i, falls_between<Pitch<N>>(before, turns, s.step));
    StepSums<N> sums({}, step_taps);
    falls.each([&](int i, int l) {
      const std::uint32_t step = word(s.step, l);
      add_fall(sums, i, l, word(first, l) + step * static_cast<std::uint32_t>(i), step);
    });
    sums.leave(s.ahead, step_taps, s.passed != 0u);
    s.passed = splat_u<N>(0);
  }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    const Pitch<N> pitch(v.rate());
    const auto hertz = v[freq];
    if (any<N>(s.passed != 0u)) look_back(s);
    if (hertz.constant() && all<N>(hertz[0] > F<N>{}) && pitch.is_forward(hertz, 1)) even(s, v, pitch);
    else run_moving(s, v);
  }
  [[gnu::noinline]] static void run_moving(State& s, const View<N>& v) {
    const Pitch<N> pitch(v.rate());
    pitch.draw(v[freq], v.frames(), v.out(out), [&](const auto& steps, const Signal<N>& at) {
      if (any<N>((I<N>)s.step < I<N>{})) moving(s, v, pitch, at); // what led to the first frame ran backward
      else moving(s, v, steps, at);
    });
  }

  /// The phase is a straight line: nothing of it needs to be kept.
  static void even(State& s, const View<N>& v, const Pitch<N>& pitch) {
    const int frames = v.frames();
    U<N> first{}, step{};
    s.phase.run_even(v, pitch.forward(), v[freq][0], [&](U<N> start, U<N> by) {
      first = start + by * static_cast<std::uint32_t>(v.offset());
      step = by;
    });
    const U<N> before = s.before, last_step = s.step;
    StepSums<N> sums(s.ahead, frames);
    add_falls(sums, first, step, before, last_step, frames);
    const U<N> led[] = {s.led[1], s.led[0], last_step, step, step};
    const bool settled = !any<N>((led[0] != step) | (led[1] != step) | (led[2] != step));
    s.before = first + step * static_cast<std::uint32_t>(frames - 1);
    s.step = step;
    s.led[1] = led[frames < 3 ? frames : 3];
    s.led[0] = led[frames < 3 ? frames + 1 : 3];
    held_or_moving<N>(v[gain_], [&, y = v.out(out)](const auto& gain) {
      const F<N> even_lag = lag(step, step, step);
      U<N> turns = first;
      for (int i = 0; i < frames; ++i, turns += step) y[i] = drawn(gain[i], turns, sums[i], even_lag);
      turns = first;
      for (int i = 0; !settled && i < 3 && i < frames; ++i, turns += step)
        y[i] = drawn(gain[i], turns, sums[i], lag(led[i + 2], led[i + 1], led[i]));
    });
    sums.leave(s.ahead, frames);
  }

  template <class Steps> static void moving(State& s, const View<N>& v, const Steps& pitch, const Signal<N>& hertz) {
    const int frames = v.frames();
    U<N> turns_at[block_frames], led[2 + block_frames], *const step_to = led + 2;
    StepList<N> falls;
    U<N> before = s.before, step = s.step;
    led[0] = s.led[1];
    led[1] = s.led[0];
    s.phase.run(v, pitch, hertz, [&](int i, U<N> turns, U<N> next) {
      falls.note(i, falls_between<Steps>(before, turns, step));
      turns_at[i] = turns;
      step_to[i] = step;
      before = turns;
      step = next;
    });
    s.before = before;
    s.step = step;
    s.led[1] = led[frames];
    s.led[0] = led[frames + 1];
    StepSums<N> sums(s.ahead, frames);
    falls.each([&](int i, int l) { add_fall(sums, i, l, word(turns_at[i], l), word(step_to[i], l)); });
    held_or_moving<N>(v[gain_], [&, y = v.out(out)](const auto& gain) {
      for (int i = 0; i < frames; ++i) y[i] = drawn(gain[i], turns_at[i], sums[i], lag(led[i + 2], led[i + 1], led[i]));
    });
    sums.leave(s.ahead, frames);
  }

  /// How far the phase has gone in the last `step_delay` frames: by all of the last two steps, and a part of the third.
  static F<N> lag(U<N> last, U<N> second, U<N> third) {
    static_assert(step_delay > 2 && step_delay < 3);
    const auto part = [](U<N> step) { return to_float<N>((I<N>)step); };
    return fma<N>(part(third), splat<N>(static_cast<float>(step_delay - 2)), part(last) + part(second));
  }

  /// A bit for each lane in which the wave falls between two frames, or rises where it runs backward.
  template <class Steps> static std::uint32_t falls_between(U<N> before, U<N> turns, U<N> step) {
    const std::uint32_t below = bits_below<N>((I<N>)turns, (I<N>)before);
    return may_run_back<Steps, N> ? below ^ bits_below<N>((I<N>)step, I<N>{}) : below;
  }
  static void add_fall(StepSums<N>& sums, int i, int l, std::uint32_t turns, std::uint32_t step) {
    sums.add(i, l, static_cast<std::int32_t>(step) < 0 ? 2 : -2, since(turns, step));
  }
  /// How long ago the wave fell, in frames: the phase since then, by the step that led here.
  template <int W> static F<W> since(U<W> turns, U<W> step) { return to_float<W>((I<W>)(turns ^ 0x80000000u)) / to_float<W>((I<W>)step); }
  static float since(std::uint32_t turns, std::uint32_t step) { return since<1>(turns, step); }
  static F<N> drawn(F<N> gain, U<N> turns, F<N> sum, F<N> lag) {
    return gain * fma<N>(to_float<N>((I<N>)turns) - lag, splat<N>(0x1p-31f), sum);
  }

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
