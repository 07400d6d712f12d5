// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See steps.hpp.
#include "steps.hpp"
#include <algorithm>
#include <map>

namespace chronus::control {

using render::StepKind;

namespace {

class Maker {
public:
  Maker(const Wiring& wiring, const std::vector<render::Pack>& packs, int outs, int ins)
      : wiring_(wiring), packs_(packs), ports_(outs), ins_(ins) {}

  Steps make() {
    out_.zeros = out_.tiles.make_lasting(16);
    for (int i = 0; i < ins_; ++i) out_.inputs.push_back(out_.tiles.make_lasting(1));
    for (int i = 0; i < ports_; ++i) out_.results.push_back(out_.tiles.make_lasting(1));
    out_.packs.resize(packs_.size());
    int most_values = 1;
    for (const auto& p : packs_)
      if (!p.split) most_values = std::max(most_values, p.value_count * p.kernels->width);
    const Tile shared = out_.tiles.make_lasting(most_values);
    for (std::size_t i = 0; i < packs_.size(); ++i) {
      const auto& p = packs_[i];
      out_.packs[i].values = p.split ? out_.tiles.make_lasting(std::max(1, p.value_count * p.kernels->width)) : shared;
    }
    begin_outs();
    advance_outs();
    for (const Turn& turn : wiring_.order) {
      add_pack(turn);
      if (turn.kind != Turn::Kind::write) {
        collect_lanes(turn);
        advance_outs();
      }
    }
    finish_outs();
    return std::move(out_);
  }

private:
  Tile operand(const Feed& feed, int pack, int width) {
    if (feed.member < 0) return width == 1 ? out_.inputs[static_cast<std::size_t>(feed.port)] : spread(out_.inputs[static_cast<std::size_t>(feed.port)], width);
    const WiredMember& source = wiring_.members[static_cast<std::size_t>(feed.member)];
    const Tile t = out_.packs[static_cast<std::size_t>(source.first_pack + (source.lanes == 1 ? 0 : pack))].outputs[static_cast<std::size_t>(feed.port)];
    return source.lanes == 1 && width > 1 ? spread(t, width) : t;
  }

  Tile spread(Tile mono, int width) {
    auto [at, made] = spread_.try_emplace(mono, no_tile);
    if (made) {
      at->second = out_.tiles.make(width);
      out_.tiles.emit({{.kind = StepKind::splat, .width = static_cast<std::uint8_t>(width)}, at->second, mono, no_tile, {}, {}});
    }
    return at->second;
  }

  Tile sum(const std::vector<Feed>& feeds, int pack, int width, bool scale) {
    auto s = out_.tiles.begin_sum(width);
    for (const Feed& f : feeds) {
      const Tile t = operand(f, pack, width);
      out_.tiles.add(s, f.ordinal, scale ? out_.tiles.scaled(t, f.by) : t);
    }
    return out_.tiles.end_sum(s);
  }

  void add_pack(const Turn& turn) {
    const WiredMember& w = wiring_.members[static_cast<std::size_t>(turn.member)];
    const auto index = static_cast<std::size_t>(w.first_pack + turn.pack);
    Draught d{{.width = static_cast<std::uint8_t>(w.width), .pack = static_cast<std::uint32_t>(index)}, no_tile, no_tile, no_tile, {}, {}};
    d.step.kind = turn.kind == Turn::Kind::run ? StepKind::run : turn.kind == Turn::Kind::read ? StepKind::read : StepKind::write;
    if (turn.kind != Turn::Kind::write) {
      int value = 0;
      for (std::size_t p = 0; p < w.params.size(); ++p) {
        const ParamSpec& spec = w.instance->type->params[p];
        const int choices = static_cast<int>(spec.choices.size());
        if (!w.params[p].empty()) {
          const bool one = w.params[p].size() == 1; // is scaled where it is used
          const Tile t = sum(w.params[p], turn.pack, w.width, !one);
          out_.packs[index].modulations.push_back(
              {t, {nullptr, one ? w.params[p].front().by : 1, value, choices, spec.range.low, spec.range.high}});
          d.reads.push_back(t);
        }
        value += std::max(choices, 1);
      }
    }
    if (turn.kind != Turn::Kind::read)
      for (const auto& feeds : w.inputs) {
        Tile t = feeds.empty() ? out_.zeros : sum(feeds, turn.pack, w.width, false);
        out_.packs[index].inputs.push_back(t);
        d.reads.push_back(t);
      }
    if (turn.kind != Turn::Kind::write)
      for (std::size_t o = 0; o < w.instance->type->outputs.size(); ++o) {
        out_.packs[index].outputs.push_back(out_.tiles.make(w.width));
        d.writes.push_back(out_.packs[index].outputs.back());
      }
    out_.tiles.emit(std::move(d));
  }

  // ---- the outputs: each source is added as soon as its turn has come -----------------------------------------------------
  struct Out {
    const std::vector<Feed>* feeds;
    std::vector<int> ports;
    std::size_t next = 0;
    Tiles::Sum sum;
  };

  void begin_outs() {
    auto same = [](const Feed& a, const Feed& b) { return a.member == b.member && a.port == b.port && a.ordinal == b.ordinal; };
    for (int p = 0; p < ports_; ++p) {
      const auto& feeds = wiring_.outs[static_cast<std::size_t>(p)];
      const auto twin = std::find_if(outs_.begin(), outs_.end(), [&](const Out& o) { return std::ranges::equal(*o.feeds, feeds, same); });
      if (twin != outs_.end()) twin->ports.push_back(p);
      else outs_.push_back({&feeds, {p}, 0, out_.tiles.begin_sum(1)});
    }
    for (const Out& o : outs_)
      for (const Feed& f : *o.feeds)
        if (f.member >= 0) mono_.try_emplace({f.member, f.port}, Mono{});
  }

  void collect_lanes(const Turn& turn) {
    const WiredMember& w = wiring_.members[static_cast<std::size_t>(turn.member)];
    for (int port = 0; port < static_cast<int>(w.instance->type->outputs.size()); ++port) {
      const auto at = mono_.find({turn.member, port});
      if (at == mono_.end()) continue;
      Mono& mono = at->second;
      const Tile t = out_.packs[static_cast<std::size_t>(w.first_pack + turn.pack)].outputs[static_cast<std::size_t>(port)];
      if (w.lanes == 1) {
        mono.tile = t;
        continue;
      }
      if (turn.pack == 0) {
        mono.sums = out_.tiles.make(render::partial_sums);
        out_.tiles.emit({{.kind = StepKind::clear, .width = render::partial_sums}, mono.sums, no_tile, no_tile, {}, {}});
      }
      const auto& pack = packs_[static_cast<std::size_t>(w.first_pack + turn.pack)];
      out_.tiles.emit({{.kind = StepKind::add_lanes, .width = static_cast<std::uint8_t>(w.width), .first = pack.first_lane, .lanes = pack.lanes},
                   mono.sums, t, no_tile, {}, {}});
      if (turn.pack + 1 == w.packs) {
        mono.tile = out_.tiles.make(1);
        out_.tiles.emit({{.kind = StepKind::sum_lanes, .width = render::partial_sums}, mono.tile, mono.sums, no_tile, {}, {}});
      }
    }
  }

  void advance_outs() {
    for (Out& o : outs_)
      for (; o.next < o.feeds->size(); ++o.next) {
        const Feed& f = (*o.feeds)[o.next];
        const Tile t = f.member < 0 ? out_.inputs[static_cast<std::size_t>(f.port)] : mono_.at({f.member, f.port}).tile;
        if (t == no_tile) break;
        out_.tiles.add(o.sum, f.ordinal, t);
      }
  }

  void finish_outs() {
    for (Out& o : outs_) {
      const Tile t = out_.tiles.end_sum(o.sum);
      for (int p : o.ports)
        out_.tiles.emit({{.kind = StepKind::output, .width = 1, .first = static_cast<std::uint16_t>(p)},
                     out_.results[static_cast<std::size_t>(p)], t == no_tile ? out_.zeros : t, no_tile, {}, {}});
    }
  }

  struct Mono {
    Tile tile = no_tile, sums = no_tile;
  };

  const Wiring& wiring_;
  const std::vector<render::Pack>& packs_;
  const int ports_, ins_;
  Steps out_;
  std::map<Tile, Tile> spread_;
  std::map<std::pair<int, int>, Mono> mono_; ///< by member and output: its lanes added up
  std::vector<Out> outs_;
};

} // namespace

Steps make_steps(const Wiring& wiring, const std::vector<render::Pack>& packs, int outs, int ins) {
  return Maker(wiring, packs, outs, ins).make();
}

} // namespace chronus::control
