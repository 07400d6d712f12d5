// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. A sum of one lane with feeds from shared packs: the partial sums lie side by side, and a pack is added at once,
// each seat in its place, as soon as for each of these places it is the next in the order of the ordinals.
#pragma once
#include "signals.hpp"

namespace chronus::control {

class SeatSum {
public:
  /// \param feeds in the order of their ordinals
  SeatSum(Signals& signals, const std::vector<Feed>& feeds);
  /// Adds what is there by now.
  void advance();
  /// Adds the rest. \return no_tile when nothing was added
  Tile end();

private:
  struct Stretch {
    std::uint32_t number = 0;
    LaneSum sums;
    std::array<std::vector<Feed>, render::partial_sums> waiting{};
    std::array<std::size_t, render::partial_sums> next{};
    const Feed* first(std::size_t place) const { return next[place] < waiting[place].size() ? &waiting[place][next[place]] : nullptr; }
    std::size_t left() const;
  };
  void advance(Stretch& s);
  void add_pack(Stretch& s, const Feed lead);

  Signals& signals_;
  Tile total_ = no_tile;
  std::vector<Stretch> stretches_;
  std::size_t next_ = 0; ///< the first that is not in the total
};

} // namespace chronus::control
