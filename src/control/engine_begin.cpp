// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. See engine.hpp: how it begins, and begins anew at another rate.
#include "engine.hpp"
#include "error.hpp"
#include "shell/recorder.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <new>
#include <utility>

namespace chronus::control {

Engine::Engine(const EngineConfig& config, std::function<void()> wake) : config_(config), wake_(std::move(wake)) {
  begin(0, first_plans(config.rate));
}

Engine::~Engine() { recordings_.clear(); }

/// Of what is current, one for each slot that plays at once.
Engine::Plans Engine::first_plans(double rate) {
  Blueprint blueprint({.patch = current_, .before = nullptr, .rate = rate, .outs = config_.outs, .ins = config_.ins, .store = &store_, .workers = config_.workers}, ids_);
  Plans plans;
  for (int i = 0; i < (config_.spare ? config_.slots : 1); ++i) plans.push_back(blueprint.plan());
  return plans;
}

void Engine::begin(Frame frame, Plans plans) {
  const auto before = std::exchange(crew_, std::make_unique<Crew>(config_.slots, config_.workers, config_.outs, config_.ins, frame,
                                                               offline() ? link::SlotRings::offline_capacity(config_.outs) : link::SlotRings::block_capacity));
  link::Link& l = link();
  if (before) l.counters.go_on_from(before->link().counters);
  l.counters.revision.set(revision_);
  if (config_.black_box) {
    const auto alarm = take_alarm();
    l.flight = std::make_unique<link::FlightTap>(config_.outs, config_.rate, offline());
    black_box_.emplace(*l.flight, config_.rate, l.counters.starved.get());
    if (alarm) black_box_->alarm(*alarm);
  }
  l.driver_waits.set(offline() ? 1 : 0);
  l.issued.set(offline() ? frame : never);
  builder_.emplace(ids_, store_, config_.rate, config_.outs, config_.ins, config_.workers, !offline(), wake_);
  for (std::size_t i = 0; i < static_cast<std::size_t>(config_.slots); ++i) {
    render::Plan* plan = i < plans.size() ? *crew_->plans().insert(plans[i].release()).first : nullptr;
    crew_->start(plan);
  }
  set_priority(priority_);
}

std::string Engine::begin_anew(double rate) {
  poll();
  Plans plans;
  try {
    plans = first_plans(rate);
  } catch (const Error& e) {
    return e.what();
  } catch (const std::bad_alloc&) {
    return "not enough memory";
  }
  builder_.reset(); // what it is at is for the old rate
  building_ = false;
  const RateChange change{playhead(), block_ceil(playhead()), rate / config_.rate};
  end_recordings_at(playhead());
  auto orders = orders_on_their_way();
  forget_commits(change);
  calm_since_ = change.to;
  config_.rate = rate;
  begin(change.to, std::move(plans));
  for (link::Order& o : orders) order(o, o.frame ? std::max(change.frame(o.frame), change.to) : 0);
  start_building();
  return {};
}

/// What the callback has not taken, in its order. Recordings end by themselves.
std::vector<link::Order> Engine::orders_on_their_way() {
  std::vector<link::Order> all;
  for (std::size_t i = 0; i < link::Link::sources; ++i) {
    link().orders[i]->consume_all([&](const link::Order& o) { all.push_back(o); });
    all.insert(all.end(), backlog_[i].begin(), backlog_[i].end());
    backlog_[i].clear();
  }
  std::erase_if(all, [](const link::Order& o) { return o.kind == link::OrderKind::record_start || o.kind == link::OrderKind::record_stop; });
  std::ranges::sort(all, {}, &link::Order::sequence);
  return all;
}

/// Those that were accepted are in what is current; the others are built anew.
void Engine::forget_commits(const RateChange& change) {
  for (Pending& p : commits_)
    if (const auto swapped = std::exchange(p.swapped, {})) swapped(change.to);
  commits_.clear();
  commits_sent_ = 0;
  for (Request& r : requests_) {
    if (r.request.at) r.request.at = change.frame(r.request.at);
    r.request.fade = change.length(r.request.fade);
  }
  at_fault_.clear();
  reports_.clear();
  strained_since_ = never;
}

/// A file has one rate. The callback is not there to tell that it is over.
void Engine::end_recordings_at(Frame frame) {
  for (Recording& r : recordings_) {
    if (r.over || r.recorder->finished()) continue;
    r.over = r.tap->chunks.push({frame, 0, true});
    messages_.push_back(fmt::format("recording: {} ends where the rate changes", r.recorder->path()));
  }
}

} // namespace chronus::control
