// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A factor: out = gain · in, each frame.
#include <chronus/kernel.hpp>

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"in", "the signal"}};
constexpr PortSpec outputs[] = {{"out", "the signal times gain"}};
constexpr ParamSpec params[] = {
    // name  unit              range    initial scale          ms  help
    {"gain", Unit::amplitude, {-16, 16}, 1, Scale::linear, 5, "the factor; below zero turns the signal over"},
};
constexpr auto in = input(inputs, "in");
constexpr auto out = output(outputs, "out");
constexpr auto gain_ = param(params, "gain");

template <int N> struct Gain {
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

extern const ModuleSpec gain;
constinit const ModuleSpec gain = checked({.name = "gain",
                                           .alias = {},
                                           .help = "a factor",
                                           .inputs = inputs,
                                           .outputs = outputs,
                                           .params = params,
                                           .kernels = kernels<Gain>,
                                           .weight = 2});

} // namespace chronus::modules
