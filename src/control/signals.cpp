// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See signals.hpp.
#include "signals.hpp"

namespace chronus::control {

using render::StepKind;

Tile Signals::mono(int m, int port) {
  const WiredMember& source = member(m);
  const Tile t = pack(source.first_pack, port);
  if (source.seat < 0) return t;
  auto [at, made] = taken_.try_emplace({m, port}, no_tile);
  if (made) {
    at->second = tiles().make(1);
    tiles().emit({{.kind = StepKind::take_lane, .width = static_cast<std::uint8_t>(source.width), .first = static_cast<std::uint16_t>(source.seat)},
                  at->second, t, no_tile, {}, {}, Bond::close});
  }
  return at->second;
}

Tile Signals::spread(Tile mono, int width) {
  auto [at, made] = spread_.try_emplace(mono, no_tile);
  if (made) {
    at->second = tiles().make(width);
    tiles().emit({{.kind = StepKind::splat, .width = static_cast<std::uint8_t>(width)}, at->second, mono, no_tile, {}, {}});
  }
  return at->second;
}

void Signals::add_up(const std::vector<Feed>& feeds) {
  for (const Feed& f : feeds)
    if (f.member >= 0 && member(f.member).lanes > 1) totals_.try_emplace({f.member, f.port});
}

void Signals::collect_lanes(const Turn& turn) {
  const WiredMember& w = member(turn.member);
  for (int port = 0; port < static_cast<int>(w.instance->type->outputs.size()); ++port) {
    const auto at = totals_.find({turn.member, port});
    if (at == totals_.end()) continue;
    Total& total = at->second;
    const auto& p = packs_[static_cast<std::size_t>(w.first_pack + turn.pack)];
    if (p.first_lane % stretch_length == 0) total.stretch = {};
    Places places;
    places.fill(-1);
    for (int i = 0; i < p.lanes; ++i) places[static_cast<std::size_t>(i)] = static_cast<std::int8_t>((p.first_lane + i) % render::partial_sums);
    total.stretch.add(tiles(), pack(w.first_pack + turn.pack, port), w.width, places);
    const bool last = turn.pack + 1 == w.packs;
    if (last || (p.first_lane + w.width) % static_cast<int>(stretch_length) == 0)
      total.before = tiles().added(total.before, total.stretch.end(tiles(), zeros()), Bond::none);
    if (last) total.tile = total.before;
  }
}

bool Signals::is_made(const Feed& f) const {
  if (f.member < 0) return true;
  const WiredMember& m = member(f.member);
  if (m.lanes > 1) return totals_.at({f.member, f.port}).tile != no_tile;
  return !steps_.packs[static_cast<std::size_t>(m.first_pack)].outputs.empty();
}

Tile Signals::one(const Feed& f) {
  if (f.member < 0) return steps_.inputs[static_cast<std::size_t>(f.port)];
  return member(f.member).lanes > 1 ? totals_.at({f.member, f.port}).tile : mono(f.member, f.port);
}

} // namespace chronus::control
