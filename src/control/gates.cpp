// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. See gates.hpp.
#include "gates.hpp"
#include <algorithm>

namespace chronus::control {

bool is_open(const std::vector<bool>& gates, std::size_t lane) { return gates.size() == 1 ? gates[0] : lane < gates.size() && gates[lane]; }

std::vector<bool> with_change(const std::vector<bool>& now, const std::vector<bool>& before, const std::vector<bool>& after) {
  if (now == before) return after;
  if (before.size() <= 1 && after.size() <= 1) return is_open(before, 0) == is_open(after, 0) ? now : after;
  std::vector<bool> all(std::max({now.size(), before.size(), after.size()}));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = is_open(is_open(before, i) != is_open(after, i) ? after : now, i);
  if (std::ranges::find(all, true) == all.end()) all.clear();
  return all;
}

} // namespace chronus::control
