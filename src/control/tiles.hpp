// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. Which tile of memory each signal of a plan lives in: a tile is free again after its last reader has run,
// and the one that was freed last is taken first, so that a big patch stays in the nearest cache.
#pragma once
#include "../render/plan.hpp"
#include <array>
#include <vector>

namespace chronus::control {

/// A signal of one pack (or one sum): 64 frames × width floats.
using Tile = int;
inline constexpr Tile no_tile = -1;

/// A sum takes so many ordinals (or lanes) together.
inline constexpr std::uint32_t stretch_length = 64;

/// What holds a step together with those that make what it reads, where steps are divided among threads.
enum class Bond : std::uint8_t {
  some,  ///< they may go together
  close, ///< they do
  none
};

/// A step with tiles in place of addresses.
struct Draught {
  render::Step step;
  Tile to = no_tile, a = no_tile, b = no_tile;
  std::vector<Tile> reads, writes; ///< of a pack: its inputs and modulations, its outputs; of sum_lanes: what is added up
  Bond bond = Bond::some;
  int strand = 0;
};

template <class Body> void each_read(const Draught& d, Body&& body) {
  if (d.a != no_tile) body(d.a);
  if (d.b != no_tile) body(d.b);
  for (Tile t : d.reads) body(t);
}
template <class Body> void each_written(const Draught& d, Body&& body) {
  if (d.to != no_tile) body(d.to);
  for (Tile t : d.writes) body(t);
}

class Tiles {
public:
  Tile make(int width);
  /// Never freed.
  Tile make_lasting(int width);
  /// Of a lasting one: which strand writes to it, if not the first.
  void move_to(int strand, Tile t) { tiles_[static_cast<std::size_t>(t)].strand = strand; }
  std::size_t count() const { return tiles_.size(); }
  int width(Tile t) const { return tiles_[static_cast<std::size_t>(t)].width; }

  void emit(Draught d);
  std::vector<Draught>& steps() { return steps_; }
  const std::vector<Draught>& steps() const { return steps_; }

  // Sums: for each 64 ordinals 16 partial sums by ordinal mod 16, each in the order of its ordinals, and the tree of them. These
  // subtotals are then added up in their order: what comes from far apart may be added up by different threads.
  struct Sum {
    std::array<Tile, render::partial_sums> partial;
    Tile total;
    std::uint32_t stretch; ///< which 64 are in `partial`
    int width;
  };
  Sum begin_sum(int width) const;
  /// In the order of the ordinals.
  void add(Sum& sum, std::uint32_t ordinal, Tile operand);
  /// \return no_tile when nothing was added
  Tile end_sum(Sum& sum);
  Tile scaled(Tile t, float by);
  /// Either may be no_tile.
  Tile added(Tile a, Tile b, Bond bond = Bond::some);

  /// Gives every tile its place: each strand's lie together, apart from the others'. \return floats needed
  std::size_t place();
  std::size_t at(Tile t) const { return tiles_[static_cast<std::size_t>(t)].at; }

private:
  void subtotal(Sum& sum);
  void find_last_uses();
  struct Info {
    int width;
    bool lasting;
    int strand = 0;
    std::size_t at = ~std::size_t{0};
    std::size_t last_use = 0; ///< the step
  };
  std::vector<Info> tiles_;
  std::vector<Draught> steps_;
};

} // namespace chronus::control
