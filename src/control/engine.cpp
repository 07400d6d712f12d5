// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. See engine.hpp: commits, values and orders.
#include "engine.hpp"
#include "draft.hpp"
#include "error.hpp"
#include "gates.hpp"
#include "values.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace chronus::control {

void Engine::commit(CommitRequest request, std::function<void(const Verdict&, std::uint64_t)> verdict, std::function<void(Frame)> swapped) {
  auto patch = std::make_shared<Patch>(std::move(request.patch));
  requests_.push_back({std::move(request), std::move(patch), std::move(verdict), std::move(swapped)});
  start_building();
}

void Engine::start_building() {
  if (building_ || requests_.empty()) return;
  building_ = true;
  before_ = std::make_shared<const Patch>(current_);
  set_before_ = values_set_;
  const Request& r = requests_.front();
  builder_->send({.patch = r.patch,
                 .before = before_,
                 .force = r.request.force,
                 .with_base = !config_.spare,
                 .copies = config_.spare ? config_.slots : 1,
                 .live_load = static_cast<double>(progress(link().counters.live.get()).load.get()),
                 .slots = config_.spare ? config_.slots : 1});
}

namespace {

/// How a commit's staged gate of a lane stands beside its staged parameters.
constexpr int gate_of(int lane) { return -1 - lane; }

} // namespace

/// Values that were set while the plan was being built hold on, where the commit did not set them itself.
void Engine::keep_live_values(Patch& next) const {
  for (auto& [name, instance] : next.instances) {
    const auto now = current_.instances.find(name), then = before_->instances.find(name);
    if (now == current_.instances.end() || then == before_->instances.end() || born_.at(name) == revision_) continue; // it starts afresh
    const bool moved = now->second.settings != then->second.settings;
    for (std::size_t p = 0; moved && p < instance.settings.size(); ++p)
      if (instance.settings[p] == then->second.settings[p]) instance.settings.set(p, now->second.settings[p]);
    instance.gates = with_change(now->second.gates, then->second.gates, instance.gates);
  }
}

void Engine::take_result(Builder::Result result) {
  if (result.supply) return deliver(std::move(result));
  building_ = false;
  Request r = std::move(requests_.front());
  requests_.pop_front();
  prime_ms_last_ = result.verdict.prime_ms;
  if (!result.verdict.error.empty()) {
    ++refused_;
    r.verdict(result.verdict, revision_);
    return;
  }
  ++revision_;
  dearest_ = result.verdict.dearest;
  at_fault_.clear();
  trouble_.clear();
  strained_since_ = never;
  calm_since_ = std::max(link().counters.horizon.get(), r.request.at);
  const render::Plan& plan = *result.plans.front();
  std::set<std::pair<std::string, int>> staged;
  std::vector<const std::string*> names;
  Patch& next = *r.patch; // the builder is done with it
  for (std::size_t m = 0; const auto& [name, instance] : next.instances) {
    names.push_back(&name);
    if (plan.members[m].from < 0) born_[name] = revision_;
    for (std::size_t p = 0; plan.members[m].staged >> p; ++p)
      if (plan.members[m].staged >> p & 1) staged.emplace(name, static_cast<int>(p));
    ++m;
  }
  for (auto g = plan.gates.begin(); g != plan.gates.end(); ++g)
    if (!g->fresh && plan.members[g->member].from >= 0) staged.emplace(*names[g->member], gate_of(g->lane));
  const auto moved = values_moved() ? gates_moved_since(next) : std::map<std::string, std::vector<bool>>{};
  if (values_moved()) keep_live_values(next);
  if (!commits_.empty()) commits_.back().patch = std::move(current_);
  current_ = std::move(next);
  auto c = std::make_unique<link::Commit>(
      link::Commit{revision_, ++sequence_, r.request.at, r.request.fade, {}, nullptr, plan.history_floats()});
  for (std::size_t i = 0; i < result.plans.size(); ++i) crew_->plans().insert(c->plans[i] = result.plans[i].release());
  if (result.base) crew_->plans().insert(c->base = result.base.release());
  commits_.push_back({std::move(c), std::move(r.swapped), {}, std::move(staged)});
  send_on();
  for (const auto& [module, gates] : moved)
    for (int lane = 0, n = lanes(module); lane < n; ++lane)
      if (is_open(gates, static_cast<std::size_t>(lane)) != is_open(current_.instances.at(module).gates, static_cast<std::size_t>(lane)))
        gate(module, lane, is_open(gates, static_cast<std::size_t>(lane)), 0);
  r.verdict(result.verdict, revision_);
}

/// Gates that were moved while the plan was being built, of instances that begin anew with it: what they should be then.
std::map<std::string, std::vector<bool>> Engine::gates_moved_since(const Patch& next) const {
  std::map<std::string, std::vector<bool>> moved;
  for (const auto& [name, instance] : next.instances) {
    const auto now = current_.instances.find(name), then = before_->instances.find(name);
    if (now == current_.instances.end() || then == before_->instances.end() || born_.at(name) != revision_ || now->second.gates == then->second.gates) continue;
    moved[name] = with_change(instance.gates, then->second.gates, now->second.gates);
  }
  return moved;
}

void Engine::order(link::Order o, Frame at) {
  o.frame = at;
  o.sequence = ++sequence_;
  // A fault is ordered when its frame is heard: what the script has ordered ahead is not before it.
  const std::size_t source = at && o.kind != link::OrderKind::fault ? 0 : 1;
  if (!backlog_[source].empty() || !link().orders[source]->push(o)) backlog_[source].push_back(o);
}

void Engine::send_on() {
  while (commits_sent_ < commits_.size() && link().commits.push(commits_[commits_sent_].commit.get())) ++commits_sent_;
  for (std::size_t i = 0; i < link::Link::sources; ++i)
    while (!backlog_[i].empty() && link().orders[i]->push(backlog_[i].front())) backlog_[i].pop_front();
}

/// Commits that have found no place yet hold nothing up: those before them are swapped in first.
void Engine::set_issued(Frame frame) {
  for (const auto& b : backlog_)
    if (!b.empty()) frame = std::min(frame, b.front().frame);
  link().issued.set(std::max(frame, link().issued.get()));
}

void Engine::take_events() {
  link::Event e;
  while (link().events.pop(e)) {
    if (e.kind == link::EventKind::wants) supply(e.revision);
    if (e.kind == link::EventKind::returned) discard(e.plan);
    const auto at = std::find_if(commits_.begin(), commits_.end(), [&](const Pending& p) { return p.commit.get() == e.commit; });
    if (at == commits_.end()) continue;
    if (e.kind == link::EventKind::swap) {
      at->staged.clear();
      if (const auto swapped = std::exchange(at->swapped, {})) swapped(e.frame);
      continue;
    }
    for (render::Plan* p : at->commit->plans)
      discard(p);
    discard(at->commit->base);
    commits_.erase(at);
    --commits_sent_;
  }
}

/// A slot was lost: it may follow again with a copy of the plan that is heard, whose state live's worker then copies into it.
void Engine::supply(std::uint64_t revision) {
  const Patch empty;
  const Patch* patch = revision == 0 ? &empty : revision == revision_ ? &current_ : nullptr;
  for (const Pending& p : commits_)
    if (!patch && p.commit->revision == revision) patch = &p.patch;
  if (patch) builder_->send({.patch = std::make_shared<const Patch>(revision == revision_ ? *patch : as_played(*patch, revision)), .before = nullptr, .supply = revision});
  else link().supplies.push({nullptr, revision}); // it is over already
}

/// A patch that is heard while newer ones are on their way, with the values and gates of now.
Patch Engine::as_played(Patch patch, std::uint64_t revision) {
  for (auto& [name, instance] : patch.instances) {
    const auto now = current_.instances.find(name);
    if (now == current_.instances.end() || born_.at(name) > revision) continue;
    const bool moved = instance.settings != now->second.settings;
    for (std::size_t p = 0; moved && p < instance.settings.size(); ++p)
      if (!is_staged(name, static_cast<int>(p))) instance.settings.set(p, now->second.settings[p]);
    const auto then = std::exchange(instance.gates, now->second.gates);
    for (int l = 0, n = lanes(name); l < n; ++l)
      if (is_staged(name, gate_of(l))) instance.gates = moved_gate(instance.gates, l, n, is_open(then, static_cast<std::size_t>(l)));
  }
  return patch;
}

/// One at a time is asked for: there is room for it.
void Engine::deliver(Builder::Result result) {
  render::Plan* plan = result.plans.empty() ? nullptr : result.plans.front().release();
  if (plan) crew_->plans().insert(plan);
  else messages_.push_back("a slot that was lost can not follow again: " + result.verdict.error);
  link().supplies.push({plan, *result.supply});
}

void Engine::free_retired() {
  link::Handover h;
  for (int i = 0; i < link().count(); ++i)
    while (link().rings(i).retired.pop(h)) discard(h.plan);
}

/// A plan that no other side holds; null: nothing.
void Engine::discard(render::Plan* plan) {
  if (!plan || !crew_->plans().erase(plan)) return;
  store_.empty(*plan);
  delete plan;
}

void Engine::poll() {
  while (auto result = builder_->take()) take_result(std::move(*result));
  start_building();
  send_on();
  take_events();
  free_retired();
  tend_slots();
  take_faults();
  take_guard();
  judge();
  listen();
  end_recordings();
}

// ---- values ----------------------------------------------------------------------------------------------------------

int Engine::lanes(const std::string& module) {
  if (lanes_of_ != revision_) {
    lanes_ = control::lanes_of(current_);
    lanes_of_ = revision_;
  }
  return lanes_.at(module);
}

/// A commit on its way brings a value of its own for this parameter of an instance that goes on: it wins at the swap.
bool Engine::is_staged(const std::string& module, int param) const {
  return std::ranges::any_of(commits_, [&](const Pending& p) { return p.staged.contains({module, param}); });
}

void Engine::set(const std::string& module, int param, const Setting& value, Frame at) {
  Instance& instance = current_.instances.find(module)->second;
  const ParamSpec& spec = instance.type->params[static_cast<std::size_t>(param)];
  link::Order o{.kind = link::OrderKind::op, .revision = born_[module]};
  o.op = {link::OpKind::set, false, static_cast<std::uint16_t>(param), link::all_lanes, ids_.of(module), value.numbers.front()};
  const bool one = value.kind == Setting::Kind::one;
  std::vector<link::Order> orders(one ? 1 : static_cast<std::size_t>(lanes(module)), o);
  for (std::size_t lane = 0; !one && lane < orders.size(); ++lane) {
    orders[lane].op.lane = static_cast<std::uint16_t>(lane);
    orders[lane].op.value = lane_value(value, spec, static_cast<int>(lane), static_cast<int>(orders.size()));
  }
  book(orders);
  ++values_set_;
  if (!is_staged(module, param)) instance.settings.set(static_cast<std::size_t>(param), value);
  for (const link::Order& each : orders) order(each, at);
}

void Engine::gate(const std::string& module, int lane, bool on, Frame at) {
  link::Order o{.kind = link::OrderKind::op, .revision = born_[module]};
  o.op = {link::OpKind::gate, false, 0, lane < 0 ? link::all_lanes : static_cast<std::uint16_t>(lane), ids_.of(module), on ? 1.0F : 0.0F};
  std::vector<link::Order> orders = gates_at_swaps(o.op, module);
  orders.insert(orders.begin(), o);
  book(orders);
  ++values_set_;
  Instance& instance = current_.instances.find(module)->second;
  instance.gates = lane < 0 && !on ? std::vector<bool>{} : moved_gate(instance.gates, lane, lanes(module), on);
  for (const link::Order& each : orders) order(each, at);
}

/// What was said last holds: also where a swap that is on its way brings a gate of its own.
std::vector<link::Order> Engine::gates_at_swaps(const link::Op& op, const std::string& module) const {
  std::vector<link::Order> orders;
  for (const Pending& p : commits_)
    for (auto i = p.staged.lower_bound({module, gate_of(link::all_lanes)}); i != p.staged.end() && i->first == module && i->second < 0; ++i) {
      const int lane = gate_of(i->second); // its own inverse
      if (op.lane != link::all_lanes && op.lane != lane) continue;
      orders.push_back({.kind = link::OrderKind::op, .revision = p.commit->revision});
      orders.back().op = op;
      orders.back().op.lane = static_cast<std::uint16_t>(lane);
    }
  return orders;
}

/// Where nobody listens nothing goes on before the callback has taken in what was said, and what waits for a swap to come waits
/// there: one for each target.
void Engine::book(const std::vector<link::Order>& orders) {
  const std::uint64_t heard = link().counters.revision.get();
  if (!offline() || std::ranges::all_of(orders, [&](const link::Order& o) { return o.revision <= heard; })) return;
  booked_.erase(booked_.begin(), booked_.lower_bound({heard + 1, 0, -1, 0}));
  std::vector<decltype(booked_)::iterator> fresh;
  for (const link::Order& o : orders)
    if (o.revision > heard)
      if (const auto [at, is_new] = booked_.insert({o.revision, o.op.module, o.op.kind == link::OpKind::gate ? -1 : o.op.param, o.op.lane}); is_new) fresh.push_back(at);
  if (booked_.size() <= link::most_waiting_ops) return;
  for (const auto& at : fresh) booked_.erase(at);
  throw Error(0, fmt::format("refused: {} values and gates wait for a swap already; the limit is {}", booked_.size(), link::most_waiting_ops));
}

void Engine::panic(Frame at) {
  ++values_set_;
  order({.kind = link::OrderKind::panic}, at);
  const std::uint64_t heard = link().counters.revision.get();
  for (Pending& p : commits_)
    for (auto& [name, instance] : p.patch.instances) instance.gates.clear();
  for (auto& [name, instance] : current_.instances) {
    if (!instance.type->has_gate()) continue;
    instance.gates.clear();
    // What a swap that is on its way would open is closed with it; what was said of that before is purged.
    link::Order o{.kind = link::OrderKind::op, .revision = born_[name]};
    o.op = {link::OpKind::gate, false, 0, link::all_lanes, ids_.of(name), 0};
    if (o.revision > heard) order(o, at);
    for (const link::Order& each : gates_at_swaps(o.op, name)) order(each, at);
  }
}

void Engine::fade_out(Frame at) {
  order({.kind = link::OrderKind::fade_out, .frames = static_cast<std::uint32_t>(config_.rate / 50)}, at);
}

void Engine::fault(const std::string& kind, const std::string& slot, double seconds, Frame at) {
  if (!config_.faults) throw Error(0, "fault: the program was not started with --faults");
  const int to = slot == "live" ? link::live_slot : slot == "spare" ? link::spare_slot : std::atoi(slot.c_str());
  const auto known = std::ranges::find(fault_kinds, kind);
  order({.kind = link::OrderKind::fault,
         .fault = static_cast<link::FaultKind>(known - fault_kinds.begin()),
         .slot = static_cast<std::int8_t>(to),
         .microseconds = static_cast<std::uint32_t>(seconds * 1e6)},
        at);
}

} // namespace chronus::control
