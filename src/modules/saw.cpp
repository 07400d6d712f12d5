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
    Ahead<N> ahead;
  };
  static void start(State& s, const Birth&) noexcept { s = State(); }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    const int frames = v.frames();
    const auto y = v.out(out);
    const auto turns_at = reinterpret_cast<U<N>*>(y); // until the wave is drawn over it
    U<N> step_to[block_frames]; // while it stands still: the first frame's alone
    StepList<N> falls;
    const bool moves = !v[freq].constant();
    U<N> before = s.before, step = s.step;
    step_to[0] = step;
    s.phase.run(v, Pitch<N>(v.rate(), params[freq.index].range), v[freq], [&](int i, U<N> turns, U<N> next) {
      falls.note(i, bits_below<N>((I<N>)turns, (I<N>)before));
      turns_at[i] = turns;
      if (moves) step_to[i] = step;
      before = turns;
      step = next;
    });
    s.before = before;
    s.step = step;
    StepSums<N> sums(s.ahead, frames);
    falls.each([&](int i, int l) {
      const std::uint32_t past = reinterpret_cast<const std::uint32_t*>(turns_at + i)[l] ^ 0x80000000u;
      const std::uint32_t by = reinterpret_cast<const std::uint32_t*>(moves || i == 0 ? step_to + i : &step)[l];
      sums.add(i, l, -2, static_cast<float>(static_cast<std::int32_t>(past)) / static_cast<float>(static_cast<std::int32_t>(by)));
    });
    held_or_moving<N>(v[gain_], [&](const auto& gain) {
      for (int i = 0; i < frames; ++i) y[i] = gain[i] * fma<N>(to_float<N>((I<N>)turns_at[i]), splat<N>(0x1p-31f), sums[i]);
    });
    sums.leave(s.ahead, frames);
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
