// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Patches by hand, without the language, and plans of them.
#pragma once
#include "control/build.hpp"
#include "link/messages.hpp"
#include "scenario.hpp"
#include <doctest/doctest.h>
#include <string>
#include <utility>
#include <vector>

namespace chronus::test {

inline constexpr double rate = 48000;

/// The index of a parameter; switches are set by the index of the choice.
inline int param_of(const ModuleSpec& type, std::string_view name) {
  for (std::size_t p = 0; p < type.params.size(); ++p)
    if (type.params[p].name == name) return static_cast<int>(p);
  FAIL("no parameter " << std::string(name));
  return -1;
}

inline int port_of(std::span<const PortSpec> ports, std::string_view name) {
  for (std::size_t p = 0; p < ports.size(); ++p)
    if (ports[p].name == name) return static_cast<int>(p);
  return -1;
}

struct Kit {
  control::Patch patch;

  Kit& add(const std::string& name, std::string_view type, const std::vector<std::pair<std::string, float>>& settings = {}, int lanes = 0) {
    control::Instance i;
    i.type = find_module(type);
    REQUIRE(i.type != nullptr);
    i.lanes = lanes;
    std::vector<control::Setting> initial;
    for (const ParamSpec& p : i.type->params) initial.push_back({control::Setting::Kind::one, {p.initial}});
    i.settings = std::move(initial);
    patch.instances[name] = i;
    for (const auto& [param, value] : settings) set(name, param, value);
    return *this;
  }
  Kit& set(const std::string& name, std::string_view param, float value) {
    auto& i = patch.instances.at(name);
    i.settings.set(static_cast<std::size_t>(param_of(*i.type, param)), {control::Setting::Kind::one, {value}});
    return *this;
  }
  Kit& spread(const std::string& name, std::string_view param, float low, float high) {
    auto& i = patch.instances.at(name);
    i.settings.set(static_cast<std::size_t>(param_of(*i.type, param)), {control::Setting::Kind::spread, {low, high}});
    return *this;
  }
  Kit& gate(const std::string& name, bool on = true) {
    patch.instances.at(name).gates.assign(1, on);
    return *this;
  }
  /// "name" or "name.port" to "name", "name.port", "name.param", "out" or "out.1".
  Kit& cable(const std::string& from, const std::string& to, float by = 1) {
    const auto [source, out] = split(from);
    const auto [sink, port] = split(to);
    control::Cable c;
    c.from = {source, out.empty() ? 0 : source == control::in_name ? std::stoi(out) - 1 : port_of(patch.instances.at(source).type->outputs, out)};
    c.to.module = sink;
    if (sink == control::out_name) {
      c.to.port = port.empty() ? 0 : std::stoi(port);
    } else if (!port.empty()) {
      const ModuleSpec& type = *patch.instances.at(sink).type;
      c.to.port = port_of(type.inputs, port);
      if ((c.to.is_param = c.to.port < 0)) c.to.port = param_of(type, port);
    }
    c.by = by;
    c.ordinal = patch.next_ordinal[c.to]++;
    patch.cables.push_back(c);
    return *this;
  }

private:
  static std::pair<std::string, std::string> split(const std::string& s) {
    const auto dot = s.find('.');
    return dot == std::string::npos ? std::pair{s, std::string()} : std::pair{s.substr(0, dot), s.substr(dot + 1)};
  }
};

/// Every type of the registry with one lane, with less than a pack and with more than one, fed, modulated and with open gates;
/// what may close a cycle does so once more.
inline Kit everything() {
  Kit k;
  k.add("mod", "lfo", {{"freq", 3}});
  for (int lanes : {1, 5, 19}) {
    const std::string n = "_" + std::to_string(lanes), feed = "feed" + n;
    k.add(feed, "saw", {{"gain", 0.1F}}, lanes).spread(feed, "freq", 60, 900);
    for (const ModuleSpec* type : all_modules()) {
      const std::string name = std::string(type->name) + n;
      k.add(name, type->name, {}, type->sums ? 0 : lanes);
      if (type->has_gate()) k.gate(name);
      for (const PortSpec& in : type->inputs) k.cable(feed, name + "." + std::string(in.name));
      for (const ParamSpec& p : type->params)
        k.cable("mod", name + "." + std::string(p.name), p.choices.empty() ? (p.range.high < 100 ? p.range.high : 100) / 50 : 1);
      k.cable(name, "out");
      if (!type->may_close_cycle()) continue;
      k.add(name + "_loop", type->name, {}, lanes).add(name + "_back", "gain", {{"gain", 0.4F}});
      k.cable(feed, name + "_loop").cable(name + "_loop", name + "_back").cable(name + "_back", name + "_loop").cable(name + "_back", "out");
    }
  }
  return k;
}

inline std::unique_ptr<render::Plan> plan_of(const control::Patch& patch, control::Ids& ids, const control::Patch* before = nullptr, int outs = 2,
                                             int ins = 0) {
  return control::build({patch, before, rate, outs, ins}, ids);
}

using Heard = std::vector<std::vector<float>>; ///< by output, by frame

/// Runs frames [from, to), cut at the grid and where `segment` says; appends.
inline void run(render::Plan& plan, Frame from, Frame to, Heard& heard, const std::function<int(Frame)>& segment = [](Frame) { return block_frames; }) {
  flush_denormals();
  heard.resize(static_cast<std::size_t>(plan.outs));
  for (Frame f = from; f < to;) {
    const Frame n = std::min<Frame>({static_cast<Frame>(segment(f)), block_frames - f % block_frames, to - f});
    plan.run(f, static_cast<int>(n));
    for (int c = 0; c < plan.outs; ++c)
      heard[static_cast<std::size_t>(c)].insert(heard[static_cast<std::size_t>(c)].end(), plan.output(c) + f % block_frames, plan.output(c) + f % block_frames + n);
    f += n;
  }
}

/// The first frame at which two sounds differ by a bit (the sign of zero counts), −1 if none does.
inline long first_difference(const Heard& a, const Heard& b) {
  if (a.size() != b.size()) return 0;
  for (std::size_t c = 0; c < a.size(); ++c) {
    if (a[c].size() != b[c].size()) return 0;
    for (std::size_t i = 0; i < a[c].size(); ++i)
      if (std::memcmp(&a[c][i], &b[c][i], sizeof(float)) != 0) return static_cast<long>(i);
  }
  return -1;
}

inline float loudest(const std::vector<float>& x) {
  float top = 0;
  for (float v : x) top = std::max(top, std::fabs(v));
  return top;
}

inline link::Op set_op(control::Ids& ids, const std::string& module, int param, float value, bool immediate = false) {
  return {link::OpKind::set, immediate, static_cast<std::uint16_t>(param), link::all_lanes, ids.of(module), value};
}
inline link::Op gate_op(control::Ids& ids, const std::string& module, bool on) {
  return {link::OpKind::gate, false, 0, link::all_lanes, ids.of(module), on ? 1.0F : 0.0F};
}

} // namespace chronus::test
