// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The difference of two patches: what history is kept as, and what drafts are merged by.
#pragma once
#include "patch.hpp"

namespace chronus::control {

struct Delta {
  struct Module {
    std::string name;
    Instance instance;
  };
  struct Value {
    std::string module;
    int param;
    Setting before, after;
  };
  struct Gates {
    std::string module;
    std::vector<bool> before, after;
  };
  struct Place {
    std::size_t index; ///< in the list of cables that it was in
    Cable cable;
  };
  std::vector<Module> removed, added;
  std::vector<Value> values;
  std::vector<Gates> gates;
  std::vector<Place> cut, made; ///< by index
  bool empty() const { return removed.empty() && added.empty() && values.empty() && gates.empty() && cut.empty() && made.empty(); }
};

/// In time near to linear. An instance whose type or lanes differ is removed and added.
Delta difference(const Patch& before, const Patch& after);
Delta inverse(Delta delta);

/// `patch` must have the structure that the delta was taken from; values that the delta does not name stay.
/// Throws Error when it has not, and has then changed nothing.
void apply(Patch& patch, const Delta& delta);

/// Brings `mine` (taken from a common base) to `theirs`. `missed` are the revisions made since that base.
/// Throws Error where both changed the same thing.
Patch merged(const Patch& theirs, const Delta& mine, const std::vector<const Delta*>& missed);

/// One line a change: "+ create …", "- create …", "~ set …".
std::vector<std::string> described(const Delta& delta, const Patch& before, const Patch& after);

} // namespace chronus::control
