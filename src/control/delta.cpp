// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The difference of two patches, and a patch changed by one.
#include "delta.hpp"
#include "gates.hpp"
#include "error.hpp"
#include <algorithm>
#include <limits>

namespace chronus::control {
namespace {

void compare_instances(const Patch& before, const Patch& after, Delta& d) {
  auto a = before.instances.begin();
  auto b = after.instances.begin();
  while (a != before.instances.end() || b != after.instances.end()) {
    const bool only_a = b == after.instances.end() || (a != before.instances.end() && a->first < b->first);
    const bool only_b = !only_a && (a == before.instances.end() || b->first < a->first);
    const bool both = !only_a && !only_b;
    if (both && a->second.type == b->second.type && a->second.lanes == b->second.lanes) {
      const bool changed = a->second.settings != b->second.settings;
      for (std::size_t i = 0; changed && i < a->second.settings.size(); ++i)
        if (a->second.settings[i] != b->second.settings[i])
          d.values.push_back({a->first, static_cast<int>(i), a->second.settings[i], b->second.settings[i]});
      if (a->second.gates != b->second.gates) d.gates.push_back({a->first, a->second.gates, b->second.gates});
    } else {
      if (!only_b) d.removed.push_back({a->first, a->second});
      if (!only_a) d.added.push_back({b->first, b->second});
    }
    if (!only_b) ++a;
    if (!only_a) ++b;
  }
}

/// Most edits touch few cables near the end: what stands alike at both ends is skipped before anything is searched.
void compare_cables(const std::vector<Cable>& before, const std::vector<Cable>& after, Delta& d) {
  const std::size_t least = std::min(before.size(), after.size());
  std::size_t head = 0, tail = 0;
  while (head < least && before[head] == after[head]) ++head;
  while (tail < least - head && before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) ++tail;
  const std::size_t end_before = before.size() - tail, end_after = after.size() - tail;
  std::map<std::pair<Source, Sink>, std::size_t> where;
  for (std::size_t i = head; i < end_after; ++i) where.emplace(std::pair(after[i].from, after[i].to), i);
  std::vector<bool> common(after.size());
  std::size_t next = head;
  bool in_order = true;
  for (std::size_t i = head; i < end_before; ++i) {
    const auto it = where.find({before[i].from, before[i].to});
    if (it == where.end() || !(after[it->second] == before[i])) {
      d.cut.push_back({i, before[i]});
      continue;
    }
    in_order = in_order && it->second >= next;
    next = it->second;
    common[it->second] = true;
  }
  if (!in_order) {
    d.cut.clear();
    for (std::size_t i = head; i < end_before; ++i) d.cut.push_back({i, before[i]});
  }
  for (std::size_t i = head; i < end_after; ++i)
    if (!in_order || !common[i]) d.made.push_back({i, after[i]});
}

void check_fits(const Patch& patch, const Delta& d) {
  bool fits = true;
  std::map<std::string_view, bool> gone;
  for (const auto& m : d.removed) {
    const auto it = patch.instances.find(m.name);
    fits = fits && it != patch.instances.end() && it->second.type == m.instance.type;
    gone[m.name] = true;
  }
  for (const auto& m : d.added) fits = fits && (!patch.instances.contains(m.name) || gone.contains(m.name));
  for (const auto& v : d.values) fits = fits && patch.instances.contains(v.module);
  for (const auto& g : d.gates) fits = fits && patch.instances.contains(g.module);
  for (const auto& c : d.cut) fits = fits && c.index < patch.cables.size() && patch.cables[c.index] == c.cable;
  const std::size_t size = patch.cables.size() - (fits ? d.cut.size() : 0) + d.made.size();
  for (const auto& c : d.made) fits = fits && c.index < size;
  if (!fits) throw Error(0, "history does not fit the patch any more");
}

} // namespace

Delta difference(const Patch& before, const Patch& after) {
  Delta d;
  compare_instances(before, after, d);
  compare_cables(before.cables, after.cables, d);
  return d;
}

Delta inverse(Delta d) {
  std::swap(d.removed, d.added);
  std::swap(d.cut, d.made);
  for (auto& v : d.values) std::swap(v.before, v.after);
  for (auto& g : d.gates) std::swap(g.before, g.after);
  return d;
}

void apply(Patch& patch, const Delta& d) {
  check_fits(patch, d);
  for (const auto& m : d.removed) {
    patch.instances.erase(m.name);
    auto& ordinals = patch.next_ordinal;
    auto first = ordinals.lower_bound(Sink{m.name, std::numeric_limits<int>::min(), false});
    while (first != ordinals.end() && first->first.module == m.name) first = ordinals.erase(first);
  }
  for (const auto& m : d.added) patch.instances[m.name] = m.instance;
  for (const auto& v : d.values) patch.instances.at(v.module).settings.set(static_cast<std::size_t>(v.param), v.after);
  for (const auto& g : d.gates) {
    auto& gates = patch.instances.at(g.module).gates;
    gates = with_change(gates, g.before, g.after);
  }
  if (d.cut.empty() && d.made.empty()) return;
  std::vector<Cable> cables;
  cables.reserve(patch.cables.size() - d.cut.size() + d.made.size());
  auto cut = d.cut.begin();
  auto made = d.made.begin();
  const auto place_made = [&] {
    for (; made != d.made.end() && made->index == cables.size(); ++made) {
      cables.push_back(made->cable);
      auto& next = patch.next_ordinal[made->cable.to];
      next = std::max(next, made->cable.ordinal + 1);
    }
  };
  place_made();
  for (std::size_t i = 0; i < patch.cables.size(); ++i) {
    if (cut != d.cut.end() && cut->index == i) {
      ++cut;
      continue;
    }
    cables.push_back(std::move(patch.cables[i]));
    place_made();
  }
  patch.cables = std::move(cables);
}

} // namespace chronus::control
