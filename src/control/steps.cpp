// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See steps.hpp.
#include "steps.hpp"
#include "seat_sum.hpp"
#include "signals.hpp"
#include <algorithm>
#include <optional>

namespace chronus::control {

using render::StepKind;

namespace {

class Maker {
public:
  Maker(const Wiring& wiring, const std::vector<render::Pack>& packs, int outs, int ins)
      : wiring_(wiring), packs_(packs), ports_(outs), ins_(ins), signals_(wiring, packs, out_) {}

  Steps make() {
    out_.zeros = out_.tiles.make_lasting(16);
    for (int i = 0; i < ins_; ++i) out_.inputs.push_back(out_.tiles.make_lasting(1));
    for (int i = 0; i < ports_; ++i) out_.results.push_back(out_.tiles.make_lasting(1));
    out_.packs.resize(packs_.size());
    int most_values = 1;
    for (const auto& p : packs_)
      if (!p.segment.in_cycle) most_values = std::max(most_values, p.value_count * p.kernels->width);
    out_.values = out_.tiles.make_lasting(most_values);
    for (std::size_t i = 0; i < packs_.size(); ++i) {
      const auto& p = packs_[i];
      out_.packs[i].values = p.segment.in_cycle ? out_.tiles.make_lasting(std::max(1, p.value_count * p.kernels->width)) : out_.values;
    }
    begin_outs();
    advance_outs();
    for (const Turn& turn : wiring_.order) {
      add_pack(turn);
      if (turn.kind != Turn::Kind::write) {
        signals_.collect_lanes(turn);
        advance_outs();
      }
    }
    finish_outs();
    return std::move(out_);
  }

private:
  const WiredMember& member(int m) const { return signals_.member(m); }
  bool has_seats(const std::vector<Feed>& feeds) const { return std::ranges::any_of(feeds, [&](const Feed& f) { return signals_.is_seat(f); }); }
  const std::vector<int>& seats(const WiredMember& m) const { return wiring_.seats[static_cast<std::size_t>(m.first_pack)]; }

  /// What one feed brings to one of its sink's packs. To a shared one: from one source for all, or seat by seat.
  Tile operand(const WiredMember& sink, const Feed& feed, bool seat_by_seat, int pack) {
    const int width = sink.width;
    if (feed.member >= 0) {
      const WiredMember& source = member(feed.member);
      if (seat_by_seat) return signals_.pack(source.first_pack, feed.port);
      if (sink.instance->type->sums) return signals_.one(feed);
      if (source.lanes > 1) return signals_.pack(source.first_pack + pack, feed.port);
    }
    const Tile one = signals_.one(feed);
    return width > 1 ? signals_.spread(one, width) : one;
  }

  using Ports = std::vector<std::vector<Feed>> WiredMember::*;

  /// Whether the j-th feed of a shared pack's port comes seat by seat.
  bool seat_by_seat(const WiredMember& w, Ports ports, std::size_t port, std::size_t j) const {
    const auto& all = seats(w);
    return !all.empty() && std::ranges::any_of(all, [&](int m) { return (member(m).*ports)[port][j].member != (w.*ports)[port][j].member; });
  }

  Tile sum(const WiredMember& w, Ports ports, std::size_t port, int pack, bool scale) {
    const auto& feeds = (w.*ports)[port];
    if (w.width == 1 && !scale && feeds.size() > 1 && has_seats(feeds)) {
      SeatSum all(signals_, feeds);
      all.advance();
      return all.end();
    }
    auto s = out_.tiles.begin_sum(w.width);
    for (std::size_t j = 0; j < feeds.size(); ++j) {
      const Tile t = operand(w, feeds[j], seat_by_seat(w, ports, port, j), pack);
      out_.tiles.add(s, feeds[j].ordinal, scale ? out_.tiles.scaled(t, feeds[j].by) : t);
    }
    return out_.tiles.end_sum(s);
  }

  void add_pack(const Turn& turn) {
    const WiredMember& w = member(turn.member);
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
          const Tile t = sum(w, &WiredMember::params, p, turn.pack, !one);
          render::Modulation modulation{nullptr, {}, value, choices, spec.reach().low, spec.reach().high};
          const auto& all = seats(w);
          for (std::size_t i = 0; i < std::size(modulation.by); ++i)
            modulation.by[i] = !one ? 1 : (i < all.size() ? member(all[i]) : w).params[p].front().by;
          out_.packs[index].modulations.push_back({t, modulation});
          d.reads.push_back(t);
        }
        value += std::max(choices, 1);
      }
    }
    if (turn.kind != Turn::Kind::read)
      for (std::size_t p = 0; p < w.inputs.size(); ++p) {
        Tile t = w.inputs[p].empty() ? out_.zeros : sum(w, &WiredMember::inputs, p, turn.pack, false);
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
    std::optional<SeatSum> seats = {}; ///< instead, where any feed comes from a shared pack
  };

  void begin_outs() {
    auto same = [](const Feed& a, const Feed& b) { return a.member == b.member && a.port == b.port && a.ordinal == b.ordinal; };
    for (int p = 0; p < ports_; ++p) {
      const auto& feeds = wiring_.outs[static_cast<std::size_t>(p)];
      const auto twin = std::find_if(outs_.begin(), outs_.end(), [&](const Out& o) { return std::ranges::equal(*o.feeds, feeds, same); });
      if (twin != outs_.end()) {
        twin->ports.push_back(p);
        continue;
      }
      outs_.push_back({&feeds, {p}, 0, out_.tiles.begin_sum(1)});
      if (has_seats(feeds)) outs_.back().seats.emplace(signals_, feeds);
    }
    for (const Out& o : outs_) signals_.add_up(*o.feeds);
    for (const WiredMember& m : wiring_.members)
      for (std::size_t p = 0; m.instance->type->sums && p < m.inputs.size(); ++p) signals_.add_up(m.inputs[p]);
  }

  void advance_outs() {
    for (Out& o : outs_) {
      if (o.seats) {
        o.seats->advance();
        continue;
      }
      for (; o.next < o.feeds->size(); ++o.next) {
        const Feed& f = (*o.feeds)[o.next];
        if (!signals_.is_made(f)) break;
        out_.tiles.add(o.sum, f.ordinal, signals_.one(f));
      }
    }
  }

  void finish_outs() {
    for (Out& o : outs_) {
      const Tile t = o.seats ? o.seats->end() : out_.tiles.end_sum(o.sum);
      for (int p : o.ports)
        out_.tiles.emit({{.kind = StepKind::output, .width = 1, .first = static_cast<std::uint16_t>(p)},
                     out_.results[static_cast<std::size_t>(p)], t == no_tile ? out_.zeros : t, no_tile, {}, {}});
    }
  }

  const Wiring& wiring_;
  const std::vector<render::Pack>& packs_;
  const int ports_, ins_;
  Steps out_;
  Signals signals_;
  std::vector<Out> outs_;
};

} // namespace

Steps make_steps(const Wiring& wiring, const std::vector<render::Pack>& packs, int outs, int ins) {
  return Maker(wiring, packs, outs, ins).make();
}

} // namespace chronus::control
