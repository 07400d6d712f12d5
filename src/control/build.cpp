// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See build.hpp.
#include "build.hpp"
#include "error.hpp"
#include "tiles.hpp"
#include "wiring.hpp"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace chronus::control {

using render::Plan;
using render::StepKind;

std::uint32_t Ids::of(const std::string& name) {
  const std::lock_guard lock(mutex_);
  return ids_.try_emplace(name, static_cast<std::uint32_t>(ids_.size())).first->second;
}

namespace {

/// A plan may not grow beyond this; sized before anything is allocated.
constexpr std::size_t budget_floats = std::size_t{1} << 28; // 1 GiB

std::size_t aligned(std::size_t floats) { return (floats + 15) / 16 * 16; }

std::uint64_t hash(const std::string& s) { // FNV-1a
  std::uint64_t h = 14695981039346656037ULL;
  for (unsigned char c : s) h = (h ^ c) * 1099511628211ULL;
  return h;
}

class Builder {
public:
  Builder(const BuildRequest& request, Ids& ids)
      : request_(request), ids_(ids), wiring_(wire(request.patch, request.outs)), plan_(std::make_unique<Plan>()) {}

  std::unique_ptr<Plan> build() {
    plan_->context.rate = request_.rate;
    plan_->narrow = &render::plan_kernels(1);
    plan_->wide = &render::plan_kernels(2);
    plan_->ins = request_.ins;
    plan_->outs = request_.outs;
    add_members();
    add_steps();
    allocate();
    connect_memory();
    add_initial_values();
    add_gates();
    return std::move(plan_);
  }

private:
  const ModuleSpec& type(std::size_t m) const { return *wiring_.members[m].instance->type; }

  // ---- members and packs ----------------------------------------------------------------------------------------------
  void add_members() {
    int histories = 0;
    for (std::size_t m = 0; m < wiring_.members.size(); ++m) {
      const WiredMember& w = wiring_.members[m];
      const int lanes_with_history = w.packs * w.width, count = lanes_with_history * type(m).histories_per_lane;
      plan_->members.push_back({.id = ids_.of(*w.name),
                                .type = &type(m),
                                .lanes = static_cast<std::uint16_t>(w.lanes),
                                .packs = static_cast<std::uint16_t>(w.packs),
                                .first_pack = static_cast<std::uint32_t>(w.first_pack),
                                .first_history = static_cast<std::uint32_t>(histories),
                                .histories = static_cast<std::uint32_t>(count),
                                .from = -1,
                                .staged = 0});
      histories += count;
      plan_->seeds.push_back(hash(*w.name));
      auto& frames = plan_->ramp_frames.emplace_back();
      for (const ParamSpec& p : type(m).params)
        frames.push_back(static_cast<std::uint32_t>(std::lround(p.smoothing_ms * request_.rate / 1000)));
      for (int p = 0; p < w.packs; ++p) {
        render::Pack pack{};
        pack.kernels = w.width == 1 ? &type(m).kernels.front() : &type(m).kernels.back();
        pack.plan = w.width == 1 ? plan_->narrow : plan_->wide;
        pack.value_count = static_cast<std::uint16_t>(type(m).value_count());
        pack.input_count = static_cast<std::uint16_t>(type(m).inputs.size());
        pack.output_count = static_cast<std::uint16_t>(type(m).outputs.size());
        pack.first_lane = static_cast<std::uint16_t>(p * w.width);
        pack.lanes = static_cast<std::uint16_t>(std::min(w.width, w.lanes - p * w.width));
        pack.module = static_cast<std::uint32_t>(m);
        pack.split = w.split;
        for (std::size_t i = 0; i < w.inputs.size(); ++i)
          if (!w.inputs[i].empty()) pack.connected |= 1U << i;
        plan_->packs.push_back(pack);
      }
    }
    std::uint32_t top = 0;
    for (const auto& m : plan_->members) top = std::max(top, m.id + 1);
    plan_->member_of_id.assign(top, -1);
    for (std::size_t m = 0; m < plan_->members.size(); ++m) plan_->member_of_id[plan_->members[m].id] = static_cast<std::int32_t>(m);
    carry_over();
  }

  void carry_over() {
    if (!request_.before) return;
    const auto lanes = lanes_of(*request_.before);
    std::int32_t index = 0;
    std::size_t m = 0;
    for (const auto& [name, old] : request_.before->instances) {
      while (m < wiring_.members.size() && *wiring_.members[m].name < name) ++m;
      if (m < wiring_.members.size() && *wiring_.members[m].name == name && old.type == &type(m) &&
          lanes.at(name) == wiring_.members[m].lanes) {
        plan_->members[m].from = index;
        const auto& now = wiring_.members[m].instance->settings;
        for (std::size_t p = 0; p < now.size(); ++p)
          if (!(now[p] == old.settings[p])) plan_->members[m].staged |= std::uint64_t{1} << p;
      }
      ++index;
    }
  }

  // ---- steps ----------------------------------------------------------------------------------------------------------
  Tile operand(const Feed& feed, int pack, int width) {
    if (feed.member < 0) return width == 1 ? inputs_[static_cast<std::size_t>(feed.port)] : spread(inputs_[static_cast<std::size_t>(feed.port)], width);
    const WiredMember& source = wiring_.members[static_cast<std::size_t>(feed.member)];
    const Tile t = outputs_[static_cast<std::size_t>(source.first_pack + (source.lanes == 1 ? 0 : pack))][static_cast<std::size_t>(feed.port)];
    return source.lanes == 1 && width > 1 ? spread(t, width) : t;
  }

  Tile spread(Tile mono, int width) {
    auto [at, made] = spread_.try_emplace(mono, no_tile);
    if (made) {
      at->second = tiles_.make(width);
      tiles_.emit({{.kind = StepKind::splat, .width = static_cast<std::uint8_t>(width)}, at->second, mono, no_tile, {}, {}});
    }
    return at->second;
  }

  Tile sum(const std::vector<Feed>& feeds, int pack, int width, bool scale) {
    auto s = tiles_.begin_sum(width);
    for (const Feed& f : feeds) {
      const Tile t = operand(f, pack, width);
      tiles_.add(s, f.ordinal, scale ? tiles_.scaled(t, f.by) : t);
    }
    return tiles_.end_sum(s);
  }

  void add_steps() {
    zeros_ = tiles_.make_lasting(16);
    for (int i = 0; i < request_.ins; ++i) inputs_.push_back(tiles_.make_lasting(1));
    for (int i = 0; i < request_.outs; ++i) results_.push_back(tiles_.make_lasting(1));
    outputs_.resize(plan_->packs.size());
    pack_inputs_.resize(plan_->packs.size());
    modulations_.resize(plan_->packs.size());
    int most_values = 0;
    for (std::size_t i = 0; i < plan_->packs.size(); ++i) {
      auto& p = plan_->packs[i];
      if (p.split) own_values_.push_back(tiles_.make_lasting(std::max(1, p.value_count * p.kernels->width)));
      else most_values = std::max(most_values, p.value_count * p.kernels->width);
      own_index_.push_back(p.split ? static_cast<int>(own_values_.size()) - 1 : -1);
    }
    shared_values_ = tiles_.make_lasting(std::max(most_values, 1));
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
          const Tile t = sum(w.params[p], turn.pack, w.width, true);
          modulations_[index].push_back({t, {nullptr, value, choices, spec.range.low, spec.range.high}});
          d.reads.push_back(t);
        }
        value += std::max(choices, 1);
      }
    }
    if (turn.kind != Turn::Kind::read)
      for (const auto& feeds : w.inputs) {
        Tile t = feeds.empty() ? zeros_ : sum(feeds, turn.pack, w.width, false);
        pack_inputs_[index].push_back(t);
        d.reads.push_back(t);
      }
    if (turn.kind != Turn::Kind::write)
      for (std::size_t o = 0; o < w.instance->type->outputs.size(); ++o) {
        outputs_[index].push_back(tiles_.make(w.width));
        d.writes.push_back(outputs_[index].back());
      }
    tiles_.emit(std::move(d));
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
    for (int p = 0; p < request_.outs; ++p) {
      const auto& feeds = wiring_.outs[static_cast<std::size_t>(p)];
      const auto twin = std::find_if(outs_.begin(), outs_.end(), [&](const Out& o) { return std::ranges::equal(*o.feeds, feeds, same); });
      if (twin != outs_.end()) twin->ports.push_back(p);
      else outs_.push_back({&feeds, {p}, 0, tiles_.begin_sum(1)});
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
      const Tile t = outputs_[static_cast<std::size_t>(w.first_pack + turn.pack)][static_cast<std::size_t>(port)];
      if (w.lanes == 1) {
        mono.tile = t;
        continue;
      }
      if (turn.pack == 0) {
        mono.sums = tiles_.make(render::partial_sums);
        tiles_.emit({{.kind = StepKind::clear, .width = render::partial_sums}, mono.sums, no_tile, no_tile, {}, {}});
      }
      const auto& pack = plan_->packs[static_cast<std::size_t>(w.first_pack + turn.pack)];
      tiles_.emit({{.kind = StepKind::add_lanes, .width = static_cast<std::uint8_t>(w.width), .first = pack.first_lane, .lanes = pack.lanes},
                   mono.sums, t, no_tile, {}, {}});
      if (turn.pack + 1 == w.packs) {
        mono.tile = tiles_.make(1);
        tiles_.emit({{.kind = StepKind::sum_lanes, .width = render::partial_sums}, mono.tile, mono.sums, no_tile, {}, {}});
      }
    }
  }

  void advance_outs() {
    for (Out& o : outs_)
      for (; o.next < o.feeds->size(); ++o.next) {
        const Feed& f = (*o.feeds)[o.next];
        const Tile t = f.member < 0 ? inputs_[static_cast<std::size_t>(f.port)] : mono_.at({f.member, f.port}).tile;
        if (t == no_tile) break;
        tiles_.add(o.sum, f.ordinal, t);
      }
  }

  void finish_outs() {
    for (Out& o : outs_) {
      const Tile t = tiles_.end_sum(o.sum);
      for (int p : o.ports)
        tiles_.emit({{.kind = StepKind::output, .width = 1, .first = static_cast<std::uint16_t>(p)},
                     results_[static_cast<std::size_t>(p)], t == no_tile ? zeros_ : t, no_tile, {}, {}});
    }
  }

  // ---- memory ---------------------------------------------------------------------------------------------------------
  void allocate() {
    const std::size_t tiles = tiles_.place();
    std::size_t states = 0, ramps = 0, histories = 0;
    for (const auto& p : plan_->packs) {
      states += aligned(p.kernels->state_bytes / sizeof(float));
      ramps += aligned(static_cast<std::size_t>(p.value_count) * render::Ramp::words * static_cast<std::size_t>(p.kernels->width));
    }
    for (std::size_t m = 0; m < plan_->members.size(); ++m) histories += history_count(m) * capacity(type(m));
    const std::size_t total = tiles + states + ramps + histories;
    if (total > budget_floats)
      throw Error(0, fmt::format("needs {:.1f} GiB of memory; the limit is {:.0f} GiB", static_cast<double>(total) / (1 << 28),
                                 static_cast<double>(budget_floats) / (1 << 28)));
    plan_->tiles = render::Arena(tiles);
    plan_->state = render::Arena(states);
    plan_->ramps = render::Arena(ramps);
    for (std::size_t m = 0; m < plan_->members.size(); ++m)
      for (std::size_t h = 0; h < plan_->members[m].histories; ++h) {
        const bool own = h < history_count(m);
        auto& memory = plan_->history_memory.emplace_back(own ? capacity(type(m)) : 0);
        const auto per_lane = static_cast<std::size_t>(type(m).histories_per_lane);
        float* data = own ? memory.data.get() : plan_->histories[plan_->histories.size() - per_lane].data;
        plan_->histories.push_back({data, capacity(type(m)), 0});
      }
    plan_->history_floats_ = histories;
  }

  /// Histories with memory of their own: those of the lanes that are heard, and one set that the others in the pack share.
  std::size_t history_count(std::size_t m) const {
    return static_cast<std::size_t>(std::min(wiring_.members[m].lanes + 1, wiring_.members[m].packs * wiring_.members[m].width) *
                                    type(m).histories_per_lane);
  }

  Frame capacity(const ModuleSpec& t) const {
    return block_ceil(static_cast<Frame>(t.history_seconds * request_.rate) + 2 * block_frames) + Plan::history_slack;
  }

  float* address(Tile t) const { return plan_->tiles.data.get() + tiles_.at(t); }

  void connect_memory() {
    std::size_t state = 0, ramp = 0, values = 0, modulations = 0;
    for (std::size_t i = 0; i < plan_->packs.size(); ++i) {
      values += plan_->packs[i].value_count * (plan_->packs[i].split ? 2U : 1U);
      modulations += modulations_[i].size();
    }
    plan_->value_table.resize(values);
    plan_->modulation_table.reserve(modulations);
    values = 0;
    for (std::size_t i = 0; i < plan_->packs.size(); ++i) {
      render::Pack& p = plan_->packs[i];
      const auto width = static_cast<std::size_t>(p.kernels->width);
      p.state = plan_->state.data.get() + state;
      state += aligned(p.kernels->state_bytes / sizeof(float));
      p.ramps = plan_->ramps.data.get() + ramp;
      p.values = plan_->value_table.data() + values;
      for (std::size_t v = 0; v < p.value_count; ++v) p.values[v] = {p.ramps + v * render::Ramp::words * width, 0};
      ramp += aligned(p.value_count * render::Ramp::words * width);
      values += p.value_count * (p.split ? 2U : 1U);
      p.moving = address(p.split ? own_values_[static_cast<std::size_t>(own_index_[i])] : shared_values_);
      for (std::size_t k = 0; k < pack_inputs_[i].size(); ++k) p.inputs[k] = address(pack_inputs_[i][k]);
      for (std::size_t k = pack_inputs_[i].size(); k < p.input_count; ++k) p.inputs[k] = address(zeros_);
      for (std::size_t k = 0; k < outputs_[i].size(); ++k) p.outputs[k] = address(outputs_[i][k]);
      const auto& member = plan_->members[p.module];
      p.histories = plan_->histories.data() + member.first_history + p.first_lane * static_cast<std::size_t>(member.type->histories_per_lane);
      p.modulations = plan_->modulation_table.data() + plan_->modulation_table.size();
      p.modulation_count = static_cast<std::uint16_t>(modulations_[i].size());
      for (auto& [tile, modulation] : modulations_[i]) {
        modulation.cables = address(tile);
        plan_->modulation_table.push_back(modulation);
      }
    }
    for (Draught& d : tiles_.steps()) {
      if (d.to != no_tile) d.step.to = address(d.to);
      if (d.a != no_tile) d.step.a = address(d.a);
      if (d.b != no_tile) d.step.b = address(d.b);
      plan_->steps.push_back(d.step);
    }
    plan_->input_tiles_ = inputs_.empty() ? nullptr : address(inputs_.front());
    plan_->output_tiles_ = address(results_.front());
  }

  void add_initial_values() {
    for (std::size_t m = 0; m < plan_->members.size(); ++m) {
      const WiredMember& w = wiring_.members[m];
      plan_->initial_at.push_back(static_cast<std::uint32_t>(plan_->initial.size()));
      for (std::size_t p = 0; p < w.params.size(); ++p) {
        const ParamSpec& spec = type(m).params[p];
        const int choices = static_cast<int>(spec.choices.size());
        for (int k = 0; k < std::max(choices, 1); ++k)
          for (int lane = 0; lane < w.lanes; ++lane) {
            const float v = lane_value(w.instance->settings[p], spec, lane, w.lanes);
            plan_->initial.push_back(choices ? (static_cast<int>(v) == k ? 1.0F : 0.0F) : v);
          }
      }
    }
  }

  static bool open(const std::vector<bool>& gates, int lane) {
    return !gates.empty() && (gates.size() == 1 ? gates[0] : static_cast<std::size_t>(lane) < gates.size() && gates[static_cast<std::size_t>(lane)]);
  }

  void add_gates() {
    for (std::size_t m = 0; m < plan_->members.size(); ++m) {
      const WiredMember& w = wiring_.members[m];
      if (!type(m).has_gate()) continue;
      const Instance* old = nullptr;
      if (plan_->members[m].from >= 0) old = &request_.before->instances.at(*w.name);
      for (int lane = 0; lane < w.lanes; ++lane) {
        const bool now = open(w.instance->gates, lane), then = old && open(old->gates, lane);
        if (now != then) plan_->gates.push_back({static_cast<std::uint32_t>(m), static_cast<std::uint16_t>(lane), now, false});
        else if (now) plan_->gates.push_back({static_cast<std::uint32_t>(m), static_cast<std::uint16_t>(lane), now, true});
      }
    }
  }

  struct Mono {
    Tile tile = no_tile, sums = no_tile;
  };

  const BuildRequest& request_;
  Ids& ids_;
  Wiring wiring_;
  std::unique_ptr<Plan> plan_;
  Tiles tiles_;
  Tile zeros_ = no_tile, shared_values_ = no_tile;
  std::vector<Tile> inputs_, results_, own_values_;
  std::vector<int> own_index_;
  std::vector<std::vector<Tile>> outputs_, pack_inputs_;
  std::vector<std::vector<std::pair<Tile, render::Modulation>>> modulations_;
  std::map<Tile, Tile> spread_;
  std::map<std::pair<int, int>, Mono> mono_;
  std::vector<Out> outs_;
};

} // namespace

std::unique_ptr<Plan> build(const BuildRequest& request, Ids& ids) { return Builder(request, ids).build(); }

} // namespace chronus::control
