// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See steps.hpp.
#include "steps.hpp"
#include <algorithm>
#include <array>
#include <map>
#include <optional>

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
    out_.values = out_.tiles.make_lasting(most_values);
    for (std::size_t i = 0; i < packs_.size(); ++i) {
      const auto& p = packs_[i];
      out_.packs[i].values = p.split ? out_.tiles.make_lasting(std::max(1, p.value_count * p.kernels->width)) : out_.values;
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
  const WiredMember& member(int m) const { return wiring_.members[static_cast<std::size_t>(m)]; }
  const std::vector<int>& seats(const WiredMember& m) const { return wiring_.seats[static_cast<std::size_t>(m.first_pack)]; }

  /// What one feed brings to one of its sink's packs. To a shared one: from one source for all, or seat by seat.
  Tile operand(const WiredMember& sink, const Feed& feed, bool seat_by_seat, int pack) {
    const int width = sink.width;
    if (feed.member < 0) return width == 1 ? out_.inputs[static_cast<std::size_t>(feed.port)] : spread(out_.inputs[static_cast<std::size_t>(feed.port)], width);
    const WiredMember& source = member(feed.member);
    if (seat_by_seat) return output(source.first_pack, feed.port);
    if (sink.instance->type->sums) return mono_sum(feed);
    const Tile t = source.lanes == 1 ? mono(feed.member, feed.port) : output(source.first_pack + pack, feed.port);
    return source.lanes == 1 && width > 1 ? spread(t, width) : t;
  }

  Tile output(int pack, int port) const { return out_.packs[static_cast<std::size_t>(pack)].outputs[static_cast<std::size_t>(port)]; }

  /// The output of a member of one lane, alone.
  Tile mono(int m, int port) {
    const WiredMember& source = member(m);
    const Tile t = output(source.first_pack, port);
    if (source.seat < 0) return t;
    auto [at, made] = taken_.try_emplace({m, port}, no_tile);
    if (made) {
      at->second = out_.tiles.make(1);
      Draught d{{.kind = StepKind::take_lane, .width = static_cast<std::uint8_t>(source.width), .first = static_cast<std::uint16_t>(source.seat)},
                at->second, t, no_tile, {}, {}, Bond::close};
      out_.tiles.emit(std::move(d));
    }
    return at->second;
  }

  Tile spread(Tile mono, int width) {
    auto [at, made] = spread_.try_emplace(mono, no_tile);
    if (made) {
      at->second = out_.tiles.make(width);
      out_.tiles.emit({{.kind = StepKind::splat, .width = static_cast<std::uint8_t>(width)}, at->second, mono, no_tile, {}, {}});
    }
    return at->second;
  }

  using Ports = std::vector<std::vector<Feed>> WiredMember::*;

  /// Whether the j-th feed of a shared pack's port comes seat by seat.
  bool seat_by_seat(const WiredMember& w, Ports ports, std::size_t port, std::size_t j) const {
    const auto& all = seats(w);
    return !all.empty() && std::ranges::any_of(all, [&](int m) { return (member(m).*ports)[port][j].member != (w.*ports)[port][j].member; });
  }

  Tile sum(const WiredMember& w, Ports ports, std::size_t port, int pack, bool scale) {
    const auto& feeds = (w.*ports)[port];
    if (w.width == 1 && !scale && feeds.size() > 1 && std::ranges::any_of(feeds, [&](const Feed& f) { return f.member >= 0 && member(f.member).seat >= 0; })) {
      SeatSum all(*this, feeds);
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
          render::Modulation modulation{nullptr, {}, value, choices, spec.range.low, spec.range.high};
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

  /// Partial sums side by side, of one stretch: some packs' outputs, each of which holds a part of them, in the order in which they
  /// are added; or all in a place of their own.
  struct Partial {
    std::array<std::vector<Tile>, render::most_tiles / render::most_summed> parts;
    int width = 0; ///< of the tiles
    Tile own = no_tile;
    bool empty() const { return width == 0 && own == no_tile; }
  };

  /// A sum of one lane with feeds from shared packs: the partial sums lie side by side, and a pack is added at once, each seat
  /// in its place, as soon as for each of these places it is the next in the order of the ordinals.
  class SeatSum {
  public:
    SeatSum(Maker& maker, const std::vector<Feed>& feeds) : maker_(maker) {
      for (const Feed& f : feeds) {
        if (stretches_.empty() || stretches_.back().number != f.ordinal / stretch_length) stretches_.push_back({f.ordinal / stretch_length});
        stretches_.back().waiting[f.ordinal % render::partial_sums].push_back(f);
      }
    }
    /// Adds what is there by now.
    void advance() {
      constexpr std::size_t open = 2; // so many stretches are added up side by side
      for (std::size_t i = next_; i < std::min(next_ + open, stretches_.size()); ++i) advance(stretches_[i]);
      for (; next_ < stretches_.size() && stretches_[next_].left() == 0; ++next_) {
        Stretch& s = stretches_[next_];
        if (!s.sums.empty()) total_ = maker_.out_.tiles.added(total_, maker_.sum_of_lanes(s.sums), Bond::none);
        s = {};
      }
    }
    Tile end() {
      for (std::size_t before = next_; advance(), next_ > before; before = next_) {}
      return total_;
    }

  private:
    struct Stretch {
      std::uint32_t number = 0;
      Partial sums;
      std::array<std::vector<Feed>, render::partial_sums> waiting{};
      std::array<std::size_t, render::partial_sums> next{};
      const Feed* first(std::size_t place) const { return next[place] < waiting[place].size() ? &waiting[place][next[place]] : nullptr; }
      std::size_t left() const {
        std::size_t n = 0;
        for (std::size_t place = 0; place < waiting.size(); ++place) n += waiting[place].size() - next[place];
        return n;
      }
    };
    void advance(Stretch& s) {
      for (bool more = true; more;) {
        more = false;
        for (std::size_t place = 0; place < s.waiting.size(); ++place) {
          const Feed* f = s.first(place);
          if (!f || (f->member >= 0 && !maker_.is_made(*f))) continue;
          more = true;
          if (f->member >= 0 && maker_.member(f->member).seat >= 0) add_seats(s, *f);
          else add_one(s, *f, place);
        }
      }
    }
    void add_one(Stretch& s, const Feed& f, std::size_t place) {
      ++s.next[place];
      const Tile t = f.member < 0 ? maker_.out_.inputs[static_cast<std::size_t>(f.port)] : maker_.mono_sum(f);
      maker_.add_to_own(s.sums, t, static_cast<int>(place), 1);
    }
    void add_seats(Stretch& s, const Feed lead) {
      const WiredMember& source = maker_.member(lead.member);
      Places places;
      places.fill(-1);
      for (std::size_t place = 0; place < s.waiting.size(); ++place) {
        const Feed* f = s.first(place);
        if (!f || f->member < 0 || f->port != lead.port) continue;
        const WiredMember& m = maker_.member(f->member);
        if (m.seat < 0 || m.first_pack != source.first_pack) continue;
        std::int8_t& seat = places[static_cast<std::size_t>(m.seat)];
        if (seat >= 0) continue;
        seat = static_cast<std::int8_t>(place);
        ++s.next[place];
      }
      maker_.add(s.sums, maker_.output(source.first_pack, lead.port), source.width, places);
    }

    Maker& maker_;
    Tile total_ = no_tile;
    std::vector<Stretch> stretches_;
    std::size_t next_ = 0; ///< the first that is not in the total
  };

  /// Partial sums side by side, all zero yet.
  Tile begin_lanes() {
    const Tile sums = out_.tiles.make(render::partial_sums);
    out_.tiles.emit({{.kind = StepKind::clear, .width = render::partial_sums}, sums, no_tile, no_tile, {}, {}});
    return sums;
  }
  using Places = std::array<std::int8_t, render::partial_sums>; ///< by lane: the partial sum that it goes to, -1: none

  /// A pack's output. Where its lanes fill a part in their order it is that already.
  void add(Partial& sums, Tile from, int width, const Places& places) {
    if (width == 1) return add_to_own(sums, from, places[0], 1);
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
        part = out_.tiles.make(width);
        render::Step step{.kind = StepKind::take_seats, .width = static_cast<std::uint8_t>(width), .first = static_cast<std::uint16_t>(first)};
        std::ranges::copy(places, step.place);
        out_.tiles.emit({step, part, from, no_tile, {}, {}, Bond::close});
      }
      auto& tiles = sums.parts[static_cast<std::size_t>(first / width)];
      if (sums.own != no_tile || tiles.size() == render::most_summed) {
        add_to_own(sums, part, first, width);
      } else {
        sums.width = width;
        tiles.push_back(part);
      }
    }
  }
  /// What is not as wide as a part, or too much: all go to a place of their own.
  void add_to_own(Partial& sums, Tile from, int first, int width) {
    const auto emit = [&](Tile t, int at, int lanes) {
      out_.tiles.emit({{.kind = StepKind::add_lanes, .width = static_cast<std::uint8_t>(lanes), .first = static_cast<std::uint16_t>(at), .lanes = static_cast<std::uint16_t>(lanes)},
                       sums.own, t, no_tile, {}, {}, lanes > 1 ? Bond::close : Bond::none});
    };
    if (sums.own == no_tile) {
      sums.own = begin_lanes();
      for (std::size_t part = 0; part < sums.parts.size(); ++part)
        for (Tile t : sums.parts[part]) emit(t, static_cast<int>(part) * sums.width, sums.width);
    }
    emit(from, first, width);
  }
  Tile sum_of_lanes(const Partial& sums) {
    const Tile to = out_.tiles.make(1);
    std::vector<Tile> tiles;
    std::size_t rows = 1;
    if (sums.own != no_tile) {
      tiles = {sums.own};
    } else {
      for (const auto& part : sums.parts) rows = std::max(rows, part.size());
      for (std::size_t part = 0; part < static_cast<std::size_t>(render::partial_sums / sums.width); ++part)
        for (std::size_t row = 0; row < rows; ++row) tiles.push_back(row < sums.parts[part].size() ? sums.parts[part][row] : out_.zeros);
    }
    const int width = sums.own != no_tile ? render::partial_sums : sums.width;
    out_.tiles.emit({{.kind = StepKind::sum_lanes, .width = static_cast<std::uint8_t>(width), .lanes = static_cast<std::uint16_t>(rows)}, to, no_tile, no_tile, tiles, {}, Bond::close});
    return to;
  }

  /// Whether a feed's source has run, and (where it has many lanes) its lanes are added up.
  bool is_made(const Feed& f) const {
    const WiredMember& m = member(f.member);
    if (m.lanes > 1) return mono_.at({f.member, f.port}).tile != no_tile;
    return !out_.packs[static_cast<std::size_t>(m.first_pack)].outputs.empty();
  }
  Tile mono_sum(const Feed& f) { return member(f.member).lanes > 1 ? mono_.at({f.member, f.port}).tile : mono(f.member, f.port); }

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
      if (std::ranges::any_of(feeds, [&](const Feed& f) { return f.member >= 0 && member(f.member).seat >= 0; })) outs_.back().seats.emplace(*this, feeds);
    }
    for (const Out& o : outs_) add_up(*o.feeds);
    for (const WiredMember& m : wiring_.members)
      for (std::size_t p = 0; m.instance->type->sums && p < m.inputs.size(); ++p) add_up(m.inputs[p]);
  }
  void add_up(const std::vector<Feed>& feeds) {
    for (const Feed& f : feeds)
      if (f.member >= 0 && member(f.member).lanes > 1) mono_.try_emplace({f.member, f.port}, Mono{});
  }

  /// Lanes that go to an output, or to what sums them, are added up as their packs run.
  void collect_lanes(const Turn& turn) {
    const WiredMember& w = member(turn.member);
    for (int port = 0; port < static_cast<int>(w.instance->type->outputs.size()); ++port) {
      const auto at = mono_.find({turn.member, port});
      if (at == mono_.end()) continue;
      Mono& mono = at->second;
      const auto& pack = packs_[static_cast<std::size_t>(w.first_pack + turn.pack)];
      if (pack.first_lane % stretch_length == 0) mono.part = {};
      Places places;
      places.fill(-1);
      for (int i = 0; i < pack.lanes; ++i) places[static_cast<std::size_t>(i)] = static_cast<std::int8_t>((pack.first_lane + i) % render::partial_sums);
      add(mono.part, output(w.first_pack + turn.pack, port), w.width, places);
      const bool last = turn.pack + 1 == w.packs;
      if (last || (pack.first_lane + w.width) % static_cast<int>(stretch_length) == 0) mono.total = out_.tiles.added(mono.total, sum_of_lanes(mono.part), Bond::none);
      if (last) mono.tile = mono.total;
    }
  }

  void advance_outs() {
    for (Out& o : outs_) {
      if (o.seats) {
        o.seats->advance();
        continue;
      }
      for (; o.next < o.feeds->size(); ++o.next) {
        const Feed& f = (*o.feeds)[o.next];
        if (f.member >= 0 && !is_made(f)) break;
        out_.tiles.add(o.sum, f.ordinal, f.member < 0 ? out_.inputs[static_cast<std::size_t>(f.port)] : mono_sum(f));
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

  struct Mono {
    Tile tile = no_tile, total = no_tile;
    Partial part;
  };

  const Wiring& wiring_;
  const std::vector<render::Pack>& packs_;
  const int ports_, ins_;
  Steps out_;
  std::map<Tile, Tile> spread_;
  std::map<std::pair<int, int>, Tile> taken_; ///< by member and output: out of a shared pack
  std::map<std::pair<int, int>, Mono> mono_; ///< by member and output: its lanes added up
  std::vector<Out> outs_;
};

} // namespace

Steps make_steps(const Wiring& wiring, const std::vector<render::Pack>& packs, int outs, int ins) {
  return Maker(wiring, packs, outs, ins).make();
}

} // namespace chronus::control
