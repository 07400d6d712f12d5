// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. Wiring → steps: what a plan does, in which order, and from which tile to which.
#pragma once
#include "tiles.hpp"
#include "wiring.hpp"

namespace chronus::control {

struct Steps {
  struct OfPack {
    std::vector<Tile> inputs, outputs;
    std::vector<std::pair<Tile, render::Modulation>> modulations;
    Tile values = no_tile; ///< where values that move are written
  };
  Tiles tiles;                 ///< with the steps in them; not placed yet
  std::vector<OfPack> packs;   ///< in the order of the plan's packs
  Tile zeros = no_tile;
  Tile values = no_tile; ///< of the packs of the first strand that have none of their own
  std::vector<Tile> inputs, results; ///< of the ports; each list side by side
  int strands = 1;
  std::vector<int> crossings;        ///< their widths
  double work = 0;                   ///< s a block, roughly; where they are divided
  double parallel_time = 1;          ///< the part of it that it takes with all threads
};

/// `packs`: as far as they are known before there is memory. Linear in modules and cables.
Steps make_steps(const Wiring& wiring, const std::vector<render::Pack>& packs, int outs, int ins);

} // namespace chronus::control
