// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. See schedule.hpp.
#include "schedule.hpp"
#include <algorithm>

namespace chronus::rt {

Schedule::Schedule(link::Link& link, double rate, Frame lead, bool spare)
    : link_(link), panic_frames_(static_cast<Frame>(rate / 100)), unmute_frames_(static_cast<Frame>(rate / 200)),
      longest_lag_(static_cast<Frame>(rate)), spare_(spare),
      lead_(block_ceil(lead)), inputs_(link.ins) {
  gestures_.since.fill(never);
  for (int i = 0; i < (spare ? link.slots : 1); ++i) since(i) = 0;
}

void Schedule::raise_lead(Frame lead) noexcept CHRONUS_REALTIME { lead_ = std::max(lead_, block_ceil(lead)); }

void Schedule::receive_commits() noexcept CHRONUS_REALTIME {
  link::Commit* c;
  while (!commits_.full() && link_.commits.pop(c)) {
    if (c->at && c->at < horizon_) link_.counters.late.add(1);
    commits_.push(c);
  }
}

Frame Schedule::swap_frame() const noexcept CHRONUS_REALTIME {
  return std::max({commits_.front()->at, horizon_, not_before_, swapped_ ? swap_end_ + settle : 0});
}

int Schedule::idle_slot() const noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.slots; ++i)
    if (!follows(i) && !slots_[static_cast<std::size_t>(i)].lost && i != retiring_) return i;
  return -1;
}

/// A copy of live's plan that nobody plays yet: made for a slot that was lost, left over by the last commit, or brought along
/// by the next.
render::Plan** Schedule::plan_to_attach() noexcept CHRONUS_REALTIME {
  if (supply_.plan && supply_.revision == revision_) return &supply_.plan;
  if (current_)
    for (auto& p : current_->plans)
      if (p) return &p;
  return !commits_.empty() && commits_.front()->base ? &commits_.front()->base : nullptr;
}

Schedule::Act Schedule::next(Key until, Key& key, std::size_t& source) noexcept CHRONUS_REALTIME {
  Act act = Act::none;
  key = until;
  auto consider = [&](Key k, Act a) {
    if (k < key) key = k, act = a;
  };
  consider({retire_at_, 0}, Act::retire);
  if (idle_slot() >= 0 && plan_to_attach()) consider({std::max(attach_at_, horizon_), 0}, Act::attach);
  consider({forget_at_, 0}, Act::forget);
  if (!commits_.empty()) consider({swap_frame(), commits_.front()->sequence}, Act::cut);
  for (std::size_t i = 0; i < link_.orders.size(); ++i)
    if (link_.orders[i]->read_available()) {
      const link::Order& o = link_.orders[i]->front();
      const Key k{std::max(o.frame, horizon_), o.sequence};
      if (k < key) key = k, act = Act::order, source = i;
    }
  return act;
}

void Schedule::grant(Frame playhead, bool may_wait) noexcept CHRONUS_REALTIME {
  playhead_ = playhead;
  attached_now_ = -1;
  held_back_ = false;
  look_after_slots(may_wait);
  receive_commits();
  receive_supplies();
  // Where nobody listens no machine's speed decides whether there is a spare: what was lost is made anew first.
  bool one_is_lost = asked_ || supply_.plan;
  for (int i = 0; i < link_.slots; ++i) one_is_lost = one_is_lost || slot(i).lost;
  const bool hold = gestures_.all_lost || (may_wait && spare_ && one_is_lost);
  if (hold && idle_slot() >= 0 && plan_to_attach() && room(may_wait)) attach(horizon_);
  else if (hold && may_wait) {
    held_back_ = true;
    return;
  }
  Frame until = block_ceil(playhead + lead_);
  // Where the sources have issued less than that, the horizon stands at their very frame, and what holds at it is passed on:
  // any number of ops of one frame goes through.
  const Frame issued = link_.issued.get();
  const bool short_of = issued < until;
  until = std::max(std::min(until, issued), horizon_);
  last_of_.fill(false);
  Key key;
  std::size_t source = 0;
  for (Act act; (act = next({until, short_of ? never : 0}, key, source)) != Act::none;)
    if (gestures_.full() || !room(may_wait) || !perform(act, key, source, until, may_wait)) {
      until = std::max(horizon_, block_floor(key.frame)); // what cannot be done now holds the horizon back
      break;
    }
  if (until == horizon_ && !short_of) return;
  for (int i = 0; i < link_.slots; ++i)
    if (follows(i)) inputs_.push(rings(i).inputs, slot(i).inputs_until, until, lead_ + block_frames);
  horizon_ = until;
  link_.counters.horizon.set(horizon_);
  for (int i = 0; i < link_.slots; ++i)
    if (follows(i) || last_of_[static_cast<std::size_t>(i)]) rings(i).wake.post();
}

/// Slots that have failed, in whatever way, are given up; those whose workers have confirmed it may follow again.
void Schedule::look_after_slots(bool may_wait) noexcept CHRONUS_REALTIME {
  for (; !gestures_.lapses.empty(); gestures_.lapses.pop()) {
    const Lapse& l = gestures_.lapses.front();
    if (l.epoch == epoch_ && follows(l.to)) live_ = l.to;
    // One that was only late catches up, and was right all the time.
    if (l.tainted && follows(l.from)) dismiss(l.from);
  }
  for (int i = 0; i < link_.slots; ++i) {
    Slot& s = slot(i);
    const link::Progress& p = rings(i).progress;
    const std::uint32_t failures = p.failures.get();
    if (follows(i) && failures != s.failures) dismiss(i);
    s.failures = failures;
    if (follows(i) && !may_wait && i != live_ && has_begun(i) && p.rendered.get() + longest_lag_ < playhead_) dismiss(i);
    // A fault that live has not is the slot's own: whatever it plays later, it is not what it should be.
    const Frame fault = p.tainted_until.get();
    const link::Progress& live = rings(live_).progress;
    if (follows(i) && i != live_ && fault > s.from && live.rendered.get() >= fault && live.tainted_until.get() < fault) dismiss(i);
    if (s.to_dismiss && playhead_ >= s.from) dismiss(i);
    if (s.lost && !s.to_dismiss && p.dismissal.get() == s.dismissal) s.lost = false;
  }
}

bool Schedule::has_begun(int i) const noexcept CHRONUS_REALTIME {
  const Slot& s = slots_[static_cast<std::size_t>(i)];
  return static_cast<std::int32_t>(rings(i).progress.generation.get() - s.attached) >= 0;
}

/// It has the plan with which it begins, or will find it when it comes so far.
bool Schedule::is_given(int i) const noexcept CHRONUS_REALTIME {
  return static_cast<std::int32_t>(rings(i).progress.given.get() - slots_[static_cast<std::size_t>(i)].attached) >= 0;
}

/// The slot gets nothing more.
void Schedule::give_up(int i) noexcept CHRONUS_REALTIME {
  slot(i).lost = true;
  since(i) = never;
}

/// And does nothing more; what it has rendered may still be played.
void Schedule::dismiss(int i) noexcept CHRONUS_REALTIME {
  give_up(i);
  slot(i).to_dismiss = false;
  rings(i).dismissal.set(++slot(i).dismissal);
  rings(i).wake.post();
  if (i == retiring_) {
    retiring_ = -1;
    retire_at_ = never;
  }
  for (int j = 0; j < link_.slots; ++j) // what it was about to give does not come any more
    if (follows(j) && slot(j).giver == i && !is_given(j)) {
      give_up(j); // it may have blocks to render yet from before
      slot(j).to_dismiss = true;
    }
  if (i != live_) return;
  gestures_.all_lost = true;
  for (int j = 0; j < link_.slots && gestures_.all_lost; ++j)
    if (follows(j) && j != retiring_) {
      live_ = j;
      gestures_.all_lost = false;
      gestures_.heir[static_cast<std::size_t>(i)] = j;
    }
}

void Schedule::receive_supplies() noexcept CHRONUS_REALTIME {
  link::Supply s;
  while (link_.events.write_available() > 2 && link_.supplies.pop(s)) {
    asked_ = false;
    if (!s.plan) {
      denied_ = s.revision;
      continue;
    }
    const bool of_use = !supply_.plan && s.revision == revision_;
    if (of_use) supply_ = s;
    else link_.events.push({.kind = link::EventKind::returned, .plan = s.plan});
  }
  if (supply_.plan && supply_.revision != revision_ && link_.events.write_available() > 2) {
    link_.events.push({.kind = link::EventKind::returned, .plan = supply_.plan});
    supply_.plan = nullptr;
  }
  if (asked_ || denied_ == revision_ || !(spare_ || gestures_.all_lost) || idle_slot() < 0 || plan_to_attach() || link_.events.write_available() <= 2) return;
  asked_ = link_.events.push({.kind = link::EventKind::wants, .frame = horizon_, .revision = revision_});
}

bool Schedule::perform(Act act, Key key, std::size_t source, Frame until, bool may_wait) noexcept CHRONUS_REALTIME {
  switch (act) {
  case Act::retire:
    rings(retiring_).tasks.push({.kind = link::TaskKind::retire, .frame = key.frame, .plan = nullptr});
    since(retiring_) = never;
    last_of_[static_cast<std::size_t>(retiring_)] = true;
    retire_at_ = never;
    retiring_ = -1;
    return true;
  case Act::attach: return attach(key.frame);
  case Act::forget:
    push_to_all({.kind = link::TaskKind::panic, .frame = key.frame, .plan = nullptr});
    forget_at_ = never;
    return true;
  case Act::cut: return cut(key.frame, until, may_wait);
  case Act::order: {
    const link::Order order = link_.orders[source]->front();
    if (order.kind == link::OrderKind::op && order.frame && order.frame < horizon_) link_.counters.late.add(1);
    if (!carry_out(order, key.frame, source)) return false;
    link_.orders[source]->pop();
    return true;
  }
  case Act::none: break;
  }
  return false;
}

/// A slot that plays what live plays and is ready to go on from `swap`; -1: none is.
int Schedule::follower_for(Frame swap) const noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.slots; ++i) {
    const Slot& s = slots_[static_cast<std::size_t>(i)];
    if (i == live_ || !follows(i)) continue;
    const link::Progress& p = rings(i).progress;
    if (p.generation.get() == s.generation && p.rendered.get() >= playhead_) return i;
    // With periods above `settle`, one grant holds both the attaching and the swap: there is a whole period for it.
    if (i == attached_now_ && swap + block_frames >= s.from + settle && current_ && current_->history_floats < 1u << 20) return i;
  }
  return -1;
}

bool Schedule::cut(Frame at, Frame until, bool may_wait) noexcept CHRONUS_REALTIME {
  link::Commit* c = commits_.front();
  const int to = follower_for(at);
  if (to < 0) {
    held_back_ = true;
    if (may_wait) return false;
    if (c->at && slipped_ != c->revision) link_.counters.slipped.add(1);
    slipped_ = c->revision;
    not_before_ = until;
    return true;
  }
  if (link_.events.write_available() < 2) return false;
  for (int i = 0; i < link_.slots; ++i) {
    if (i == live_ || !follows(i)) continue;
    render::Plan** plan = std::find_if(std::begin(c->plans), std::end(c->plans), [](auto* p) { return p != nullptr; });
    if (plan == std::end(c->plans)) break;
    rings(i).tasks.push({.kind = link::TaskKind::cut, .generation = ++slot(i).generation, .epoch = epoch_ + 1, .frame = at, .plan = *plan});
    *plan = nullptr;
  }
  if (current_) link_.events.push({.kind = link::EventKind::done, .frame = at, .commit = current_});
  link_.events.push({.kind = link::EventKind::swap, .frame = at, .commit = c});
  current_ = c;
  commits_.pop();
  retiring_ = live_;
  retire_at_ = swap_end_ = at + c->fade;
  attach_at_ = block_ceil(swap_end_);
  live_ = to;
  revision_ = c->revision;
  ++epoch_;
  swapped_ = true;
  gestures_.swaps.push({at, swap_end_, to, epoch_, revision_});
  unmute(at);
  for (std::size_t n = waiting_.size(); n > 0; --n) { // once round: what waits for a later revision keeps its place
    link::Order order = waiting_.front();
    waiting_.pop();
    if (order.revision > revision_) {
      waiting_.push(order);
      continue;
    }
    order.op.immediate = true;
    push_to_all({.kind = link::TaskKind::op, .frame = at, .op = order.op});
  }
  return true;
}

bool Schedule::attach(Frame at) noexcept CHRONUS_REALTIME {
  const int to = idle_slot();
  render::Plan** plan = plan_to_attach();
  Slot& s = slot(to);
  const std::uint32_t generation = ++s.generation;
  if (!gestures_.all_lost)
    rings(live_).tasks.push(
        {.kind = link::TaskKind::give, .other = static_cast<std::uint8_t>(to), .generation = generation, .epoch = epoch_, .frame = at, .plan = *plan});
  rings(to).tasks.push({.kind = link::TaskKind::attach, .generation = generation, .epoch = epoch_, .frame = at, .plan = gestures_.all_lost ? *plan : nullptr});
  s.giver = gestures_.all_lost ? -1 : live_;
  s.attached = generation;
  if (gestures_.all_lost) { // it begins anew
    live_ = to;
    begun_anew_ = at;
    gestures_.all_lost = false;
  }
  rings(live_).wake.post();
  *plan = nullptr;
  s.from = since(to) = at;
  s.inputs_until = block_floor(at);
  attached_now_ = to;
  return true;
}

bool Schedule::carry_out(const link::Order& order, Frame at, std::size_t source) noexcept CHRONUS_REALTIME {
  switch (order.kind) {
  case link::OrderKind::op:
    if (order.revision > revision_) {
      if (waiting_.full()) return false;
      waiting_.push(order);
      return true;
    }
    push_to_all({.kind = link::TaskKind::op, .frame = at, .op = order.op});
    if (order.op.kind == link::OpKind::gate && order.op.value > 0) unmute(at);
    return true;
  case link::OrderKind::panic:
    gestures_.levels.push({at, panic_frames_, 0, false});
    forget_at_ = at + panic_frames_;
    muted_ = true;
    waiting_.clear();
    for (std::size_t i = 0; i < link_.orders.size(); ++i)
      while (i != source && link_.orders[i]->read_available() && link_.orders[i]->front().kind == link::OrderKind::op &&
             link_.orders[i]->front().sequence < order.sequence)
        link_.orders[i]->pop();
    return true;
  case link::OrderKind::record_start: gestures_.taps.push({at, order.tap}); return true;
  case link::OrderKind::record_stop: gestures_.taps.push({at, nullptr}); return true;
  case link::OrderKind::fault: {
    const int spare = follower_for(at), to = order.slot == link::live_slot ? live_ : order.slot == link::spare_slot ? spare : order.slot;
    if (to >= 0 && to < link_.slots && follows(to))
      rings(to).tasks.push({.kind = link::TaskKind::fault, .fault = order.fault, .frame = at, .microseconds = order.microseconds});
    return true;
  }
  case link::OrderKind::fade_out: gestures_.levels.push({at, order.frames, 0, true}); return true;
  }
  return true;
}

/// After a panic the outputs stay shut until something is played again.
void Schedule::unmute(Frame at) noexcept CHRONUS_REALTIME {
  if (!muted_ || gestures_.levels.full()) return;
  muted_ = false;
  gestures_.levels.push({std::max(at, forget_at_ == never ? at : forget_at_), unmute_frames_, 1, false});
}

/// Whether every slot that follows can take what one act may push. In a storm all wait; one that hangs holds nobody up.
bool Schedule::room(bool may_wait) noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.slots; ++i) {
    if (!follows(i) || rings(i).tasks.write_available() >= waiting_.size() + 4) continue;
    const bool hangs = !may_wait && rings(i).progress.rendered.get() < playhead_;
    if (!hangs || (i == live_ && follower_for(horizon_) < 0)) return false;
    dismiss(i);
  }
  return true;
}

void Schedule::push_to_all(const link::Task& task) noexcept CHRONUS_REALTIME {
  if (task.kind == link::TaskKind::op) ++ops_;
  for (int i = 0; i < link_.slots; ++i)
    if (follows(i)) rings(i).tasks.push(task);
}

} // namespace chronus::rt
