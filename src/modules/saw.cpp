// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A bright, buzzing tone with every harmonic, falling as 1/n: strings and basses start here.
//   wave    out = gain · (2·frac(phase + ½) − 1), rising through 0 at the first frame, falling once a turn
//   level   ±gain, and a third more just after the fall, as any band-limited step overshoots
// The fall is band-limited as it happens (dsp/step.hpp): all aliases together lie below −75 dB at 5 kHz and 48 kHz; harmonics
// above 0.3 of the rate are softened, by 6 dB at 0.38. A frequency that moves bends the ramp; those corners stay as they are.
#include "dsp/phase.hpp"
#include "dsp/step.hpp"
#include <cstring>

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

  static std::uint32_t lane_u(const U<N>& x) { return reinterpret_cast<const std::uint32_t*>(&x)[0]; }

  /// One lane at an even step: its phases, frames side by side, and its falls. `before` is the phase of the frame before the first.
  static void along_time(std::uint32_t first, std::uint32_t step, std::uint32_t before, int frames, U<N>* turns_at, StepList<N>& falls) {
    constexpr int W = native_width;
    const auto to = reinterpret_cast<std::uint32_t*>(turns_at);
    U<W> ahead{};
    for (int k = 0; k < W; ++k) ahead[k] = static_cast<std::uint32_t>(k) * step;
    for (int i = 0; i < frames; i += W, first += W * step) {
      const U<W> turns = first + ahead;
      U<W> past = turns - step;
      if (i == 0) past[0] = before;
      std::uint32_t fallen = bits_below<W>((I<W>)turns, (I<W>)past);
      if (frames - i >= W) {
        std::memcpy(to + i, &turns, sizeof turns);
      } else {
        for (int k = 0; i + k < frames; ++k) to[i + k] = turns[k];
        fallen &= (1u << (frames - i)) - 1;
      }
      for (; fallen != 0; fallen &= fallen - 1) falls.note(i + __builtin_ctz(fallen), 1);
    }
  }

  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME {
    const int frames = v.frames();
    const auto y = v.out(out);
    const auto turns_at = reinterpret_cast<U<N>*>(y); // until the wave is drawn over it
    U<N> step_to[block_frames]; // while it stands still: the first frame's alone
    StepList<N> falls;
    const bool moves = !v[freq].constant();
    U<N> before = s.before, step = s.step;
    const Pitch<N> pitch(v.rate(), params[freq.index].range);
    step_to[0] = step;
    if (N == 1 && !moves) {
      s.phase.run_even(v, pitch, v[freq][0], [&](U<N> start, U<N> even) {
        along_time(lane_u(start + even * static_cast<std::uint32_t>(v.offset())), lane_u(even), lane_u(before), frames, turns_at, falls);
        step = even;
      });
      before = turns_at[frames - 1];
    } else {
      s.phase.run(v, pitch, v[freq], [&](int i, U<N> turns, U<N> next) {
        falls.note(i, bits_below<N>((I<N>)turns, (I<N>)before));
        turns_at[i] = turns;
        if (moves) step_to[i] = step;
        before = turns;
        step = next;
      });
    }
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
