// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Lists of names; no JACK.
#include "wires.hpp"
#include <algorithm>
#include <utility>

namespace chronus::control {

void Wires::seen(const std::vector<Wire>& now, Time time) {
  for (const auto& wire : now) {
    const auto known = std::find_if(standing_.begin(), standing_.end(), [&](const Seen& s) { return s.wire == wire; });
    if (known == standing_.end()) standing_.push_back({wire, time});
    else known->last = time;
    std::erase(missing_, wire); // somebody else was faster
  }
  std::erase_if(standing_, [&](const Seen& s) { return s.last + grace < time; });
}

void Wires::lost() {
  for (const auto& s : standing_)
    if (std::find(missing_.begin(), missing_.end(), s.wire) == missing_.end()) missing_.push_back(s.wire);
  standing_.clear();
}

void Wires::restored(const Wire& wire) { std::erase(missing_, wire); }

std::vector<Wire> Wires::given_up(Time time) {
  if (missing_.empty() || time < give_up_) return {};
  return std::exchange(missing_, {});
}

} // namespace chronus::control
