// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. A registry of its own for tests of the language: one type of each shape of wiring, none of which sounds.
#include <chronus/module.hpp>

namespace chronus {
namespace {

void run(const Segment&) noexcept {}
void start(void*, const Birth&) noexcept {}
void gate(void*, int, bool) noexcept {}

constexpr PortSpec in[] = {{"in", "the signal"}};
constexpr PortSpec out[] = {{"out", "the result"}};
constexpr PortSpec sides[] = {{"left", "the left side"}, {"right", "the right side"}};
constexpr PortSpec both[] = {{"left", "the left side"}, {"right", "the right side"}};
constexpr std::string_view modes[] = {"lowpass", "highpass", "bandpass"};
constexpr Kernels plain[] = {{1, 0, &start, &run, nullptr, nullptr}};
constexpr Kernels gated[] = {{1, 0, &start, &run, nullptr, &gate}};
constexpr Kernels closing[] = {{1, 0, &start, &run, &run, nullptr}};

constexpr ParamSpec gain_params[] = {{"gain", Unit::amplitude, {-16, 16}, 1, Scale::linear, 5, "the factor"}};
constexpr ParamSpec sine_params[] = {
    {"freq", Unit::hertz, {0.01f, 20000}, 440, Scale::logarithmic, 5, "the pitch", {}, "frequency"},
    {"gain", Unit::amplitude, {-16, 16}, 0.5f, Scale::linear, 5, "the level"},
};
constexpr ParamSpec adsr_params[] = {
    {"attack", Unit::milliseconds, {0, 60000}, 10, Scale::linear, 5, "from nothing to full"},
    {"sustain", Unit::none, {0, 1}, 0.7f, Scale::linear, 5, "the level that is held"},
};
constexpr ParamSpec filter_params[] = {
    {"mode", Unit::none, {0, 2}, 0, Scale::linear, 5, "what passes", modes, "filter_mode"},
    {"cutoff", Unit::hertz, {20, 20000}, 1000, Scale::logarithmic, 5, "the corner"},
};
constexpr ParamSpec delay_params[] = {{"time", Unit::milliseconds, {0, 10000}, 250, Scale::linear, 5, "how late"}};
constexpr ParamSpec pan_params[] = {{"pos", Unit::none, {-1, 1}, 0, Scale::linear, 5, "from left to right"}};

constexpr ModuleSpec gain = checked({.name = "gain", .help = "a factor", .inputs = in, .outputs = out, .params = gain_params, .kernels = plain});
constexpr ModuleSpec sine = checked({.name = "sine", .alias = "simple_sine", .help = "a sine", .outputs = out, .params = sine_params, .kernels = plain, .source = true});
constexpr ModuleSpec adsr = checked({.name = "adsr", .help = "an envelope", .inputs = in, .outputs = out, .params = adsr_params, .kernels = gated});
constexpr ModuleSpec biquad = checked({.name = "biquad", .alias = "biquad_filter", .help = "a filter", .inputs = in, .outputs = out, .params = filter_params, .kernels = plain});
constexpr ModuleSpec delay = checked({.name = "delay", .help = "an echo", .inputs = in, .outputs = out, .params = delay_params, .kernels = closing});
constexpr ModuleSpec pan = checked({.name = "pan", .help = "a place between two sides", .inputs = in, .outputs = sides, .params = pan_params, .kernels = plain});
constexpr ModuleSpec limiter = checked({.name = "limiter", .help = "two sides, held", .inputs = both, .outputs = sides, .params = gain_params, .kernels = plain});
constexpr const ModuleSpec* all[] = {&gain, &sine, &adsr, &biquad, &delay, &pan, &limiter};

} // namespace

std::span<const ModuleSpec* const> all_modules() { return all; }

const ModuleSpec* find_module(std::string_view name) {
  for (const ModuleSpec* m : all)
    if (m->name == name || (!m->alias.empty() && m->alias == name)) return m;
  return nullptr;
}

} // namespace chronus
