// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A state-variable filter: as the biquad, but its band sings out, q times as loud as what comes in.
//   cutoff   g = tan(π·cutoff/rate), exact; may move every frame
//   q        k = 1/q; low- and highpass have |H| = q at cutoff
//   bandpass constant skirts: the peak is q, the slopes stay where they are
// Sources and derivation: dsp/trapezoid.hpp.
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
    {"q",      Unit::none,  {0.1f, 100},  0.707f, Scale::logarithmic, 25, "resonance: the gain at cutoff", {}, "resonance"},
};
constexpr FilterPorts ports{input(inputs, "in"),      output(outputs, "out"), param(params, "mode"),
                            param(params, "cutoff"),  param(params, "q"),
                            params[param(params, "cutoff").index].range};

template <int N> struct Svf {
  using Cells = Filter<N, Band::raw>;
  using State = typename Cells::State;
  static void start(State& s, const Birth&) noexcept { s = State(); }
  static bool rests(const State& s) noexcept CHRONUS_REALTIME { return s.rests(); }
  static void run(State& s, const View<N>& v) noexcept CHRONUS_REALTIME { Cells::run(s, v, ports); }
};

} // namespace

extern const ModuleSpec svf;
constinit const ModuleSpec svf = checked({.name = "svf",
                                         .alias = {},
                                         .help = "a state-variable filter, made to be moved",
                                         .inputs = inputs,
                                         .outputs = outputs,
                                         .params = params,
                                         .kernels = kernels<Svf>,
                                         .weight = 16});

} // namespace chronus::modules
