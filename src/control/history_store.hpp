// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. Memory of delay lines that are no longer played, for the plans that are built next: the most of it would be
// asked of the kernel and given back at every edit, page by page. What lies in it does not matter: a history knows since when
// it is valid.
#pragma once
#include "../render/plan.hpp"
#include <map>
#include <mutex>

namespace chronus::control {

class HistoryStore {
public:
  /// Of this many floats, written to once at least, so that no worker is the first to touch a page of it.
  render::Arena take(std::size_t floats);
  /// Takes the histories out of a plan that nobody plays.
  void empty(render::Plan& plan);

private:
  static constexpr std::size_t most_floats = std::size_t{1} << 26; // 256 MiB wait here at the most
  std::mutex mutex_;
  std::multimap<std::size_t, render::Arena> kept_; ///< by size
  std::size_t kept_floats_ = 0;
};

} // namespace chronus::control
