// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Tiles of memory: two that are alive at once never overlap, and what is free is used again.
#include "control/tiles.hpp"
#include "support/patch_kit.hpp"
#include <algorithm>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;
using render::StepKind;

namespace {

/// What lies where, float by float, as the steps run: every reader must find what its tile's writers left.
struct Memory {
  explicit Memory(std::size_t floats) : owner(floats, no_tile) {}
  std::vector<Tile> owner;
  int wrong = 0;

  void read(const Tiles& tiles, Tile t) {
    if (t == no_tile) return;
    for (std::size_t i = 0, at = tiles.at(t); i < static_cast<std::size_t>(tiles.width(t)) * block_frames; ++i) wrong += owner[at + i] != t;
  }
  void write(const Tiles& tiles, Tile t) {
    if (t == no_tile) return;
    for (std::size_t i = 0, at = tiles.at(t); i < static_cast<std::size_t>(tiles.width(t)) * block_frames; ++i) owner[at + i] = t;
  }
};

bool apart(const Tiles& tiles, Tile a, Tile b) {
  const auto size = [&](Tile t) { return static_cast<std::size_t>(tiles.width(t)) * block_frames; };
  return tiles.at(a) + size(a) <= tiles.at(b) || tiles.at(b) + size(b) <= tiles.at(a);
}

/// Packs of three widths that read what earlier ones made, sums, scales and spreads between them.
void fill(Tiles& tiles, std::uint64_t seed, int steps, std::vector<Tile>& lasting) {
  std::vector<Tile> made[3];
  constexpr int widths[] = {1, 8, 16};
  auto draw = [&, n = std::uint64_t{0}](std::size_t below) mutable { return static_cast<std::size_t>(chance(seed, ++n) * static_cast<double>(below)); };
  for (int w : widths) lasting.push_back(tiles.make_lasting(w));
  for (int s = 0; s < steps; ++s) {
    const std::size_t w = draw(3);
    auto any = [&](std::size_t width) { // mostly young, now and then old
      const auto& m = made[width];
      return m.empty() ? lasting[width] : draw(5) ? m[m.size() - 1 - draw(std::min<std::size_t>(m.size(), 6))] : m[draw(m.size())];
    };
    if (draw(4) == 0) {
      auto sum = tiles.begin_sum(widths[w]);
      for (std::size_t i = 0, n = draw(40); i < n; ++i) tiles.add(sum, static_cast<std::uint32_t>(draw(64)), draw(3) ? any(w) : tiles.scaled(any(w), 0.5F));
      if (const Tile t = tiles.end_sum(sum); t != no_tile) made[w].push_back(t);
    } else if (draw(4) == 0) {
      const Tile to = tiles.make(widths[2]);
      tiles.emit({{.kind = StepKind::splat, .width = 16}, to, any(0), no_tile, {}, {}});
      made[2].push_back(to);
    } else {
      Draught d{{.kind = StepKind::run, .width = static_cast<std::uint8_t>(widths[w])}, no_tile, no_tile, no_tile, {}, {}};
      for (std::size_t i = 0, n = draw(4); i < n; ++i) d.reads.push_back(any(w));
      for (std::size_t i = 0, n = 1 + draw(2); i < n; ++i) {
        d.writes.push_back(tiles.make(widths[w]));
        made[w].push_back(d.writes.back());
      }
      tiles.emit(std::move(d));
    }
  }
}

} // namespace

TEST_CASE("no tile is written over before its last reader has run") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Tiles tiles;
    std::vector<Tile> lasting;
    fill(tiles, seed, 300, lasting);
    Memory memory(tiles.place());
    for (Tile t : lasting) memory.write(tiles, t);
    for (const Draught& d : tiles.steps()) {
      for (Tile t : d.reads) memory.read(tiles, t);
      memory.read(tiles, d.a), memory.read(tiles, d.b);
      for (Tile t : d.writes) memory.write(tiles, t);
      memory.write(tiles, d.to);
      // A module reads and writes frame by frame in its own order: nothing that it writes may lie where it reads.
      for (Tile out : d.writes)
        for (Tile in : d.reads) CHECK(apart(tiles, in, out));
      for (Tile x : d.writes)
        for (Tile y : d.writes) CHECK((x == y || apart(tiles, x, y)));
      if (d.step.kind == StepKind::splat) CHECK(apart(tiles, d.to, d.a));
    }
    for (Tile t : lasting) memory.read(tiles, t); // for ever
    CHECK(memory.wrong == 0);
  }
}

TEST_CASE("tiles that last lie side by side, in the order of their making") {
  Tiles tiles;
  const Tile a = tiles.make_lasting(1), b = tiles.make(1), c = tiles.make_lasting(1);
  tiles.emit({{.kind = StepKind::splat, .width = 1}, b, a, no_tile, {}, {}});
  tiles.place();
  CHECK(tiles.at(c) == tiles.at(a) + block_frames);
}

TEST_CASE("a sum of nothing is no tile, of one operand that operand, and scaling by one is free") {
  Tiles tiles;
  const Tile a = tiles.make_lasting(1);
  auto sum = tiles.begin_sum(1);
  CHECK(tiles.end_sum(sum) == no_tile);
  tiles.add(sum, 5, tiles.scaled(a, 1));
  CHECK(tiles.end_sum(sum) == a);
  CHECK(tiles.steps().empty());
}

TEST_CASE("a thousand chains need no more memory than two hundred, of one lane or of many") {
  auto chains = [](int count, int lanes) {
    Kit k;
    for (int i = 0; i < count; ++i) {
      const std::string n = std::to_string(i);
      k.add("a" + n, "saw").add("m" + n, "lfo").add("b" + n, "svf", {}, lanes).add("c" + n, "gain");
      k.cable("a" + n, "b" + n).cable("m" + n, "b" + n + ".cutoff", 100).cable("b" + n, "c" + n).cable("c" + n, "out");
    }
    Ids ids;
    return plan_of(k.patch, ids)->tiles.floats;
  };
  for (int lanes : {0, 5}) {
    const std::size_t few = chains(200, lanes);
    CHECK(few < static_cast<std::size_t>(lanes ? 500 : 250) * block_frames);
    CHECK(chains(1000, lanes) == few);
  }
}
