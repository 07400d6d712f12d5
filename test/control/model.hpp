// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. What the language promises, said once more in the plainest way: patches are copied whole, names are strings.
#pragma once
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace chronus::test {

struct PlainPatch {
  std::map<std::string, float> gains;
  std::map<std::pair<std::string, std::string>, float> cables; ///< by source and sink as they are written; the amount
  bool operator==(const PlainPatch&) const = default;

  static std::string module_of(const std::string& sink) { return sink.substr(0, sink.find('.')); }
  bool reaches(const std::string& from, const std::string& to) const {
    if (from == to) return true;
    for (const auto& [ends, by] : cables)
      if (ends.first == from && reaches(module_of(ends.second), to)) return true;
    return false;
  }
};

/// Modules are all of type gain. Each function tells whether the edit is right, and makes it if so.
class Model {
public:
  PlainPatch current;
  std::optional<PlainPatch> draft;

  bool create(const std::string& name, float gain) {
    return edit([&](PlainPatch& p) { return p.gains.emplace(name, gain).second; });
  }
  bool remove(const std::string& name) {
    return edit([&](PlainPatch& p) {
      std::erase_if(p.cables, [&](const auto& c) { return c.first.first == name || PlainPatch::module_of(c.first.second) == name; });
      return p.gains.erase(name) > 0;
    });
  }
  bool connect(const std::string& from, const std::string& to, float by) {
    return edit([&](PlainPatch& p) {
      const std::string module = PlainPatch::module_of(to);
      if (!p.gains.contains(from) || (module != "out" && !p.gains.contains(module))) return false;
      if (!p.cables.contains({from, to}) && module != "out" && p.reaches(module, from)) return false;
      p.cables[{from, to}] = by;
      return true;
    });
  }
  bool disconnect(const std::string& from, const std::string& to) {
    return edit([&](PlainPatch& p) { return p.cables.erase({from, to}) > 0; });
  }
  bool set(const std::string& name, float gain) {
    PlainPatch& p = draft ? *draft : current;
    return p.gains.contains(name) && (p.gains[name] = gain, true);
  }
  bool live_set(const std::string& name, float gain) { return current.gains.contains(name) && (current.gains[name] = gain, true); }
  bool abort() {
    draft.reset();
    return true;
  }
  bool commit(bool accepted) {
    if (!draft) return true;
    if (!accepted) return false;
    const PlainPatch after = moved(base_, *draft, current);
    undo_.push_back({current, after});
    redo_.clear();
    current = after;
    draft.reset();
    return true;
  }
  bool undo(bool accepted) { return step(undo_, redo_, true, accepted); }
  bool redo(bool accepted) { return step(redo_, undo_, false, accepted); }

private:
  struct Change { PlainPatch before, after; };

  template <class Act> bool edit(Act act) {
    const bool open = draft.has_value();
    const PlainPatch start = open ? *draft : current;
    PlainPatch p = start;
    if (!act(p)) return false;
    if (!open && p == start) return true;
    if (!open) base_ = current;
    draft = p;
    return true;
  }
  /// `to`, but values that `from` and `to` agree on are those of `now`.
  static PlainPatch moved(const PlainPatch& from, const PlainPatch& to, const PlainPatch& now) {
    PlainPatch p = to;
    for (auto& [name, gain] : p.gains)
      if (from.gains.contains(name) && now.gains.contains(name) && from.gains.at(name) == gain) gain = now.gains.at(name);
    return p;
  }
  bool step(std::vector<Change>& from, std::vector<Change>& to, bool back, bool accepted) {
    if (draft || from.empty() || !accepted) return false;
    const Change c = from.back();
    from.pop_back();
    const PlainPatch target = back ? moved(c.after, c.before, current) : moved(c.before, c.after, current);
    to.push_back(back ? Change{target, current} : Change{current, target});
    current = target;
    return true;
  }

  PlainPatch base_;
  std::vector<Change> undo_, redo_;
};

} // namespace chronus::test
