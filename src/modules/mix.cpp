// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A place where several signals meet: cables into one input add up on their way here.
//   level   out = gain · (sum of the cables at in)
#include <chronus/kernel.hpp>

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"in", "the signals; several cables add up"}};
constexpr PortSpec outputs[] = {{"out", "their sum times gain"}};
constexpr ParamSpec params[] = {
    // name  unit              range    initial scale          ms  help
    {"gain", Unit::amplitude, {-16, 16}, 1, Scale::linear, 5, "level of the sum; below zero turns it over"},
};
constexpr auto in = input(inputs, "in");
constexpr auto out = output(outputs, "out");
constexpr auto gain_ = param(params, "gain");

template <int N> struct Mix {
  struct State {};
  static void start(State&, const Birth&) noexcept {}
  static bool rests(const State&) noexcept CHRONUS_REALTIME { return true; }
  static bool pass(State&, const View<N>&) noexcept CHRONUS_REALTIME { return true; }
  static void run(State&, const View<N>& v) noexcept CHRONUS_REALTIME {
    const auto x = v.in(in);
    const auto y = v.out(out);
    const int frames = v.frames();
    held_or_moving<N>(v[gain_], [&](const auto& gain) {
      for (int i = 0; i < frames; ++i) y[i] = gain[i] * x[i];
    });
  }
};

} // namespace

extern const ModuleSpec mix;
constinit const ModuleSpec mix = checked({.name = "mix",
                                          .alias = {},
                                          .help = "adds up what is connected to it",
                                          .inputs = inputs,
                                          .outputs = outputs,
                                          .params = params,
                                          .kernels = kernels<Mix>,
                                          .weight = 2});

} // namespace chronus::modules
