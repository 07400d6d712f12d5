// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The edits of a draft that are not about cables, and how it takes in what others did.
#include "draft.hpp"
#include "error.hpp"
#include "text.hpp"
#include "values.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace chronus::control {

void Draft::index() {
  graph_ = Graph(patch_);
  wired_.clear();
  for (const Cable& c : patch_.cables) wired_.insert({c.from, c.to});
}

std::string Draft::create(std::span<const Word> words) {
  const Word& id = words[0];
  check_new_name(id);
  if (patch_.instances.contains(id.text)) throw Error(id.column, fmt::format("there is already a module {}", quoted(id.text)));
  if (patch_.instances.size() >= max_modules) throw Error(id.column, fmt::format("{}: a patch is limited to {} modules", id.text, max_modules));
  const ModuleSpec& type = find_type(words[1]);
  Instance instance{&type};
  std::vector<Setting> settings;
  for (const ParamSpec& p : type.params) settings.push_back({Setting::Kind::one, {p.initial}});
  std::vector<bool> given(type.params.size());
  std::string hints;
  for (const Word& word : words.subspan(2)) {
    const std::size_t equals = word.text.find('=');
    if (equals == std::string::npos) throw Error(word.column, fmt::format("{} is not PARAM=VALUE", quoted(word.text)));
    const Word name = word.part(0, equals), value = word.part(equals + 1);
    if (name.text == "lanes") {
      if (instance.lanes != 0) throw Error(name.column, "lanes is given twice");
      instance.lanes = parse_count(value, 1, max_lanes, id.text + ": lanes");
      continue;
    }
    const auto param = static_cast<std::size_t>(find_param(type, name, id.text));
    if (given[param]) throw Error(name.column, fmt::format("{} is given twice", type.params[param].name));
    given[param] = true;
    const std::string subject = fmt::format("{}.{}", id.text, type.params[param].name);
    settings[param] = parse_setting(value, type.params[param], subject);
    if (const std::string hint = value_hint(value, type.params[param], subject); !hint.empty()) hints += (hints.empty() ? "" : "; ") + hint;
  }
  instance.settings = std::move(settings);
  graph_.add(id.text, Instance{&type});
  try {
    graph_.update(id.text, instance, id.column);
  } catch (const Error&) {
    graph_.remove(id.text);
    throw;
  }
  patch_.instances.emplace(id.text, std::move(instance));
  return hints;
}

void Draft::remove(const Word& id) {
  if (id.text == in_name || id.text == out_name) check_new_name(id);
  find_instance(patch_, id);
  graph_.remove(id.text);
  std::erase_if(patch_.cables, [&](const Cable& c) {
    const bool gone = c.from.module == id.text || c.to.module == id.text;
    if (gone) wired_.erase({c.from, c.to});
    return gone;
  });
  auto& ordinals = patch_.next_ordinal;
  auto first = ordinals.lower_bound(Sink{id.text, std::numeric_limits<int>::min(), false});
  while (first != ordinals.end() && first->first.module == id.text) first = ordinals.erase(first);
  patch_.instances.erase(id.text);
}

Setting keep_lanes(const Instance& instance, int param, Setting value) {
  const Setting& old = instance.settings[static_cast<std::size_t>(param)];
  const int before = old.kind == Setting::Kind::list ? static_cast<int>(old.numbers.size()) : 1;
  const int now = value.kind == Setting::Kind::list ? static_cast<int>(value.numbers.size()) : 1;
  if (now >= before || instance.lanes >= before) return value;
  Setting all{Setting::Kind::list, {}};
  for (int lane = 0; lane < before; ++lane)
    all.numbers.push_back(lane_value(value, instance.type->params[static_cast<std::size_t>(param)], lane, before));
  return all;
}

std::string Draft::set(const Word& target, const Word& value) {
  const ParamName name = find_param_name(patch_, target);
  Instance changed = *name.instance;
  changed.settings.set(static_cast<std::size_t>(name.param), keep_lanes(*name.instance, name.param, parse_setting(value, name.spec(), name.text())));
  graph_.update(name.module, changed, value.column);
  patch_.instances.find(name.module)->second = std::move(changed);
  return value_hint(value, name.spec(), name.text());
}

std::vector<bool> moved_gate(const std::vector<bool>& gates, int lane, int lanes, bool on) {
  std::vector<bool> all = gates;
  if (lane < 0) all.assign(1, on);
  else {
    if (all.size() == 1) all.assign(static_cast<std::size_t>(lanes), gates[0]);
    all.resize(static_cast<std::size_t>(std::max<int>(lanes, static_cast<int>(all.size()))));
    all[static_cast<std::size_t>(lane)] = on;
  }
  const bool alike = std::equal(all.begin() + 1, all.end(), all.begin());
  if (alike && all[0] && (lane < 0 || static_cast<int>(all.size()) <= lanes)) return {true};
  return alike && !all[0] ? std::vector<bool>{} : all;
}

void Draft::gate(const Word& target, bool on) {
  const GateName name = find_gate(patch_, target);
  const int lanes = graph_.width(name.module);
  if (name.lane >= lanes) throw Error(target.column, fmt::format("{} has {}, not {}", name.module, counted(lanes, "lane"), name.lane + 1));
  Instance& instance = patch_.instances.find(name.module)->second;
  instance.gates = moved_gate(instance.gates, name.lane, lanes, on);
}

Patch Draft::brought_to(const Patch& current) const {
  std::vector<const Delta*> missed;
  for (const auto& d : missed_) missed.push_back(d.get());
  return merged(current, difference(base_, patch_), missed);
}

void Draft::replace(Patch patch) {
  std::map<std::pair<Source, Sink>, std::uint32_t> known;
  for (const Cable& c : base_.cables) known.emplace(std::pair(c.from, c.to), c.ordinal);
  std::map<Sink, std::vector<Cable*>> sinks;
  for (Cable& c : patch.cables) sinks[c.to].push_back(&c);
  patch.next_ordinal = base_.next_ordinal;
  for (auto& [sink, cables] : sinks) {
    // A sum keeps its order only if the known cables stand first, in their order; else the whole sum is new.
    auto& next = patch.next_ordinal[sink];
    std::int64_t last = -1;
    bool keep = true, fresh = false;
    for (const Cable* c : cables) {
      const auto it = known.find({c->from, c->to});
      if (it == known.end()) fresh = true;
      else {
        keep = keep && !fresh && it->second > last;
        last = it->second;
      }
    }
    for (Cable* c : cables) {
      const auto it = known.find({c->from, c->to});
      c->ordinal = keep && it != known.end() ? it->second : next++;
    }
  }
  patch_ = std::move(patch);
  index();
}

} // namespace chronus::control
