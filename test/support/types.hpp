// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. Module types that only tests have: the wiring of them is real, they make no sound.
#pragma once
#include "../../src/control/draft.hpp"
#include <chronus/module.hpp>

namespace chronus::test {

class Types {
public:
  const ModuleSpec& plain() const { return plain_; }
  const ModuleSpec& two_outputs() const { return two_outputs_; }
  const ModuleSpec& delay() const { return delay_; }

private:
  static void run(const Segment&) noexcept {}
  static void start(void*, const Birth&) noexcept {}
  static void gate(void*, int, bool) noexcept {}
  static constexpr PortSpec inputs_[] = {{"in", "an input"}};
  static constexpr PortSpec outputs_[] = {{"out", "an output"}};
  static constexpr PortSpec sides_[] = {{"left", "an output"}, {"right", "an output"}};
  static constexpr ParamSpec params_[] = {{"amount", Unit::none, {0, 100}, 1, Scale::linear, 5, "a number", {}, "much"}};
  static constexpr Kernels plain_kernels_[] = {{1, 0, &start, &run, nullptr, &gate}};
  static constexpr Kernels delay_kernels_[] = {{1, 0, &start, &run, &run, nullptr}};
  static constexpr ModuleSpec plain_{.name = "plain", .help = "a test's", .inputs = inputs_, .outputs = outputs_, .params = params_, .kernels = plain_kernels_};
  static constexpr ModuleSpec two_outputs_{.name = "two", .help = "a test's", .inputs = inputs_, .outputs = sides_, .params = params_, .kernels = plain_kernels_};
  static constexpr ModuleSpec delay_{.name = "back", .help = "a test's", .inputs = inputs_, .outputs = outputs_, .params = params_, .kernels = delay_kernels_};
};

/// Puts an instance of a type that the registry does not know into a draft.
inline void add(control::Draft& draft, const std::string& name, const ModuleSpec& type, int lanes = 0) {
  control::Patch patch = draft.patch();
  control::Instance instance{&type, lanes, {}, {}};
  for (const ParamSpec& p : type.params) instance.settings.push_back({control::Setting::Kind::one, {p.initial}});
  patch.instances.emplace(name, std::move(instance));
  draft.replace(std::move(patch));
}

} // namespace chronus::test
