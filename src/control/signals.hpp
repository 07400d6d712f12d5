// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. Where the outputs of a patch's members lie while its steps are made, in each of the shapes in which sinks want
// them: a pack's lanes, one lane alone, one lane for all of a pack, all lanes added up.
#pragma once
#include "lane_sum.hpp"
#include "steps.hpp"
#include <map>
#include <utility>

namespace chronus::control {

class Signals {
public:
  Signals(const Wiring& wiring, const std::vector<render::Pack>& packs, Steps& steps) : wiring_(wiring), packs_(packs), steps_(steps) {}

  const WiredMember& member(int m) const { return wiring_.members[static_cast<std::size_t>(m)]; }
  /// From a member that shares its pack with others.
  bool is_seat(const Feed& f) const { return f.member >= 0 && member(f.member).seat >= 0; }
  Tiles& tiles() { return steps_.tiles; }
  Tile zeros() const { return steps_.zeros; }

  /// All lanes of a pack.
  Tile pack(int pack, int port) const { return steps_.packs[static_cast<std::size_t>(pack)].outputs[static_cast<std::size_t>(port)]; }
  /// One lane in each of `width`.
  Tile spread(Tile mono, int width);

  /// From now on the lanes of these feeds are added up as their packs run.
  void add_up(const std::vector<Feed>& feeds);
  /// A pack has run: its lanes are added where they are wanted so.
  void collect_lanes(const Turn& turn);
  /// Whether a feed's source has run and (where its lanes are added up) all of it has. The input ports have.
  bool is_made(const Feed& f) const;
  /// One lane: the input port, the member's only lane, or the sum of its lanes.
  Tile one(const Feed& f);

private:
  /// A member of one lane, alone.
  Tile mono(int m, int port);
  struct Total {
    Tile tile = no_tile, before = no_tile; ///< once it is whole; of the stretches before this one
    LaneSum stretch;
  };
  const Wiring& wiring_;
  const std::vector<render::Pack>& packs_;
  Steps& steps_;
  std::map<Tile, Tile> spread_;
  std::map<std::pair<int, int>, Tile> taken_;  ///< by member and output: out of a shared pack
  std::map<std::pair<int, int>, Total> totals_; ///< by member and output: its lanes added up
};

} // namespace chronus::control
