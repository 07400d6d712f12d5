// SPDX-License-Identifier: GPL-3.0-or-later
// Worker threads. All voices as one: what stands behind it (a reverb, a drive) is there once for all of them.
//   out = Σ lanes of in; it has one lane itself, and the plan that it is in has added them up before it runs
#include <chronus/kernel.hpp>
#include <cstring>

namespace chronus::modules::inline CHRONUS_ISA {
namespace {

constexpr PortSpec inputs[] = {{"in", "the voices; several cables add up too"}};
constexpr PortSpec outputs[] = {{"out", "their sum, in one lane"}};
constexpr auto in = input(inputs, "in");
constexpr auto out = output(outputs, "out");

template <int N> struct Sum {
  struct State {};
  static void start(State&, const Birth&) noexcept {}
  static bool rests(const State&) noexcept CHRONUS_REALTIME { return true; }
  static bool pass(State&, const View<N>&) noexcept CHRONUS_REALTIME { return true; }
  static void run(State&, const View<N>& v) noexcept CHRONUS_REALTIME {
    std::memcpy(v.out(out), v.in(in), static_cast<std::size_t>(v.frames()) * sizeof(F<N>));
  }
};
constexpr Kernels narrow[] = {Entry<Sum, 1>::table()};

} // namespace

extern const ModuleSpec sum;
constinit const ModuleSpec sum = checked({.name = "sum",
                                          .alias = {},
                                          .help = "all lanes added up to one",
                                          .inputs = inputs,
                                          .outputs = outputs,
                                          .params = {},
                                          .kernels = narrow,
                                          .sums = true,
                                          .weight = 1});

} // namespace chronus::modules
