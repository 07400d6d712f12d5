// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. The plain second-order filter of the audio EQ cookbook: 12 dB an octave, or a band that never rises above 0 dB.
//   cutoff   ω = 2π·cutoff/rate; low- and highpass have |H| = q there (−3.01 dB at q = 1/√2)
//   q        α = sin ω/(2q)
//   bandpass constant 0 dB peak gain
// The transfer functions are exactly the cookbook's (R. Bristow-Johnson); they are not computed as differences of the input
// and output, which loses a 10 Hz corner in single precision and may blow up when cutoff moves fast, but by dsp/trapezoid.hpp.
#include "dsp/trapezoid.hpp"

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"in", "the signal to filter"}};
constexpr PortSpec outputs[] = {{"out", "what passes"}};
constexpr std::string_view modes[] = {"lowpass", "highpass", "bandpass"};
constexpr ParamSpec params[] = {
    // name    unit         range         initial scale               ms  help, choices, alias
    {"mode",   Unit::none,  {0, 2},       0,      Scale::linear,      10, "what passes", modes, "filter_mode"},
    {"cutoff", Unit::hertz, {10, 20'000}, 1'000,  Scale::logarithmic, 25, "corner frequency"},
    {"q",      Unit::none,  {0.1f, 100},  0.707f, Scale::logarithmic, 25, "resonance; 0.707 is flat", {}, "resonance"},
};
constexpr FilterPorts ports{input(inputs, "in"),      output(outputs, "out"), param(params, "mode"),
                            param(params, "cutoff"),  param(params, "q"),
                            params[param(params, "cutoff").index].range};

template <int N> struct Biquad {
  using Cells = Filter<N, Band::scaled>;
  using State = typename Cells::State;
  static void start(State& s, const Birth&) noexcept { s = State(); }
  static bool rests(const State& s) noexcept CHRONUS_REALTIME { return s.rests(); }
  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME { Cells::run(s, v, ports); }
};

} // namespace

extern const ModuleSpec biquad;
constinit const ModuleSpec biquad = checked({.name = "biquad",
                                            .alias = "biquad_filter",
                                            .help = "a second-order filter, the cookbook's",
                                            .inputs = inputs,
                                            .outputs = outputs,
                                            .params = params,
                                            .kernels = kernels<Biquad>,
                                            .weight = 16});

} // namespace chronus::modules
