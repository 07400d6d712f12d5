// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See strands.hpp.
#include "strands.hpp"
#include "../render/team.hpp"
#include <algorithm>
#include <map>
#include <numeric>

namespace chronus::control {

using render::StepKind;

namespace {

// All in cycles a block, roughly.
constexpr double least_work = 8000;   ///< less is not divided
constexpr double most_of_it = 0.8;    ///< of all the work in one strand: more is not worth it
constexpr double cycles_a_second = 3e9;
constexpr double crossing_cost = 400, lane_cost = 100; ///< of a tile from strand to strand

bool is_pack(StepKind kind) { return kind == StepKind::run || kind == StepKind::read || kind == StepKind::write; }

class Divider {
public:
  Divider(Steps& steps, const Wiring& wiring, const std::vector<render::Pack>& packs, int threads, std::span<const double> costs)
      : steps_(steps), list_(steps.tiles.steps()), wiring_(wiring), packs_(packs), costs_(costs), threads_(threads),
        strands_(static_cast<std::size_t>(render::Team::strands_for(threads))) {}

  void divide() {
    look();
    unite();
    if (!assign()) return;
    connect();
    write_down();
  }

private:
  struct Traffic {
    std::vector<std::size_t> writers, readers; ///< steps
  };
  const Traffic& traffic(Tile t) const { return traffic_[static_cast<std::size_t>(t)]; }

  double weight(const Draught& d) const {
    if (is_pack(d.step.kind) && !costs_.empty()) return d.step.kind == StepKind::write ? 0 : costs_[d.step.pack] * cycles_a_second;
    if (is_pack(d.step.kind)) return block_frames * wiring_.members[packs_[d.step.pack].module].instance->type->weight;
    if (d.step.kind == StepKind::sum_lanes) return (3 + static_cast<double>(d.reads.size()) * d.step.width / render::partial_sums) * block_frames;
    return d.step.width > 1 ? 1.5 * block_frames : 0.3 * block_frames;
  }

  void look() {
    traffic_.resize(steps_.tiles.count());
    unit_.resize(list_.size());
    std::iota(unit_.begin(), unit_.end(), std::size_t{0});
    for (std::size_t i = 0; i < list_.size(); ++i) {
      each_read(list_[i], [&](Tile t) { traffic_[static_cast<std::size_t>(t)].readers.push_back(i); });
      each_written(list_[i], [&](Tile t) { traffic_[static_cast<std::size_t>(t)].writers.push_back(i); });
      load_.push_back(weight(list_[i]));
      work_ += load_.back();
    }
  }

  // ---- units --------------------------------------------------------------------------------------------------------------
  std::size_t unit(std::size_t i) {
    while (unit_[i] != i) i = unit_[i] = unit_[unit_[i]];
    return i;
  }
  void unite(std::size_t a, std::size_t b) {
    a = unit(a), b = unit(b);
    if (a == b) return;
    if (b < a) std::swap(a, b); // the first step stands for all
    unit_[b] = a;
    load_[a] += load_[b];
  }

  void unite() {
    std::map<std::uint32_t, std::size_t> halves;
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (is_pack(list_[i].step.kind)) unite(i, halves.try_emplace(list_[i].step.pack, i).first->second);
    for (const Traffic& t : traffic_)
      for (std::size_t w : t.writers) unite(w, t.writers.front());
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (list_[i].bond == Bond::close)
        each_read(list_[i], [&](Tile t) {
          if (!traffic(t).writers.empty()) unite(i, traffic(t).writers.front());
        });
    for (bool wide : {true, false})
      for (std::size_t i = 0; i < list_.size(); ++i)
        each_read(list_[i], [&](Tile t) {
          if ((steps_.tiles.width(t) > 1) == wide) follow(i, t, wide);
        });
    take_along();
  }

  /// Where all that hear a small unit are in one other, it goes with them: to wait for it would cost more than it does.
  void take_along() {
    const double small = work_ / static_cast<double>(16 * strands_);
    std::vector<bool> runs(list_.size());
    for (std::size_t i = 0; i < list_.size(); ++i)
      if (is_pack(list_[i].step.kind)) runs[unit(i)] = true;
    for (std::size_t i = 0; i < list_.size(); ++i)
      each_read(list_[i], [&](Tile t) {
        if (traffic(t).writers.empty()) return;
        const std::size_t here = unit(i), there = unit(traffic(t).writers.front());
        if (here == there || !runs[here] || !runs[there] || list_[i].bond == Bond::none) return;
        if (load_[there] > small || load_[here] + load_[there] > work_ / static_cast<double>(2 * strands_)) return;
        if (std::ranges::any_of(traffic(t).readers, [&](std::size_t r) { return unit(r) != here; })) return;
        unite(here, there);
      });
  }

  /// What makes something for one unit only goes with it, but for what it adds to others' in a mix.
  void follow(std::size_t i, Tile t, bool wide) {
    const auto adds = [&](std::size_t s) { return (list_[s].step.kind == StepKind::add || list_[s].step.kind == StepKind::scale) && list_[s].bond != Bond::none; };
    const Traffic& between = traffic(t);
    if (between.writers.size() != 1) return;
    const std::size_t maker = between.writers.front();
    if (!(is_pack(list_[i].step.kind) && (is_pack(list_[maker].step.kind) || adds(maker))) && !(adds(i) && adds(maker))) return;
    if (std::ranges::any_of(between.readers, [&](std::size_t r) { return unit(r) != unit(i); })) return;
    if (wide || load_[unit(i)] + load_[unit(maker)] <= work_ / static_cast<double>(2 * strands_)) unite(i, maker);
  }

  // ---- who does what -------------------------------------------------------------------------------------------------------
  /// \return whether it is worth it
  bool assign() {
    if (work_ < least_work) return false;
    std::vector<std::vector<std::size_t>> members(list_.size());
    for (std::size_t i = 0; i < list_.size(); ++i) members[unit(i)].push_back(i);
    strand_.assign(list_.size(), -1);
    over_.assign(list_.size(), 0);
    std::vector<double> busy(strands_);
    std::size_t last = 0;
    for (std::size_t u : in_turn(members)) {
      // What only adds up is the first's, which has the outputs: a strand that waits for none can run ahead.
      const bool fixed = std::ranges::none_of(members[u], [&](std::size_t i) { return is_pack(list_[i].step.kind); });
      auto over_on = [&](std::size_t s) { return std::max(busy[s], ready(members[u], static_cast<int>(s))) + load_[u]; };
      std::size_t best = fixed ? 0 : last; // there and back, where all are alike: voices that cost more and more are shared out evenly
      for (std::size_t s = 0; s < (fixed ? 0 : strands_); ++s)
        if (over_on(s) < over_on(best)) best = s;
      over_[u] = over_on(best);
      busy[best] = fixed ? busy[best] + load_[u] : over_[u]; // the first may do others' work in its place until it can add up
      strand_[u] = static_cast<int>(best);
      if (!fixed) last = best;
    }
    const double longest = *std::ranges::max_element(busy) / work_;
    if (longest > most_of_it) return false;
    steps_.parallel_time = std::max(longest, 1.0 / threads_);
    for (std::size_t i = 0; i < list_.size(); ++i) list_[i].strand = strand_[unit(i)];
    steps_.work = work_ / cycles_a_second;
    steps_.strands = 1 + *std::ranges::max_element(strand_);
    return true;
  }

  /// The units: what needs no other first, and there the longest.
  std::vector<std::size_t> in_turn(const std::vector<std::vector<std::size_t>>& members) {
    std::vector<std::size_t> turn;
    std::vector<int> depth(list_.size());
    for (std::size_t u = 0; u < list_.size(); ++u) {
      if (members[u].empty()) continue;
      turn.push_back(u);
      for (std::size_t i : members[u])
        each_read(list_[i], [&](Tile t) {
          for (std::size_t w : traffic(t).writers)
            if (unit(w) < u) depth[u] = std::max(depth[u], depth[unit(w)] + 1);
        });
    }
    std::ranges::stable_sort(turn, [&](std::size_t a, std::size_t b) { return depth[a] != depth[b] ? depth[a] < depth[b] : load_[a] > load_[b]; });
    return turn;
  }

  /// When a unit has all that it needs, as far as it is known by then.
  double ready(const std::vector<std::size_t>& members, int strand) {
    double at = 0;
    for (std::size_t i : members)
      each_read(list_[i], [&](Tile t) {
        for (std::size_t w : traffic(t).writers) {
          const std::size_t u = unit(w);
          if (strand_[u] < 0 || u == unit(i)) continue;
          const int width = list_[w].step.kind == StepKind::splat ? 1 : steps_.tiles.width(t);
          at = std::max(at, over_[u] + (strand_[u] == strand ? 0 : crossing_cost + lane_cost * width));
        }
      });
    return at;
  }

  // ---- what goes from one to another -------------------------------------------------------------------------------------------
  int home(Tile t) const { return traffic(t).writers.empty() ? 0 : list_[traffic(t).writers.front()].strand; }

  Tile local(Tile t, int strand, std::size_t before) {
    if (t == steps_.zeros || home(t) == strand) return t;
    const auto [at, fresh] = local_.try_emplace({t, strand}, no_tile);
    if (!fresh) return at->second;
    const Tile here = at->second = steps_.tiles.make(steps_.tiles.width(t));
    const Draught* made = traffic(t).writers.empty() ? nullptr : &list_[traffic(t).writers.back()];
    if (made && made->step.kind == StepKind::splat) { // what is the same in all lanes crosses as one
      const Draught own{made->step, here, local(sources_[traffic(t).writers.back()], strand, before), no_tile, {}, {}, Bond::none, strand};
      before_[before].push_back(own);
      return here;
    }
    const auto width = static_cast<std::uint8_t>(steps_.tiles.width(t));
    auto& sent = made ? after_[traffic(t).writers.back()] : first_;
    const std::uint32_t crossing = open_crossing(width);
    sent.push_back({{.kind = StepKind::send, .width = width, .pack = crossing}, no_tile, t, no_tile, {}, {}, Bond::none, home(t)});
    before_[before].push_back({{.kind = StepKind::receive, .width = width, .pack = crossing}, here, no_tile, no_tile, {}, {}, Bond::none, strand});
    return here;
  }

  std::uint32_t open_crossing(int width) {
    steps_.crossings.push_back(width);
    return static_cast<std::uint32_t>(steps_.crossings.size() - 1);
  }

  void connect() {
    for (const Draught& d : list_) sources_.push_back(d.a);
    before_.resize(list_.size());
    after_.resize(list_.size());
    std::vector<Tile> values{steps_.values};
    while (static_cast<int>(values.size()) < steps_.strands) values.push_back(steps_.tiles.make_lasting(steps_.tiles.width(steps_.values)));
    for (std::size_t i = 0; i < list_.size(); ++i) {
      Draught& d = list_[i];
      auto move = [&](Tile& t) {
        if (t != no_tile) t = local(t, d.strand, i);
      };
      move(d.a), move(d.b);
      for (Tile& t : d.reads) move(t);
      if (!is_pack(d.step.kind)) continue;
      auto& pack = steps_.packs[d.step.pack];
      if (d.step.kind != StepKind::read)
        for (Tile& t : pack.inputs) move(t);
      if (d.step.kind != StepKind::write)
        for (auto& [t, modulation] : pack.modulations) move(t);
      if (pack.values == steps_.values) pack.values = values[static_cast<std::size_t>(d.strand)];
      steps_.tiles.move_to(d.strand, pack.values);
    }
  }

  void write_down() {
    std::vector<Draught> all = std::move(first_);
    auto append = [&](std::vector<Draught>& more) { std::ranges::move(more, std::back_inserter(all)); };
    for (std::size_t i = 0; i < list_.size(); ++i) {
      append(before_[i]);
      all.push_back(std::move(list_[i]));
      append(after_[i]);
    }
    for (int s = 1; s < steps_.strands; ++s) { // where the first is over, all are
      if (tells_the_first(all, s)) continue;
      const std::uint32_t crossing = open_crossing(0);
      all.push_back({{.kind = StepKind::send, .width = 0, .pack = crossing}, no_tile, no_tile, no_tile, {}, {}, Bond::none, s});
      all.push_back({{.kind = StepKind::receive, .width = 0, .pack = crossing}, no_tile, no_tile, no_tile, {}, {}, Bond::none, 0});
    }
    list_ = std::move(all);
  }

  /// Whether the last thing that a strand does is to send something to the first.
  static bool tells_the_first(const std::vector<Draught>& all, int strand) {
    const auto last = std::find_if(all.rbegin(), all.rend(), [&](const Draught& d) { return d.strand == strand; });
    return last != all.rend() && last->step.kind == StepKind::send && std::ranges::any_of(all, [&](const Draught& d) {
             return d.strand == 0 && d.step.kind == StepKind::receive && d.step.pack == last->step.pack;
           });
  }

  Steps& steps_;
  std::vector<Draught>& list_;
  const Wiring& wiring_;
  const std::vector<render::Pack>& packs_;
  const std::span<const double> costs_;
  const int threads_;
  const std::size_t strands_;
  std::vector<Traffic> traffic_;       ///< by tile
  std::vector<std::size_t> unit_;      ///< by step: another of the same unit, the first of it in the end
  std::vector<double> load_, over_;    ///< by unit
  std::vector<int> strand_;            ///< by unit; -1: not yet
  double work_ = 0;
  std::map<std::pair<Tile, int>, Tile> local_;
  std::vector<Tile> sources_; ///< by step: what it read first of all, before it was sent for
  std::vector<Draught> first_;
  std::vector<std::vector<Draught>> before_, after_; ///< by step
};

} // namespace

void divide(Steps& steps, const Wiring& wiring, const std::vector<render::Pack>& packs, int threads, std::span<const double> costs) {
  if (threads > 1) Divider(steps, wiring, packs, threads, costs).divide();
}

} // namespace chronus::control
