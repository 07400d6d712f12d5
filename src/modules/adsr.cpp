// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. The shape of a note: a rise, a fall to a held level, and a way out when the gate closes.
//   times    n = time · rate / 1000 frames, rounded up, at least 1
//   attack   frame k after the gate's is from + (1 − from)·k/n, from the level at the gate; exactly 1 at frame n
//   decay    then 1 + (sustain − 1)·k/n, then sustain itself, also while it moves
//   release  from · (1 − k/n) from the level at the gate, exactly 0 at frame n
// An opened gate that is opened again attacks anew from where it is; one closed twice goes on releasing. Progress is counted in
// 62 bits, so that n frames of 1/n are one, and a time may move within its segment of the envelope: what is left goes faster
// or slower. out = envelope · in; without a cable at in, the envelope itself.
#include "dsp/phase.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"in", "what is shaped; without a cable, the envelope comes out"}};
constexpr PortSpec outputs[] = {{"out", "in times the envelope"}};
constexpr ParamSpec params[] = {
    // name     unit                 range            initial scale               ms  help
    {"attack",  Unit::milliseconds, {0.01f, 60'000}, 10,     Scale::logarithmic, 0,  "time from the gate to the peak"},
    {"decay",   Unit::milliseconds, {0.01f, 60'000}, 100,    Scale::logarithmic, 0,  "time from the peak to sustain"},
    {"sustain", Unit::amplitude,    {0, 1},          0.7f,   Scale::linear,      5,  "level held while the gate is open"},
    {"release", Unit::milliseconds, {0.01f, 60'000}, 200,    Scale::logarithmic, 0,  "time from the closed gate to silence"},
};
constexpr auto in = input(inputs, "in");
constexpr auto out = output(outputs, "out");
constexpr auto attack = param(params, "attack"), decay = param(params, "decay"), sustain = param(params, "sustain"),
               release = param(params, "release");

template <int N> struct Adsr {
  static constexpr std::uint32_t resting = 0, rising = 1, falling = 2, holding = 3, leaving = 4; // of State::stage
  static constexpr std::uint32_t nothing = 0, opened = 1, closed = 2;                            // of State::gate
  struct State {
    U<N> stage, gate;
    Wide<N> progress; ///< of the stage; 2^30 in the high word is its end
    F<N> from;        ///< level at the gate
  };
  static void start(State& s, const Birth&) noexcept { s = State(); }
  static void gate(State& s, int lane, bool on) noexcept CHRONUS_REALTIME {
    reinterpret_cast<std::uint32_t*>(&s.gate)[lane] = on ? opened : closed;
  }

  /// Of each lane's stage: where it begins, and how it goes on from there by the progress's high word.
  struct Line {
    F<N> from, slope;
    F<N> operator()(const Wide<N>& progress) const { return fma<N>(slope, to_float<N>((I<N>)progress.high), from); }
  };
  /// One that does not move has both ends where it is.
  static Line line(const State& s, F<N> held) {
    const F<N> peak = select<N>(s.stage == falling, splat<N>(1), s.from);
    const F<N> begin = select<N>(s.stage == resting, splat<N>(0), select<N>(s.stage == holding, held, peak));
    const F<N> low = select<N>((s.stage == falling) | (s.stage == holding), held, splat<N>(0));
    const F<N> end = select<N>(s.stage == rising, splat<N>(1), low);
    return {begin, (end - begin) * 0x1p-30f};
  }
  static F<N> level(const State& s, F<N> held) { return line(s, held)(s.progress); }

  /// What one frame adds to the progress. The 2^-36 over makes n steps reach the end and n − 1 not, for all n below 2^24.
  static Wide<N> step(const State& s, F<N> rise, F<N> fall, F<N> leave, double per_ms) {
    const Range range = params[attack.index].range;
    const F<N> ms = clamp<N>(select<N>(s.stage == rising, rise, select<N>(s.stage == falling, fall, leave)),
                             splat<N>(range.low), splat<N>(range.high));
    // Up to a thousandth of a frame over is taken for a rounding of the time's own 24 bits.
    I<N> n = to_int_d<N>(to_doubles<N>(ms) * per_ms + (1 - 1.0 / 1024));
    n = select_i<N>(n < 1, I<N>{} + 1, n);
    const Wide<N> part = fixed_point<N>(0x1p30 * (1 + 0x1p-36) / to_doubles_i<N>(n));
    const M<N> still = (s.stage == resting) | (s.stage == holding);
    const U<N> none = splat_u<N>(0);
    return {select_u<N>(still, none, part.high), select_u<N>(still, none, part.low)};
  }

  static void take_gates(State& s, F<N> held) {
    if (!any<N>(s.gate != nothing)) return;
    const F<N> now = level(s, held);
    const M<N> opens = s.gate == opened;
    const M<N> closes = (s.gate == closed) & (s.stage != resting) & (s.stage != leaving);
    const M<N> turns = opens | closes;
    s.from = select<N>(turns, now, s.from);
    s.progress.high = select_u<N>(turns, splat_u<N>(0), s.progress.high);
    s.progress.low = select_u<N>(turns, splat_u<N>(0), s.progress.low);
    s.stage = select_u<N>(opens, splat_u<N>(rising), select_u<N>(closes, splat_u<N>(leaving), s.stage));
    s.gate = splat_u<N>(nothing);
  }

  static void finish(State& s) {
    const M<N> over = s.progress.high >= 0x40000000u;
    const U<N> next = select_u<N>(s.stage == leaving, splat_u<N>(resting), s.stage + 1);
    s.stage = select_u<N>(over, next, s.stage);
    s.progress.high = select_u<N>(over, splat_u<N>(0), s.progress.high);
    s.progress.low = select_u<N>(over, splat_u<N>(0), s.progress.low);
  }

  /// Frames that can be run without any lane's coming to the end of its stage: not all of them, but never too many.
  static int safe(const State& s, const Wide<N>& by) {
    const F<N> left = to_float<N>((I<N>)(0x40000000u - s.progress.high)) / to_float<N>((I<N>)(by.high + 1));
    return least<N>(to_int<N>(clamp<N>(left - 2.0f, F<N>{}, splat<N>(block_frames))));
  }

  template <bool shapes> static void envelope(State& s, const View<N>& v) {
    const auto x = v.in(in);
    const auto y = v.out(out);
    const auto rise = v[attack], fall = v[decay], hold = v[sustain], leave = v[release];
    const double per_ms = v.rate() / 1000;
    const int frames = v.frames();
    const bool moving = !rise.constant() || !fall.constant() || !leave.constant();
    take_gates(s, hold[0]);
    for (int i = 0; i < frames;) {
      if (all<N>((s.stage == resting) | (s.stage == holding))) { // as the loops below, with nothing to count
        const M<N> held = s.stage == holding;
        return held_or_moving<N>(hold, [held, x, y, first = i, frames](const auto& sustained) {
          for (int k = first; k < frames; ++k) {
            const F<N> now = select<N>(held, sustained[k], splat<N>(0));
            y[k] = shapes ? now * x[k] : now;
          }
        });
      }
      const Wide<N> by = step(s, rise[i], fall[i], leave[i], per_ms);
      const int sure = moving ? 0 : safe(s, by);
      const int stop = sure < frames - i ? i + sure : frames;
      if (hold.constant()) {
        const Line now = line(s, hold[0]);
        for (; i < stop; ++i) {
          y[i] = shapes ? now(s.progress) * x[i] : now(s.progress);
          s.progress.add(by);
        }
      } else {
        for (; i < stop; ++i) {
          const F<N> now = level(s, hold[i]);
          y[i] = shapes ? now * x[i] : now;
          s.progress.add(by);
        }
      }
      if (i == frames) break;
      const F<N> now = level(s, hold[i]);
      y[i] = shapes ? now * x[i] : now;
      s.progress.add(by);
      finish(s);
      ++i;
    }
  }

  static bool deaf(const State& s) noexcept CHRONUS_REALTIME { return all<N>((s.stage == resting) & (s.gate != opened)); }

  static void run(State& state, const View<N>& v) noexcept CHRONUS_REALTIME {
    if (deaf(state)) {
      state.gate = splat_u<N>(nothing);
      for (int i = 0; i < v.frames(); ++i) v.out(out)[i] = F<N>{};
      return;
    }
    State s = state;
    if (v.connected(in)) envelope<true>(s, v);
    else envelope<false>(s, v);
    state = s;
  }
};

} // namespace

extern const ModuleSpec adsr;
constinit const ModuleSpec adsr = checked({.name = "adsr",
                                           .alias = {},
                                           .help = "an envelope: attack, decay, sustain, release",
                                           .inputs = inputs,
                                           .outputs = outputs,
                                           .params = params,
                                           .kernels = kernels<Adsr>,
                                           .trusted = true,
                                           .weight = 8});

} // namespace chronus::modules
