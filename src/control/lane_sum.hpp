// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. Lanes that lie side by side in packs, added up: the same partial sums as those of Tiles::Sum, but in lanes.
#pragma once
#include "tiles.hpp"
#include <array>
#include <cstdint>
#include <vector>

namespace chronus::control {

/// By lane of a pack: the partial sum that it goes to; -1: none.
using Places = std::array<std::int8_t, render::partial_sums>;

/// The partial sums of one stretch, side by side: some packs' outputs, each of which holds a part of them, in the order in which
/// they are added; or, where that does not do, all in a tile of their own.
class LaneSum {
public:
  bool empty() const { return width_ == 0 && own_ == no_tile; }
  /// A pack's output. Where its lanes fill a part in their order it is that already.
  void add(Tiles& tiles, Tile from, int width, const Places& places);
  /// A signal of one lane.
  void add(Tiles& tiles, Tile from, std::size_t place) { add_to_own(tiles, from, static_cast<int>(place), 1); }
  /// The tree of them. `zeros`: a tile of silence.
  Tile end(Tiles& tiles, Tile zeros) const;

private:
  void add_to_own(Tiles& tiles, Tile from, int first, int width);

  std::array<std::vector<Tile>, render::most_tiles / render::most_summed> parts_;
  int width_ = 0; ///< of the tiles in `parts_`
  Tile own_ = no_tile;
};

} // namespace chronus::control
