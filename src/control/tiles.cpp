// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See tiles.hpp.
#include "tiles.hpp"
#include "../link/apart.hpp"
#include <algorithm>
#include <map>
#include <utility>

namespace chronus::control {

using render::StepKind;

Tile Tiles::make(int width) {
  tiles_.push_back({width, false});
  return static_cast<Tile>(tiles_.size() - 1);
}
Tile Tiles::make_lasting(int width) {
  tiles_.push_back({width, true});
  return static_cast<Tile>(tiles_.size() - 1);
}

void Tiles::emit(Draught d) { steps_.push_back(std::move(d)); }

Tile Tiles::added(Tile a, Tile b, Bond bond) {
  if (a == no_tile) return b;
  if (b == no_tile) return a;
  const Tile to = make(width(a));
  emit({{.kind = StepKind::add, .width = static_cast<std::uint8_t>(width(a))}, to, a, b, {}, {}, bond});
  return to;
}

Tile Tiles::scaled(Tile t, float by) {
  if (by == 1) return t;
  const Tile to = make(width(t));
  emit({{.kind = StepKind::scale, .width = static_cast<std::uint8_t>(width(t)), .by = by}, to, t, no_tile, {}, {}});
  return to;
}

Tiles::Sum Tiles::begin_sum(int width) const {
  Sum s{.partial = {}, .total = no_tile, .stretch = 0, .width = width};
  s.partial.fill(no_tile);
  return s;
}
void Tiles::add(Sum& sum, std::uint32_t ordinal, Tile operand) {
  if (ordinal / stretch_length != sum.stretch) subtotal(sum);
  sum.stretch = ordinal / stretch_length;
  Tile& p = sum.partial[ordinal % render::partial_sums];
  p = added(p, operand);
}
void Tiles::subtotal(Sum& sum) {
  for (std::size_t d = sum.partial.size() / 2; d >= 1; d /= 2)
    for (std::size_t i = 0; i < d; ++i) sum.partial[i] = added(sum.partial[i], sum.partial[i + d]);
  sum.total = added(sum.total, sum.partial[0]);
  sum.partial.fill(no_tile);
}
Tile Tiles::end_sum(Sum& sum) {
  subtotal(sum);
  return sum.total;
}

void Tiles::find_last_uses() {
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    const Draught& d = steps_[s];
    auto use = [&](Tile t) {
      if (t != no_tile) tiles_[static_cast<std::size_t>(t)].last_use = s;
    };
    use(d.to), use(d.a), use(d.b);
    for (Tile t : d.reads) use(t);
    for (Tile t : d.writes) use(t);
  }
}

std::size_t Tiles::place() {
  find_last_uses();
  std::vector<std::size_t> tops; // by strand
  std::map<std::pair<int, int>, std::vector<std::size_t>> free; // by strand, which alone uses it, and width
  int strand = 0;
  auto take = [&](Tile t) {
    Info& i = tiles_[static_cast<std::size_t>(t)];
    if (i.at != ~std::size_t{0}) return;
    if (!i.lasting) i.strand = strand;
    if (tops.size() <= static_cast<std::size_t>(i.strand)) tops.resize(static_cast<std::size_t>(i.strand) + 1);
    std::size_t& top = tops[static_cast<std::size_t>(i.strand)];
    auto& list = free[{i.strand, i.width}];
    if (!i.lasting && !list.empty()) {
      i.at = list.back();
      list.pop_back();
    } else {
      i.at = top;
      top += static_cast<std::size_t>(block_frames * i.width);
    }
  };
  for (std::size_t t = 0; t < tiles_.size(); ++t)
    if (tiles_[t].lasting) take(static_cast<Tile>(t)); // in the order of their making: ports lie side by side
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    Draught& d = steps_[s];
    strand = d.strand;
    auto release = [&](Tile t) {
      if (t == no_tile) return;
      Info& i = tiles_[static_cast<std::size_t>(t)];
      if (i.last_use == s && !i.lasting) {
        free[{strand, i.width}].push_back(i.at);
        i.last_use = ~std::size_t{0}; // once
      }
    };
    const bool in_place = d.step.kind == StepKind::add || d.step.kind == StepKind::scale;
    if (in_place) { // the sum may lie where an operand lay: each frame is read before it is written
      release(d.a), release(d.b);
      take(d.to);
      continue;
    }
    if (d.to != no_tile) take(d.to);
    for (Tile t : d.writes) take(t);
    release(d.a), release(d.b), release(d.to);
    for (Tile t : d.reads) release(t);
    for (Tile t : d.writes) release(t);
  }
  std::size_t all = 0;
  for (std::size_t& top : tops) {
    const std::size_t begin = all + (all ? link::apart_in_stream / sizeof(float) : 0);
    all = begin + std::exchange(top, begin);
  }
  for (Info& i : tiles_)
    if (i.at != ~std::size_t{0}) i.at += tops[static_cast<std::size_t>(i.strand)];
  return all;
}

} // namespace chronus::control
