// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. See history_store.hpp.
#include "history_store.hpp"

namespace chronus::control {

render::Arena HistoryStore::take(std::size_t floats) {
  {
    const std::lock_guard lock(mutex_);
    if (auto there = kept_.extract(render::Arena::rounded(floats)); !there.empty()) {
      kept_floats_ -= there.key();
      return std::move(there.mapped());
    }
  }
  return render::Arena(floats);
}

void HistoryStore::empty(render::Plan& plan) {
  const std::lock_guard lock(mutex_);
  for (render::Arena& a : plan.history_memory) {
    if (a.floats == 0 || kept_floats_ + a.floats > most_floats) continue;
    kept_floats_ += a.floats;
    const std::size_t size = a.floats;
    kept_.emplace(size, std::move(a));
  }
  plan.history_memory.clear();
}

} // namespace chronus::control
