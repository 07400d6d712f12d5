// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See rests.hpp.
#include "rests.hpp"
#include "../link/apart.hpp"
#include <algorithm>

namespace chronus::control {

using render::Rests;
using render::StepKind;

Rests may_rest(const Steps& steps, const std::vector<const Draught*>& list, const std::vector<render::Pack>& packs, std::size_t tile_floats) {
  Rests rests;
  const auto size = [](auto& each, std::size_t n) { // what lies behind it may be another strand's
    each.reserve(n + link::apart_bytes);
    each.resize(n);
  };
  size(rests.now, list.size());
  size(rests.tiles, tile_floats / block_frames);
  rests.zeros_at = steps.tiles.at(steps.zeros) / block_frames;
  rests.tiles[rests.zeros_at] = Rests::zeros;
  const auto pack_of = [&](const Draught& d) { return d.step.kind == StepKind::run ? &packs[d.step.pack] : nullptr; };
  if (std::ranges::none_of(list, [&](const Draught* d) { return pack_of(*d) && pack_of(*d)->kernels->deaf; })) return rests;

  std::vector<std::uint32_t> first(steps.tiles.count() + 1); // of each tile's readers in `of_tile`
  for (const Draught* d : list) each_read(*d, [&](Tile t) { ++first[static_cast<std::size_t>(t) + 1]; });
  for (std::size_t t = 1; t < first.size(); ++t) first[t] += first[t - 1];
  std::vector<std::uint32_t> of_tile(first.back()), next(first.begin(), first.end() - 1);
  for (std::size_t i = 0; i < list.size(); ++i) each_read(*list[i], [&](Tile t) { of_tile[next[static_cast<std::size_t>(t)]++] = static_cast<std::uint32_t>(i); });

  const auto may_pass = [&](const Draught& d) {
    if (d.step.kind == StepKind::output || d.step.kind == StepKind::send || d.step.kind == StepKind::receive) return false;
    if (d.step.kind == StepKind::read || d.step.kind == StepKind::write) return false;
    const render::Pack* pack = pack_of(d);
    if (!pack) return true;
    // What may be at fault is run: whether somebody in another strand hears it must not decide whether it is silenced for a while.
    return pack->kernels->pass && !pack->watched && (pack->kernels->state_bytes == 0 || steps.packs[d.step.pack].modulations.empty());
  };
  std::vector<bool> may(list.size());
  for (std::size_t i = list.size(); i-- > 0;) {
    const Draught& d = *list[i];
    const auto step = static_cast<std::uint32_t>(i);
    if (pack_of(d) && pack_of(d)->kernels->deaf) {
      may[i] = true;
      rests.may.push_back({step, 0, 0, true});
      continue;
    }
    if (!may_pass(d)) continue;
    const auto begin = static_cast<std::uint32_t>(rests.readers.size());
    bool all = true;
    each_written(d, [&](Tile t) {
      const auto at = first.begin() + t;
      for (std::uint32_t r = at[0]; r < at[1]; ++r) {
        all = all && may[of_tile[r]];
        rests.readers.push_back(of_tile[r]);
      }
    });
    may[i] = all;
    if (all) rests.may.push_back({step, begin, static_cast<std::uint32_t>(rests.readers.size()) - begin, false});
    else rests.readers.resize(begin);
  }
  return rests;
}

} // namespace chronus::control
