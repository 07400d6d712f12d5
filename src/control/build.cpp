// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See build.hpp: one plan of a blueprint, in memory of its own.
#include "build.hpp"
#include "history_store.hpp"
#include "rests.hpp"
#include <algorithm>

namespace chronus::control {

using render::Plan;

std::unique_ptr<Plan> Blueprint::plan() const {
  auto plan = std::make_unique<Plan>();
  plan->narrow = pattern_.narrow;
  plan->wide = pattern_.wide;
  plan->context = pattern_.context;
  plan->ins = pattern_.ins;
  plan->outs = pattern_.outs;
  plan->members = pattern_.members;
  plan->member_of_id = pattern_.member_of_id;
  plan->seeds = pattern_.seeds;
  plan->packs = pattern_.packs;
  plan->voices = pattern_.voices;
  plan->gates = pattern_.gates;
  plan->initial = pattern_.initial;
  plan->initial_at = pattern_.initial_at;
  plan->ramp_frames = pattern_.ramp_frames;
  plan->ramp_frames_at = pattern_.ramp_frames_at;
  plan->work = pattern_.work;
  plan->parallel_time = pattern_.parallel_time;
  plan->history_floats_ = pattern_.history_floats_;
  allocate(*plan);
  connect_packs(*plan);
  connect_steps(*plan);
  return plan;
}

void Blueprint::allocate(Plan& plan) const {
  plan.tiles = render::Arena(tiles_);
  plan.state = render::Arena(std::max<std::size_t>(states_, 16)); // never null, even where no type has a state
  plan.ramps = render::Arena(std::max<std::size_t>(ramps_, 16));
  std::size_t seat = 16;
  for (const auto& p : plan.packs) seat = std::max(seat, type(p.module).kernels.front().state_bytes / sizeof(float));
  plan.strands.resize(static_cast<std::size_t>(steps_.strands));
  for (render::Strand& s : plan.strands) s.seat_state = render::Arena(seat);
  for (int width : steps_.crossings) {
    plan.crossings.push_back(std::make_unique<render::Crossing>());
    plan.crossings.back()->places = render::Arena(link::Crossing::depth * static_cast<std::size_t>(block_frames * width));
  }
  for (std::size_t m = 0; m < plan.members.size(); ++m)
    for (std::size_t h = 0; h < plan.members[m].histories; ++h) {
      const bool own = h < history_count(m);
      const std::size_t floats = own ? capacity(type(m)) : 0;
      auto& memory = plan.history_memory.emplace_back(own && request_.store ? request_.store->take(floats) : render::Arena(floats));
      const auto per_lane = static_cast<std::size_t>(type(m).histories_per_lane);
      float* data = own ? memory.data : plan.histories[plan.histories.size() - per_lane].data;
      plan.histories.push_back({data, capacity(type(m)), 0});
    }
}

void Blueprint::connect_packs(Plan& plan) const {
  const auto address = [&](Tile t) { return plan.tiles.data + steps_.tiles.at(t); };
  const auto place = [&](Tile t) { return static_cast<std::uint32_t>(steps_.tiles.at(t) / block_frames); };
  std::size_t values = 0, modulations = 0;
  for (std::size_t i = 0; i < plan.packs.size(); ++i) {
    values += plan.packs[i].value_count * (plan.packs[i].segment.in_cycle ? 2U : 1U);
    modulations += steps_.packs[i].modulations.size();
  }
  plan.value_table.resize(values);
  plan.modulation_table.reserve(modulations);
  values = 0;
  for (std::size_t i = 0; i < plan.packs.size(); ++i) {
    render::Pack& p = plan.packs[i];
    const Steps::OfPack& steps = steps_.packs[i];
    const auto width = static_cast<std::size_t>(p.kernels->width);
    p.segment.state = plan.state.data + state_at_[i];
    p.ramps = plan.ramps.data + ramps_at_[i];
    p.values = plan.value_table.data() + values;
    for (std::size_t v = 0; v < p.value_count; ++v) p.values[v] = {p.ramps + v * render::Ramp::words * width, 0, nullptr};
    values += p.value_count * (p.segment.in_cycle ? 2U : 1U);
    p.moving = address(steps.values);
    for (std::size_t k = 0; k < p.input_count; ++k) {
      const Tile t = k < steps.inputs.size() ? steps.inputs[k] : steps_.zeros;
      p.inputs[k] = address(t);
      p.input_places[k] = place(t);
    }
    for (std::size_t k = 0; k < steps.outputs.size(); ++k) {
      p.outputs[k] = address(steps.outputs[k]);
      p.output_places[k] = place(steps.outputs[k]);
    }
    const auto& member = plan.members[p.module];
    p.segment.context = &plan.context;
    p.segment.inputs = p.inputs;
    p.segment.outputs = p.outputs;
    p.segment.histories = plan.histories.data() + member.first_history + p.first_lane * static_cast<std::size_t>(member.type->histories_per_lane);
    p.modulations = plan.modulation_table.data() + plan.modulation_table.size();
    p.modulation_count = static_cast<std::uint16_t>(steps.modulations.size());
    for (const auto& [tile, modulation] : steps.modulations) plan.modulation_table.emplace_back(modulation).cables = address(tile);
  }
}

void Blueprint::connect_steps(Plan& plan) const {
  const auto address = [&](Tile t) { return plan.tiles.data + steps_.tiles.at(t); };
  const std::vector<Draught>& draughts = steps_.tiles.steps();
  std::vector<const Draught*> all;
  std::vector<std::vector<const Draught*>> by_strand(plan.strands.size());
  std::size_t summed = 0;
  for (const Draught& d : draughts) summed += d.step.kind == render::StepKind::sum_lanes ? d.reads.size() : 0;
  plan.summed.reserve(summed);
  plan.steps.reserve(draughts.size());
  all.reserve(draughts.size());
  for (const Draught& d : draughts) {
    render::Step& step = plan.steps.emplace_back(d.step);
    if (d.to != no_tile) step.to = address(d.to);
    if (d.a != no_tile) step.a = address(d.a);
    if (d.b != no_tile) step.b = address(d.b);
    if (step.kind == render::StepKind::sum_lanes) {
      step.tiles = plan.summed.data() + plan.summed.size(); // stays: there is room for all
      for (Tile t : d.reads) plan.summed.push_back(address(t));
    }
    all.push_back(&d);
    if (steps_.strands == 1) continue;
    plan.strands[static_cast<std::size_t>(d.strand)].steps.push_back(step);
    by_strand[static_cast<std::size_t>(d.strand)].push_back(&d);
  }
  plan.rests = may_rest(steps_, all, plan.packs, plan.tiles.floats);
  for (std::size_t s = 0; steps_.strands > 1 && s < by_strand.size(); ++s)
    plan.strands[s].rests = may_rest(steps_, by_strand[s], plan.packs, plan.tiles.floats);
  plan.input_tiles_ = steps_.inputs.empty() ? nullptr : address(steps_.inputs.front());
  plan.strands[0].outputs = address(steps_.results.front());
}

std::unique_ptr<Plan> build(const BuildRequest& request, Ids& ids) { return Blueprint(request, ids).plan(); }

} // namespace chronus::control
