// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. A place between left and right, equally loud wherever it is.
//   pos    θ = (pos + 1)·π/4;  left = cos θ · in, right = sin θ · in; −3.01 dB each in the middle, power constant within 1e-6
#include "dsp/sine.hpp"
#include <chronus/kernel.hpp>

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"in", "the signal"}};
constexpr PortSpec outputs[] = {{"left", "what goes to the left"}, {"right", "what goes to the right"}};
constexpr ParamSpec params[] = {
    // name unit        range    initial scale         ms  help
    {"pos", Unit::none, {-1, 1}, 0, Scale::linear, 10, "the place: -1 left, 0 middle, 1 right"},
};
constexpr auto in = input(inputs, "in");
constexpr auto left = output(outputs, "left"), right = output(outputs, "right");
constexpr auto pos = param(params, "pos");

template <int N> struct Pan {
  struct State {};
  static void start(State&, const Birth&) noexcept {}
  static bool rests(const State&) noexcept CHRONUS_REALTIME { return true; }
  static bool pass(State&, const View<N>&) noexcept CHRONUS_REALTIME { return true; }
  static void run(State&, const View<N>& v) noexcept CHRONUS_REALTIME {
    const auto x = v.in(in);
    const auto l = v.out(left), r = v.out(right);
    const auto place = v[pos];
    const int frames = v.frames();
    const auto factors = [](F<N> p, F<N>& a, F<N>& b) {
      p = clamp<N>(p, splat<N>(-1), splat<N>(1)) * 0.25f;
      a = sine_half_turns<N>(0.25f - p);
      b = sine_half_turns<N>(0.25f + p);
    };
    F<N> a, b;
    if (place.constant()) {
      factors(place[0], a, b);
      for (int i = 0; i < frames; ++i) l[i] = a * x[i], r[i] = b * x[i];
    } else {
      for (int i = 0; i < frames; ++i) {
        factors(place[i], a, b);
        l[i] = a * x[i], r[i] = b * x[i];
      }
    }
  }
};

} // namespace

extern const ModuleSpec pan;
constinit const ModuleSpec pan = checked({.name = "pan",
                                          .alias = {},
                                          .help = "a place between left and right",
                                          .inputs = inputs,
                                          .outputs = outputs,
                                          .params = params,
                                          .kernels = kernels<Pan>,
                                          .weight = 3});

} // namespace chronus::modules
