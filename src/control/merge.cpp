// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Two people's edits of one patch: joined where they touch different things, refused where they do not.
#include "delta.hpp"
#include "error.hpp"
#include "graph.hpp"
#include "names.hpp"
#include "script_file.hpp"
#include "text.hpp"
#include "values.hpp"
#include "gates.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <limits>
#include <set>

namespace chronus::control {
namespace {

[[noreturn]] void conflict(const std::string& what) {
  throw Error(0, what + " was changed by another commit meanwhile; 'abort' drops this draft");
}

/// What the missed revisions changed.
struct Touched {
  std::set<std::string> modules, gates, ends;
  std::set<std::pair<std::string, int>> values;

  explicit Touched(const std::vector<const Delta*>& missed) {
    for (const Delta* d : missed) {
      for (const auto* list : {&d->removed, &d->added})
        for (const auto& m : *list) modules.insert(m.name);
      for (const auto* list : {&d->cut, &d->made})
        for (const auto& c : *list) ends.insert({c.cable.from.module, c.cable.to.module});
      for (const auto& v : d->values) values.insert({v.module, v.param});
      for (const auto& g : d->gates) gates.insert(g.module);
    }
  }
  bool anything_of(const std::string& name) const {
    const auto value = values.lower_bound({name, std::numeric_limits<int>::min()});
    return modules.contains(name) || gates.contains(name) || ends.contains(name) || (value != values.end() && value->first == name);
  }
};

void merge_modules(Patch& patch, const Delta& mine, const Touched& touched) {
  for (const auto& m : mine.removed) {
    if (touched.anything_of(m.name)) conflict(m.name);
    patch.instances.erase(m.name);
  }
  for (const auto& m : mine.added) {
    if (patch.instances.contains(m.name)) conflict(m.name);
    patch.instances[m.name] = m.instance;
  }
  for (const auto& v : mine.values) {
    const auto it = patch.instances.find(v.module);
    if (it == patch.instances.end() || touched.modules.contains(v.module)) conflict(v.module);
    const auto param = static_cast<std::size_t>(v.param);
    if (touched.values.contains({v.module, v.param}) && it->second.settings[param] != v.after)
      conflict(fmt::format("{}.{}", v.module, it->second.type->params[static_cast<std::size_t>(v.param)].name));
    it->second.settings.set(param, v.after);
  }
  for (const auto& g : mine.gates) {
    const auto it = patch.instances.find(g.module);
    if (it == patch.instances.end() || touched.modules.contains(g.module)) conflict(g.module);
    if (touched.gates.contains(g.module) && it->second.gates != g.after) conflict("the gate of " + g.module);
    it->second.gates = with_change(it->second.gates, g.before, g.after);
  }
}

void merge_cables(Patch& patch, const Delta& mine) {
  using Ends = std::pair<Source, Sink>;
  std::map<Ends, Cable> made;
  std::set<Ends> cut;
  for (const auto& c : mine.made) made.emplace(Ends(c.cable.from, c.cable.to), c.cable);
  for (const auto& c : mine.cut) cut.insert({c.cable.from, c.cable.to});
  std::erase_if(patch.cables, [&](Cable& c) {
    const Ends ends(c.from, c.to);
    const auto again = made.find(ends);
    const bool mine_cut = cut.contains(ends);
    if (again == made.end()) return mine_cut;
    if (!mine_cut && again->second.by != c.by) conflict("a cable into " + c.to.module);
    c.by = again->second.by; // the same cable with another amount keeps its place in the sum
    made.erase(again);
    return false;
  });
  for (const auto& c : mine.made) {
    if (!made.contains({c.cable.from, c.cable.to})) continue;
    Cable cable = c.cable;
    const auto there = [&](const std::string& name, const char* always) { return name == always || patch.instances.contains(name); };
    if (!there(cable.from.module, in_name)) conflict(cable.from.module);
    if (!there(cable.to.module, out_name)) conflict(cable.to.module);
    auto& next = patch.next_ordinal[cable.to];
    cable.ordinal = std::max(next, cable.ordinal);
    next = cable.ordinal + 1;
    patch.cables.push_back(std::move(cable));
  }
}

} // namespace

Patch merged(const Patch& theirs, const Delta& mine, const std::vector<const Delta*>& missed) {
  Patch patch = theirs;
  merge_modules(patch, mine, Touched(missed));
  std::set<std::string_view> removed;
  for (const auto& m : mine.removed) removed.insert(m.name);
  std::erase_if(patch.next_ordinal, [&](const auto& entry) { return removed.contains(entry.first.module); });
  merge_cables(patch, mine);
  if (missed.empty()) return patch; // the structure is then the draft's own, which was checked edit by edit
  if (const auto cable = closes_cycle(patch))
    throw Error(0, fmt::format("together with another commit made meanwhile the cable from {} to {} closes a cycle",
                               patch.cables[*cable].from.module, patch.cables[*cable].to.module));
  lanes_of(patch);
  return patch;
}

std::vector<std::string> described(const Delta& d, const Patch& before, const Patch& after) {
  std::vector<std::string> lines;
  for (const auto& m : d.removed) lines.push_back("- delete " + m.name);
  for (const auto& c : d.cut) lines.push_back(fmt::format("- disconnect {} {}", source_text(before, c.cable.from), sink_text(before, c.cable.to)));
  for (const auto& m : d.added) lines.push_back("+ " + create_text(m.name, m.instance));
  for (const auto& c : d.made)
    lines.push_back(fmt::format("+ connect {} {}{}", source_text(after, c.cable.from), sink_text(after, c.cable.to),
                                c.cable.to.is_param ? " by=" + number_text(c.cable.by, Unit::none) : ""));
  for (const auto& v : d.values) {
    const ParamSpec& spec = after.instances.at(v.module).type->params[static_cast<std::size_t>(v.param)];
    lines.push_back(fmt::format("~ set {}.{} {} -> {}", v.module, spec.name, setting_text(v.before, spec, " "), setting_text(v.after, spec, " ")));
  }
  for (const auto& g : d.gates) {
    const auto open = std::count(g.after.begin(), g.after.end(), true);
    lines.push_back(fmt::format("~ gate {} {}", g.module, open == 0 ? "off" : open == static_cast<long>(g.after.size()) ? "on" : "on for some lanes"));
  }
  return lines;
}

} // namespace chronus::control
