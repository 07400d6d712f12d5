// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See lane_sum.hpp.
#include "lane_sum.hpp"
#include <algorithm>

namespace chronus::control {

using render::StepKind;

void LaneSum::add(Tiles& tiles, Tile from, int width, const Places& places) {
  if (width == 1) return add_to_own(tiles, from, places[0], 1);
  for (int first = 0; first < render::partial_sums; first += width) {
    bool any = false, in_place = true;
    for (int i = 0; i < width; ++i) {
      const int place = places[static_cast<std::size_t>(i)];
      any = any || (place >= first && place < first + width);
      in_place = in_place && place == first + i;
    }
    if (!any) continue;
    Tile part = from;
    if (!in_place) {
      part = tiles.make(width);
      render::Step step{.kind = StepKind::take_seats, .width = static_cast<std::uint8_t>(width), .first = static_cast<std::uint16_t>(first)};
      std::ranges::copy(places, step.place);
      tiles.emit({step, part, from, no_tile, {}, {}, Bond::close});
    }
    auto& row = parts_[static_cast<std::size_t>(first / width)];
    if (own_ != no_tile || row.size() == render::most_summed) {
      add_to_own(tiles, part, first, width);
    } else {
      width_ = width;
      row.push_back(part);
    }
  }
}

/// What is not as wide as a part, or too much: all go to a tile of their own.
void LaneSum::add_to_own(Tiles& tiles, Tile from, int first, int width) {
  const auto emit = [&](Tile t, int at, int lanes) {
    tiles.emit({{.kind = StepKind::add_lanes, .width = static_cast<std::uint8_t>(lanes), .first = static_cast<std::uint16_t>(at), .lanes = static_cast<std::uint16_t>(lanes)},
                own_, t, no_tile, {}, {}, lanes > 1 ? Bond::close : Bond::none});
  };
  if (own_ == no_tile) {
    own_ = tiles.make(render::partial_sums);
    tiles.emit({{.kind = StepKind::clear, .width = render::partial_sums}, own_, no_tile, no_tile, {}, {}});
    for (std::size_t part = 0; part < parts_.size(); ++part)
      for (Tile t : parts_[part]) emit(t, static_cast<int>(part) * width_, width_);
  }
  emit(from, first, width);
}

Tile LaneSum::end(Tiles& tiles, Tile zeros) const {
  std::vector<Tile> summed;
  std::size_t rows = 1;
  if (own_ != no_tile) {
    summed = {own_};
  } else {
    for (const auto& part : parts_) rows = std::max(rows, part.size());
    for (std::size_t part = 0; part < static_cast<std::size_t>(render::partial_sums / width_); ++part)
      for (std::size_t row = 0; row < rows; ++row) summed.push_back(row < parts_[part].size() ? parts_[part][row] : zeros);
  }
  const int width = own_ != no_tile ? render::partial_sums : width_;
  const Tile to = tiles.make(1);
  tiles.emit({{.kind = StepKind::sum_lanes, .width = static_cast<std::uint8_t>(width), .lanes = static_cast<std::uint16_t>(rows)}, to, no_tile, no_tile, summed, {}, Bond::close});
  return to;
}

} // namespace chronus::control
