// SPDX-License-Identifier: GPL-3.0-or-later
// A worker's thread. See worker.hpp.
#include "worker.hpp"
#include "../link/clock.hpp"
#include <algorithm>
#include <cstring>
#include <utility>

namespace chronus::render {

namespace {
/// After each block: of histories that go into a gift. 256 KiB takes some 30 µs; more where there is so much of it that the copy
/// would not be done within half the slack.
constexpr std::uint64_t slice_floats = 65536;
constexpr std::uint64_t slices = Plan::history_slack / block_frames / 2;
} // namespace

Worker::Worker(link::Link& link, int slot, Plan* plan, int helpers)
    : link_(link), rings_(link.rings(slot)), slot_(slot), team_(link.stop, helpers), plan_(plan), position_(link.begin),
      announce_every_(link.capacity * 2 / 5) {
  if (plan_) plan_->start(position_);
}

bool Worker::run() noexcept {
  while (!link_.stop.get()) {
    while (!link_.stop.get()) { // a job of the team's that was left for it is not over
      const RealtimeSection section;
      if (!round()) break;
    }
    if (std::exchange(throwing_, false)) return false;
    if (unannounced_) announce();
    clock_ = 0;
    rings_.wake.wait();
  }
  return true;
}

std::vector<Plan*> Worker::remains() {
  std::vector<Plan*> all(retired_, retired_ + retired_count_);
  if (plan_) all.push_back(plan_);
  for (int i = 0; i < gift_count_; ++i) all.push_back(gifts_[i].plan);
  plan_ = nullptr;
  gift_count_ = retired_count_ = 0;
  return all;
}

/// What it was doing is not to be trusted. The callback finds no block of it, and gives the slot up.
void Worker::fail() noexcept {
  failed_ = true;
  rings_.progress.failures.add(1);
  announce();
}

/// The callback has given this slot up: its plan, its tasks and its promises go. \return whether there is anything to do yet
bool Worker::obey_dismissal() noexcept CHRONUS_REALTIME {
  const std::uint32_t order = rings_.dismissal.get();
  if (order == dismissal_) return failed_;
  failed_ = true; // until all is done
  const auto room = [&] { return retired_count_ + 2 <= retired_capacity; };
  if (plan_ && room()) retire(std::exchange(plan_, nullptr));
  while (gift_count_ && room()) retire(gifts_[--gift_count_].plan);
  while (rings_.tasks.read_available() && room()) {
    const link::Task& t = rings_.tasks.front();
    const bool has_plan = t.kind == link::TaskKind::cut || t.kind == link::TaskKind::give || t.kind == link::TaskKind::attach;
    if (has_plan && t.plan) retire(t.plan);
    rings_.tasks.pop();
  }
  if (!room()) return true; // control's ring is full: again later
  while (rings_.inputs.front()) rings_.inputs.pop();
  cell_ = nullptr;
  expecting_ = failed_ = tainted_ = throwing_ = false;
  dismissal_ = order;
  rings_.progress.from.set(never);
  rings_.progress.dismissal.set(order);
  announce();
  return false;
}

bool Worker::round() noexcept CHRONUS_REALTIME {
  bool busy = return_plans();
  if (obey_dismissal()) return busy;
  if (expecting_) return take_handover() || busy;
  for (; take_task(); clock_ = 0) busy = true; // what a task takes is no part of the load
  if (expecting_) return true;
  if (throwing_) return false;
  if (render()) {
    if (give_on()) clock_ = 0;
    return true;
  }
  return give_on() || busy;
}

bool Worker::take_handover() noexcept CHRONUS_REALTIME {
  for (int from = 0; from < link_.count(); ++from) {
    auto& ring = link_.between(from, slot_);
    if (!ring.read_available()) continue;
    const link::Handover h = ring.front();
    // A slot far behind (offline) may be attached twice before it has come to the first: each plan has its own attaching.
    const auto ahead = static_cast<std::int32_t>(h.generation - expected_);
    if (ahead > 0 || retired_count_ == retired_capacity) continue;
    ring.pop();
    if (ahead < 0) { // of an attaching that a dismissal has ended
      retire(h.plan);
      return true;
    }
    take_over(h);
    return true;
  }
  return false;
}

void Worker::take_over(const link::Handover& h) noexcept CHRONUS_REALTIME {
  plan_ = h.plan;
  position_ = h.frame;
  generation_ = h.generation;
  expecting_ = false;
  rings_.progress.rendered.set(position_); // who sees that it follows again does not see how far it was before
  if (rings_.progress.from.get() == never) rings_.progress.from.set(position_);
  rings_.progress.generation.set(generation_);
}

bool Worker::take_task() noexcept CHRONUS_REALTIME {
  if (!rings_.tasks.read_available()) return false;
  const link::Task& t = rings_.tasks.front();
  if ((plan_ && t.frame > position_) || retired_count_ == retired_capacity) return false;
  // What was promised to others is in the plan that goes.
  if (t.kind == link::TaskKind::cut || t.kind == link::TaskKind::retire)
    while (gift_count_) give_on();
  switch (t.kind) {
  case link::TaskKind::op:
    if (plan_) plan_->apply(t.op);
    break;
  case link::TaskKind::panic:
    if (plan_) plan_->panic(position_);
    break;
  case link::TaskKind::cut:
    t.plan->carry_from(*plan_, t.frame);
    retire(plan_);
    plan_ = t.plan;
    generation_ = t.generation;
    epoch_ = t.epoch;
    rings_.progress.generation.set(generation_);
    if (cell_ && link_.ins) load_inputs(); // the block that is under way has them already
    break;
  case link::TaskKind::retire:
    if (cell_) { // the rest of the block is nobody's
      const auto rest = static_cast<std::size_t>(block_frames - position_ % block_frames);
      for (int c = 0; c < link_.outs; ++c) std::memset(cell_ + (c + 1) * block_frames - rest, 0, rest * sizeof(float));
      keep_block();
      publish();
    }
    retire(plan_);
    plan_ = nullptr;
    break;
  case link::TaskKind::attach:
    epoch_ = t.epoch;
    if (t.plan) { // nobody is left to take it from
      t.plan->start(t.frame);
      take_over({t.plan, t.frame, t.generation});
      break;
    }
    expecting_ = true;
    expected_ = t.generation;
    break;
  case link::TaskKind::fault: make_fault(t); break;
  case link::TaskKind::give:
    t.plan->copy_from(*plan_);
    gifts_[gift_count_++] = {t.plan, t.frame, 0, t.generation, t.other};
    break;
  }
  rings_.tasks.pop();
  return !expecting_ && !throwing_;
}

void Worker::make_fault(const link::Task& task) noexcept CHRONUS_REALTIME {
  switch (task.fault) {
  case link::FaultKind::stall:
    for (const std::int64_t until = link::now_ns() + task.microseconds * 1000LL; link::now_ns() < until;) {}
    break;
  case link::FaultKind::throws: throwing_ = true; break;
  case link::FaultKind::nan:
    if (plan_) plan_->poison();
    break;
  }
}

bool Worker::render() noexcept CHRONUS_REALTIME {
  if (!plan_) return false;
  Frame limit = link_.counters.horizon.get();
  // Tasks were pushed before the horizon that covers them was published: what is not in the ring now lies behind it.
  if (rings_.tasks.read_available()) limit = std::min(limit, rings_.tasks.front().frame);
  const int blocks = blocks_at_once(limit);
  limit = std::min(limit, block_floor(position_) + block_frames);
  if (position_ >= limit) return false;
  // Beyond the slack the oldest frames would be overwritten before they are copied.
  while (gift_count_ && position_ + block_frames > gifts_[0].frame + Plan::history_slack) give_on();
  if (!cell_ && !claim_block()) return false;
  const std::int64_t before = clock_ ? clock_ : link::now_ns();
  const Frame from = position_;
  const int frames = static_cast<int>(limit - position_);
  const bool together = team_.start(*plan_, position_, frames, blocks);
  for (int i = 0; i < blocks; ++i) {
    if (link_.stop.get()) return false;
    if (!cell_) claim_block(); // there is room: blocks_at_once has seen to it
    plan_->play_to(cell_);
    if (!together) plan_->run(position_, frames);
    else if (!team_.next()) return false;
    finish_segment(frames);
  }
  publish();
  plan_->take_faults([this](const link::Fault& f) CHRONUS_REALTIME { rings_.faults.push(f); });
  clock_ = link::now_ns();
  const auto done = static_cast<double>(position_ - from);
  const float load = rings_.progress.load.get(), last = static_cast<float>(static_cast<double>(clock_ - before) * 1e-9 * plan_->context.rate / done);
  rings_.progress.load.set(load + (last - load) * std::min(1.0F, static_cast<float>(done) / (32 * block_frames)));
  return true;
}

/// As many whole blocks as may be rendered before anything else is to be done: the threads of a slot wait for each other less, and
/// one alone looks less often at what others tell it.
int Worker::blocks_at_once(Frame limit) noexcept CHRONUS_REALTIME {
  constexpr std::size_t most_alone = 8, most_together = 512;
  static_assert(most_together <= link::Claim::most_segments);
  const std::size_t most = plan_->strands.size() < 2 ? most_alone : most_together;
  if (cell_ || gift_count_ || position_ % block_frames || limit < position_ + block_frames) return 1;
  const std::size_t wanted = std::min(most, static_cast<std::size_t>((limit - position_) / block_frames));
  return static_cast<int>(std::clamp<std::size_t>(rings_.blocks.space(wanted), 1, wanted));
}

/// A cell for the block that begins, its inputs loaded. \return false: the ring is full
bool Worker::claim_block() noexcept CHRONUS_REALTIME {
  cell_ = rings_.blocks.claim();
  if (!cell_) return false;
  // A slot that is attached within a block (offline, where the horizon stands at the script's very frame) plays its rest.
  before_ = position_ % block_frames;
  for (int c = 0; c < link_.outs; ++c) std::memset(cell_ + c * block_frames, 0, before_ * sizeof(float));
  if (link_.ins) load_inputs();
  return true;
}

void Worker::finish_segment(int frames) noexcept CHRONUS_REALTIME {
  tainted_ = tainted_ || plan_->tainted();
  position_ += static_cast<Frame>(frames);
  if (position_ % block_frames == 0) keep_block();
}

void Worker::keep_block() noexcept CHRONUS_REALTIME {
  const bool tainted = std::exchange(tainted_, false);
  if (tainted) tainted_until_ = block_ceil(position_);
  kept_until_ = position_;
  ++kept_;
  const bool full = rings_.blocks.keep({position_ % block_frames ? block_floor(position_) : position_ - block_frames, epoch_, tainted, static_cast<std::uint8_t>(before_)});
  cell_ = nullptr;
  // Where nobody waits the callback may want this block before the next is made.
  if (full || !link_.driver_waits.get()) publish();
}

/// What has been kept is told of.
void Worker::publish() noexcept CHRONUS_REALTIME {
  if (!kept_) return;
  rings_.blocks.publish();
  rings_.progress.tainted_until.set(tainted_until_);
  rings_.progress.rendered.set(kept_until_);
  unannounced_ += std::exchange(kept_, 0);
  if (unannounced_ >= announce_every_) announce();
}

void Worker::announce() noexcept CHRONUS_REALTIME {
  unannounced_ = 0;
  if (link_.driver_waits.get()) link_.produced.post();
}

void Worker::load_inputs() noexcept CHRONUS_REALTIME {
  link::BlockRing& in = rings_.inputs;
  const link::BlockHeader* h = in.front();
  while (h && h->frame < block_floor(position_)) {
    in.pop();
    h = in.front();
  }
  const bool there = h && h->frame == block_floor(position_);
  for (int c = 0; c < link_.ins; ++c) {
    if (there) std::memcpy(plan_->input(c), in.samples(c), block_frames * sizeof(float));
    else std::memset(plan_->input(c), 0, block_frames * sizeof(float));
  }
}

bool Worker::give_on() noexcept CHRONUS_REALTIME {
  if (gift_count_ == 0) return false;
  Gift& g = gifts_[0];
  if (!g.plan->copy_histories(*plan_, g.frame, g.done, std::max(slice_floats, plan_->history_floats() / slices))) return true;
  link_.between(slot_, g.to).push({g.plan, g.frame, g.generation});
  link_.rings(g.to).progress.given.set(g.generation);
  link_.rings(g.to).wake.post();
  for (int i = 1; i < gift_count_; ++i) gifts_[i - 1] = gifts_[i];
  --gift_count_;
  return true;
}

void Worker::retire(Plan* plan) noexcept CHRONUS_REALTIME {
  retired_[retired_count_++] = plan;
  return_plans();
}

bool Worker::return_plans() noexcept CHRONUS_REALTIME {
  bool any = false;
  while (retired_count_ && rings_.retired.push({retired_[retired_count_ - 1], position_, generation_})) {
    --retired_count_;
    any = true;
  }
  return any;
}

} // namespace chronus::render
