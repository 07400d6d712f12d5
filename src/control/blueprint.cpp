// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See build.hpp: what all plans of a patch have alike.
#include "build.hpp"
#include "../link/apart.hpp"
#include "error.hpp"
#include "gates.hpp"
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

std::uint64_t hash(const std::string& s) { // FNV-1a
  std::uint64_t h = 14695981039346656037ULL;
  for (unsigned char c : s) h = (h ^ c) * 1099511628211ULL;
  return h;
}

} // namespace

Blueprint::Blueprint(const BuildRequest& request, Ids& ids) : request_(request), ids_(ids), wiring_(wire(request.patch, request.outs, request.share)) {
  pattern_.context.rate = request_.rate;
  pattern_.narrow = &render::plan_kernels(1);
  pattern_.wide = &render::plan_kernels(2);
  pattern_.ins = request_.ins;
  pattern_.outs = request_.outs;
  add_members();
  add_initial_values();
  add_gates();
  steps_ = make_steps(wiring_, pattern_.packs, request_.outs, request_.ins);
  divide(steps_, wiring_, pattern_.packs, request_.workers, request_.costs);
  pattern_.work = steps_.work;
  pattern_.parallel_time = steps_.parallel_time;
  tiles_ = steps_.tiles.place();
  place_states();
  count_memory();
}

void Blueprint::add_members() {
  int histories = 0;
  pattern_.packs.resize(static_cast<std::size_t>(wiring_.packs));
  for (std::size_t m = 0; m < wiring_.members.size(); ++m) {
    const WiredMember& w = wiring_.members[m];
    const int lanes_with_history = w.packs * w.width, count = lanes_with_history * type(m).histories_per_lane;
    pattern_.members.push_back({.id = ids_.of(*w.name),
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
    pattern_.seeds.push_back(hash(*w.name));
    pattern_.ramp_frames_at.push_back(static_cast<std::uint32_t>(pattern_.ramp_frames.size()));
    for (const ParamSpec& p : type(m).params)
      pattern_.ramp_frames.push_back(static_cast<std::uint32_t>(std::lround(p.smoothing_ms * request_.rate / 1000)));
    if (w.seat <= 0)
      for (int p = 0; p < w.packs; ++p) add_pack(m, p);
  }
  std::uint32_t top = 0;
  for (const auto& m : pattern_.members) top = std::max(top, m.id + 1);
  pattern_.member_of_id.assign(top, -1);
  for (std::size_t m = 0; m < pattern_.members.size(); ++m) pattern_.member_of_id[pattern_.members[m].id] = static_cast<std::int32_t>(m);
  carry_over();
}

void Blueprint::add_pack(std::size_t m, int p) {
  const WiredMember& w = wiring_.members[m];
  const auto index = static_cast<std::size_t>(w.first_pack + p);
  const std::vector<int>& seats = wiring_.seats[index];
  render::Pack& pack = pattern_.packs[index];
  pack.kernels = w.width == 1 ? &type(m).kernels.front() : &type(m).kernels.back();
  pack.plan = w.width == 1 ? pattern_.narrow : pattern_.wide;
  pack.value_count = static_cast<std::uint16_t>(type(m).value_count());
  pack.input_count = static_cast<std::uint16_t>(type(m).inputs.size());
  pack.output_count = static_cast<std::uint16_t>(type(m).outputs.size());
  pack.first_lane = static_cast<std::uint16_t>(p * w.width);
  pack.lanes = static_cast<std::uint16_t>(seats.empty() ? std::min(w.width, w.lanes - p * w.width) : static_cast<int>(seats.size()));
  pack.module = static_cast<std::uint32_t>(m);
  pack.segment.in_cycle = w.split;
  pack.watched = !type(m).trusted;
  for (std::size_t i = 0; i < w.inputs.size(); ++i)
    if (!w.inputs[i].empty()) pack.segment.connected |= 1U << i;
  pack.first_voice = static_cast<std::uint32_t>(pattern_.voices.size());
  pack.voices = static_cast<std::uint32_t>(std::max<std::size_t>(seats.size(), 1));
  if (seats.empty()) pattern_.voices.push_back({pack.module, 0, static_cast<std::uint16_t>(w.width), 0, 0});
  for (std::size_t s = 0; s < seats.size(); ++s)
    pattern_.voices.push_back({static_cast<std::uint32_t>(seats[s]), static_cast<std::uint16_t>(s), 1, 0, 0});
}

void Blueprint::carry_over() {
  if (!request_.before) return;
  const auto lanes = lane_counts(*request_.before);
  std::int32_t index = 0;
  std::size_t m = 0;
  for (const auto& [name, old] : request_.before->instances) {
    while (m < wiring_.members.size() && *wiring_.members[m].name < name) ++m;
    if (m < wiring_.members.size() && *wiring_.members[m].name == name && old.type == &type(m) &&
        lanes[static_cast<std::size_t>(index)] == wiring_.members[m].lanes) {
      pattern_.members[m].from = index;
      const auto& now = wiring_.members[m].instance->settings;
      const bool changed = now != old.settings;
      for (std::size_t p = 0; changed && p < now.size(); ++p)
        if (!(now[p] == old.settings[p])) pattern_.members[m].staged |= std::uint64_t{1} << p;
    }
    ++index;
  }
}

void Blueprint::add_initial_values() {
  for (std::size_t m = 0; m < pattern_.members.size(); ++m) {
    const WiredMember& w = wiring_.members[m];
    pattern_.initial_at.push_back(static_cast<std::uint32_t>(pattern_.initial.size()));
    for (std::size_t p = 0; p < w.params.size(); ++p) {
      const ParamSpec& spec = type(m).params[p];
      const int choices = static_cast<int>(spec.choices.size());
      for (int k = 0; k < std::max(choices, 1); ++k)
        for (int lane = 0; lane < w.lanes; ++lane) {
          const float v = lane_value(w.instance->settings[p], spec, lane, w.lanes);
          pattern_.initial.push_back(choices ? (static_cast<int>(v) == k ? 1.0F : 0.0F) : v);
        }
    }
  }
}

void Blueprint::add_gates() {
  for (std::size_t m = 0; m < pattern_.members.size(); ++m) {
    const WiredMember& w = wiring_.members[m];
    if (!type(m).has_gate()) continue;
    const Instance* old = nullptr;
    if (pattern_.members[m].from >= 0) old = &request_.before->instances.at(*w.name);
    for (int lane = 0; lane < w.lanes; ++lane) {
      const auto l = static_cast<std::size_t>(lane);
      const bool now = is_open(w.instance->gates, l), then = old && is_open(old->gates, l);
      if (now != then) pattern_.gates.push_back({static_cast<std::uint32_t>(m), static_cast<std::uint16_t>(lane), now, false});
      else if (now) pattern_.gates.push_back({static_cast<std::uint32_t>(m), static_cast<std::uint16_t>(lane), now, true});
    }
  }
}

/// Each strand's packs lie together, apart from the others'.
void Blueprint::place_states() {
  using render::Arena;
  constexpr std::size_t apart = link::apart_in_stream / sizeof(float);
  std::vector<std::vector<std::size_t>> of_strand(static_cast<std::size_t>(steps_.strands));
  for (const Draught& d : steps_.tiles.steps())
    if (d.step.kind == render::StepKind::run || d.step.kind == render::StepKind::read) of_strand[static_cast<std::size_t>(d.strand)].push_back(d.step.pack);
  state_at_.resize(pattern_.packs.size());
  ramps_at_.resize(pattern_.packs.size());
  for (const auto& packs : of_strand) {
    states_ += states_ ? apart : 0;
    ramps_ += ramps_ ? apart : 0;
    for (std::size_t i : packs) {
      const render::Pack& p = pattern_.packs[i];
      state_at_[i] = std::exchange(states_, states_ + Arena::rounded(p.kernels->state_bytes / sizeof(float)));
      ramps_at_[i] = std::exchange(ramps_, ramps_ + Arena::rounded(p.ramp_floats()));
    }
  }
}

void Blueprint::count_memory() {
  std::size_t crossings = 0, histories = 0;
  for (std::size_t m = 0; m < pattern_.members.size(); ++m) histories += history_count(m) * capacity(type(m));
  pattern_.history_floats_ = histories;
  for (int width : steps_.crossings) crossings += link::Crossing::depth * static_cast<std::size_t>(block_frames * width);
  const std::size_t total = tiles_ + states_ + ramps_ + histories + crossings;
  if (total > budget_floats)
    throw Error(0, fmt::format("needs {:.1f} GiB of memory; the limit is {:.0f} GiB", static_cast<double>(total) / (1 << 28),
                               static_cast<double>(budget_floats) / (1 << 28)));
}

/// Histories with memory of their own: those of the lanes that are heard, and one set that the others in the pack share.
std::size_t Blueprint::history_count(std::size_t m) const {
  return static_cast<std::size_t>(std::min(wiring_.members[m].lanes + 1, wiring_.members[m].packs * wiring_.members[m].width) *
                                  type(m).histories_per_lane);
}

Frame Blueprint::capacity(const ModuleSpec& t) const {
  return block_ceil(static_cast<Frame>(t.history_seconds * request_.rate) + 2 * block_frames) + Plan::history_slack;
}

} // namespace chronus::control
