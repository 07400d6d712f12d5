// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See build.hpp.
#include "build.hpp"
#include "../link/apart.hpp"
#include "error.hpp"
#include "gates.hpp"
#include "history_store.hpp"
#include "rests.hpp"
#include "strands.hpp"
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace chronus::control {

using render::Plan;

std::uint32_t Ids::of(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto [at, fresh] = ids_.try_emplace(name, static_cast<std::uint32_t>(ids_.size()));
  if (fresh) names_.push_back(&at->first);
  return at->second;
}

const std::string* Ids::name(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  return id < names_.size() ? names_[id] : nullptr;
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
      : request_(request), ids_(ids), wiring_(wire(request.patch, request.outs, request.share)), plan_(std::make_unique<Plan>()) {}

  std::unique_ptr<Plan> build() {
    plan_->context.rate = request_.rate;
    plan_->narrow = &render::plan_kernels(1);
    plan_->wide = &render::plan_kernels(2);
    plan_->ins = request_.ins;
    plan_->outs = request_.outs;
    add_members();
    steps_ = make_steps(wiring_, plan_->packs, request_.outs, request_.ins);
    divide(steps_, wiring_, plan_->packs, request_.workers, request_.costs);
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
    plan_->packs.resize(static_cast<std::size_t>(wiring_.packs));
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
                                .seat = w.seat,
                                .from = -1,
                                .staged = 0});
      histories += count;
      plan_->seeds.push_back(hash(*w.name));
      auto& frames = plan_->ramp_frames.emplace_back();
      for (const ParamSpec& p : type(m).params)
        frames.push_back(static_cast<std::uint32_t>(std::lround(p.smoothing_ms * request_.rate / 1000)));
      if (w.seat <= 0)
        for (int p = 0; p < w.packs; ++p) add_pack(m, p);
    }
    std::uint32_t top = 0;
    for (const auto& m : plan_->members) top = std::max(top, m.id + 1);
    plan_->member_of_id.assign(top, -1);
    for (std::size_t m = 0; m < plan_->members.size(); ++m) plan_->member_of_id[plan_->members[m].id] = static_cast<std::int32_t>(m);
    carry_over();
  }

  void add_pack(std::size_t m, int p) {
    const WiredMember& w = wiring_.members[m];
    const auto index = static_cast<std::size_t>(w.first_pack + p);
    const std::vector<int>& seats = wiring_.seats[index];
    render::Pack& pack = plan_->packs[index];
    pack.kernels = w.width == 1 ? &type(m).kernels.front() : &type(m).kernels.back();
    pack.plan = w.width == 1 ? plan_->narrow : plan_->wide;
    pack.value_count = static_cast<std::uint16_t>(type(m).value_count());
    pack.input_count = static_cast<std::uint16_t>(type(m).inputs.size());
    pack.output_count = static_cast<std::uint16_t>(type(m).outputs.size());
    pack.first_lane = static_cast<std::uint16_t>(p * w.width);
    pack.lanes = static_cast<std::uint16_t>(seats.empty() ? std::min(w.width, w.lanes - p * w.width) : static_cast<int>(seats.size()));
    pack.module = static_cast<std::uint32_t>(m);
    pack.split = w.split;
    pack.watched = !type(m).trusted;
    for (std::size_t i = 0; i < w.inputs.size(); ++i)
      if (!w.inputs[i].empty()) pack.connected |= 1U << i;
    pack.first_voice = static_cast<std::uint32_t>(plan_->voices.size());
    pack.voices = static_cast<std::uint32_t>(std::max<std::size_t>(seats.size(), 1));
    if (seats.empty()) plan_->voices.push_back({pack.module, 0, static_cast<std::uint16_t>(w.width), 0, 0});
    for (std::size_t s = 0; s < seats.size(); ++s)
      plan_->voices.push_back({static_cast<std::uint32_t>(seats[s]), static_cast<std::uint16_t>(s), 1, 0, 0});
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

  // ---- memory ---------------------------------------------------------------------------------------------------------
  void allocate() {
    const std::size_t tiles = steps_.tiles.place();
    std::size_t histories = 0;
    const auto [states, ramps] = place_states();
    for (std::size_t m = 0; m < plan_->members.size(); ++m) histories += history_count(m) * capacity(type(m));
    std::size_t crossings = 0;
    for (int width : steps_.crossings) crossings += link::Crossing::depth * static_cast<std::size_t>(block_frames * width);
    const std::size_t total = tiles + states + ramps + histories + crossings;
    if (total > budget_floats)
      throw Error(0, fmt::format("needs {:.1f} GiB of memory; the limit is {:.0f} GiB", static_cast<double>(total) / (1 << 28),
                                 static_cast<double>(budget_floats) / (1 << 28)));
    plan_->tiles = render::Arena(tiles);
    plan_->state = render::Arena(std::max<std::size_t>(states, 16)); // never null, even where no type has a state
    plan_->ramps = render::Arena(std::max<std::size_t>(ramps, 16));
    std::size_t seat = 16;
    for (const auto& p : plan_->packs) seat = std::max(seat, type(p.module).kernels.front().state_bytes / sizeof(float));
    plan_->strands.resize(static_cast<std::size_t>(steps_.strands));
    for (render::Strand& s : plan_->strands) s.seat_state = render::Arena(seat);
    for (int width : steps_.crossings) {
      plan_->crossings.push_back(std::make_unique<render::Crossing>());
      plan_->crossings.back()->places = render::Arena(link::Crossing::depth * static_cast<std::size_t>(block_frames * width));
    }
    plan_->work = steps_.work;
    plan_->parallel_time = steps_.parallel_time;
    for (std::size_t m = 0; m < plan_->members.size(); ++m)
      for (std::size_t h = 0; h < plan_->members[m].histories; ++h) {
        const bool own = h < history_count(m);
        const std::size_t floats = own ? capacity(type(m)) : 0;
        auto& memory = plan_->history_memory.emplace_back(own && request_.store ? request_.store->take(floats) : render::Arena(floats));
        const auto per_lane = static_cast<std::size_t>(type(m).histories_per_lane);
        float* data = own ? memory.data : plan_->histories[plan_->histories.size() - per_lane].data;
        plan_->histories.push_back({data, capacity(type(m)), 0});
      }
    plan_->history_floats_ = histories;
  }

  /// Each strand's packs lie together, apart from the others'. \return floats of states, of ramps
  std::pair<std::size_t, std::size_t> place_states() {
    constexpr std::size_t apart = link::apart_in_stream / sizeof(float);
    std::vector<std::vector<std::size_t>> of_strand(static_cast<std::size_t>(steps_.strands));
    for (const Draught& d : steps_.tiles.steps())
      if (d.step.kind == render::StepKind::run || d.step.kind == render::StepKind::read) of_strand[static_cast<std::size_t>(d.strand)].push_back(d.step.pack);
    state_at_.resize(plan_->packs.size());
    ramps_at_.resize(plan_->packs.size());
    std::size_t states = 0, ramps = 0;
    for (const auto& packs : of_strand) {
      states += states ? apart : 0;
      ramps += ramps ? apart : 0;
      for (std::size_t i : packs) {
        const render::Pack& p = plan_->packs[i];
        state_at_[i] = std::exchange(states, states + aligned(p.kernels->state_bytes / sizeof(float)));
        ramps_at_[i] = std::exchange(ramps, ramps + aligned(p.ramp_floats()));
      }
    }
    return {states, ramps};
  }

  /// Histories with memory of their own: those of the lanes that are heard, and one set that the others in the pack share.
  std::size_t history_count(std::size_t m) const {
    return static_cast<std::size_t>(std::min(wiring_.members[m].lanes + 1, wiring_.members[m].packs * wiring_.members[m].width) *
                                    type(m).histories_per_lane);
  }

  Frame capacity(const ModuleSpec& t) const {
    return block_ceil(static_cast<Frame>(t.history_seconds * request_.rate) + 2 * block_frames) + Plan::history_slack;
  }

  float* address(Tile t) const { return plan_->tiles.data + steps_.tiles.at(t); }

  void connect_memory() {
    std::size_t values = 0, modulations = 0;
    for (std::size_t i = 0; i < plan_->packs.size(); ++i) {
      values += plan_->packs[i].value_count * (plan_->packs[i].split ? 2U : 1U);
      modulations += steps_.packs[i].modulations.size();
    }
    plan_->value_table.resize(values);
    plan_->modulation_table.reserve(modulations);
    values = 0;
    for (std::size_t i = 0; i < plan_->packs.size(); ++i) {
      render::Pack& p = plan_->packs[i];
      const auto width = static_cast<std::size_t>(p.kernels->width);
      p.state = plan_->state.data + state_at_[i];
      p.ramps = plan_->ramps.data + ramps_at_[i];
      p.values = plan_->value_table.data() + values;
      for (std::size_t v = 0; v < p.value_count; ++v) p.values[v] = {p.ramps + v * render::Ramp::words * width, 0, nullptr};
      values += p.value_count * (p.split ? 2U : 1U);
      p.moving = address(steps_.packs[i].values);
      for (std::size_t k = 0; k < steps_.packs[i].inputs.size(); ++k) p.inputs[k] = address(steps_.packs[i].inputs[k]);
      for (std::size_t k = steps_.packs[i].inputs.size(); k < p.input_count; ++k) p.inputs[k] = address(steps_.zeros);
      for (std::size_t k = 0; k < steps_.packs[i].outputs.size(); ++k) p.outputs[k] = address(steps_.packs[i].outputs[k]);
      const auto& member = plan_->members[p.module];
      p.histories = plan_->histories.data() + member.first_history + p.first_lane * static_cast<std::size_t>(member.type->histories_per_lane);
      p.modulations = plan_->modulation_table.data() + plan_->modulation_table.size();
      p.modulation_count = static_cast<std::uint16_t>(steps_.packs[i].modulations.size());
      for (auto& [tile, modulation] : steps_.packs[i].modulations) {
        modulation.cables = address(tile);
        plan_->modulation_table.push_back(modulation);
      }
    }
    std::vector<const Draught*> all;
    std::vector<std::vector<const Draught*>> by_strand(plan_->strands.size());
    for (Draught& d : steps_.tiles.steps()) {
      if (d.to != no_tile) d.step.to = address(d.to);
      if (d.a != no_tile) d.step.a = address(d.a);
      if (d.b != no_tile) d.step.b = address(d.b);
      if (d.step.kind == render::StepKind::sum_lanes) {
        const float** to[render::most_summed] = {&d.step.a, &d.step.b, &d.step.more[0], &d.step.more[1]};
        for (std::size_t t = 0; t < d.reads.size(); ++t) *to[t] = address(d.reads[t]);
      }
      plan_->steps.push_back(d.step);
      all.push_back(&d);
      if (steps_.strands == 1) continue;
      plan_->strands[static_cast<std::size_t>(d.strand)].steps.push_back(d.step);
      by_strand[static_cast<std::size_t>(d.strand)].push_back(&d);
    }
    plan_->rests = may_rest(steps_, all, plan_->packs, plan_->tiles.floats);
    for (std::size_t s = 0; steps_.strands > 1 && s < by_strand.size(); ++s)
      plan_->strands[s].rests = may_rest(steps_, by_strand[s], plan_->packs, plan_->tiles.floats);
    plan_->input_tiles_ = steps_.inputs.empty() ? nullptr : address(steps_.inputs.front());
    plan_->strands[0].outputs = address(steps_.results.front());
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

  void add_gates() {
    for (std::size_t m = 0; m < plan_->members.size(); ++m) {
      const WiredMember& w = wiring_.members[m];
      if (!type(m).has_gate()) continue;
      const Instance* old = nullptr;
      if (plan_->members[m].from >= 0) old = &request_.before->instances.at(*w.name);
      for (int lane = 0; lane < w.lanes; ++lane) {
        const auto l = static_cast<std::size_t>(lane);
        const bool now = is_open(w.instance->gates, l), then = old && is_open(old->gates, l);
        if (now != then) plan_->gates.push_back({static_cast<std::uint32_t>(m), static_cast<std::uint16_t>(lane), now, false});
        else if (now) plan_->gates.push_back({static_cast<std::uint32_t>(m), static_cast<std::uint16_t>(lane), now, true});
      }
    }
  }

  const BuildRequest& request_;
  Ids& ids_;
  Wiring wiring_;
  std::unique_ptr<Plan> plan_;
  Steps steps_;
  std::vector<std::size_t> state_at_, ramps_at_; ///< by pack: floats
};

} // namespace

std::unique_ptr<Plan> build(const BuildRequest& request, Ids& ids) { return Builder(request, ids).build(); }

} // namespace chronus::control
