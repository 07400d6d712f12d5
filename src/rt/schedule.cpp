// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. See schedule.hpp.
#include "schedule.hpp"
#include <algorithm>
#include <utility>

namespace chronus::rt {

Schedule::Schedule(link::Link& link, double rate, Frame lead, bool spare)
    : link_(link), panic_frames_(static_cast<Frame>(rate / 100)), unmute_frames_(static_cast<Frame>(rate / 200)), spare_(spare),
      lead_(block_ceil(lead)), horizon_(link.begin), granted_at_(link.begin), revision_(link.counters.revision.get()), muted_(link.counters.muted.get() != 0),
      slots_(link, gestures_, rate, spare), inputs_(link.ins) {}

void Schedule::raise_lead(Frame lead) noexcept CHRONUS_REALTIME { lead_ = std::max(lead_, block_ceil(lead)); }

void Schedule::receive_commits() noexcept CHRONUS_REALTIME {
  link::Commit* c;
  while (!commits_.full() && link_.commits.pop(c)) {
    if (c->at && c->at < horizon_ && commits_.empty()) link_.counters.late.add(1); // else it waits for those before it
    commits_.push(c);
  }
}

Frame Schedule::earliest() const noexcept CHRONUS_REALTIME { return std::max(horizon_, told_until_); }

Frame Schedule::swap_frame() const noexcept CHRONUS_REALTIME {
  return std::max({commits_.front()->at, earliest(), not_before_, swapped_ ? swap_end_ + settle : 0, forget_at_ == never ? 0 : forget_at_});
}

/// A copy of live's plan that nobody plays yet: made for a slot that was lost, or left over.
render::Plan** Schedule::plan_to_attach() noexcept CHRONUS_REALTIME {
  render::Plan** supply = slots_.supply(revision_);
  return supply || gestures_.all_lost ? supply : left_over(); // what is left over has the values of its commit, no later ones
}

/// Nobody plays, and somebody will.
bool Schedule::begins_anew() const noexcept CHRONUS_REALTIME { return gestures_.all_lost && slots_.expects_supply(); }

/// By the last commit; or brought along by the next.
render::Plan** Schedule::left_over() noexcept CHRONUS_REALTIME {
  if (current_)
    for (auto& p : current_->plans)
      if (p) return &p;
  return !commits_.empty() && commits_.front()->base ? &commits_.front()->base : nullptr;
}

Schedule::Act Schedule::next(Key until, Key& key, std::size_t& source, bool orders) noexcept CHRONUS_REALTIME {
  Act act = Act::none;
  key = until;
  auto consider = [&](Key k, Act a) {
    if (k < key) key = k, act = a;
  };
  consider({slots_.retire_at(), 0}, Act::retire);
  if (slots_.idle() >= 0 && plan_to_attach()) consider({std::max(attach_at_, earliest()), 0}, Act::attach);
  consider({forget_at_, 0}, Act::forget);
  if (!commits_.empty()) consider({swap_frame(), commits_.front()->sequence}, Act::cut);
  for (std::size_t i = 0; orders && i < link_.orders.size(); ++i)
    if (link_.orders[i]->read_available()) {
      const link::Order& o = link_.orders[i]->front();
      const bool plays = o.kind == link::OrderKind::op || o.kind == link::OrderKind::panic;
      if (plays && begins_anew()) continue; // the plan may have been made before
      // What comes after a panic comes after it has forgotten everything.
      const bool forgets = o.kind == link::OrderKind::op && forget_at_ != never;
      const Key k{std::max({o.frame, earliest(), forgets ? forget_at_ : 0}), o.sequence};
      if (k < key) key = k, act = Act::order, source = i;
    }
  return act;
}

void Schedule::grant(Frame playhead, bool may_wait) noexcept CHRONUS_REALTIME {
  if (may_wait && fault_end_ && playhead >= fault_end_) {
    if ((held_back_ = !slots_.are_at(fault_end_))) return;
    fault_end_ = slots_.tainted_at(fault_end_) ? fault_end_ + block_frames : 0; // who is clean first is known block by block
  }
  slots_.look_after(playhead, may_wait);
  receive_commits();
  slots_.receive_supplies(revision_, horizon_, !gestures_.all_lost && left_over(), !commits_.empty());
  if ((held_back_ = hold(may_wait))) return;
  Frame until = block_ceil(playhead + lead_);
  if (playhead < fault_end_) until = std::min(until, fault_end_);
  // Where the sources have issued less than that, the horizon stands at their very frame, and what holds at it is passed on:
  // any number of ops of one frame goes through.
  const Frame issued = link_.issued.get();
  bool short_of = issued < until;
  until = std::max(std::min(until, issued), horizon_);
  Key key;
  std::size_t source = 0;
  // In real time no storm of orders holds up the callback, or the sound: what is too much for this cycle waits for the next.
  const Frame played = playhead - std::exchange(granted_at_, playhead);
  auto orders = may_wait ? never : 1024 + 24 * played;
  for (Act act; (act = next({until, short_of ? never : 0}, key, source, orders > 0)) != Act::none;) {
    const bool order = act == Act::order;
    Key before;
    if (act == Act::cut && orders == 0 && next(key, before, source, true) == Act::order) {
      slip(until); // what was told before the commit is done before it
      continue;
    }
    if (!gestures_.full() && room(may_wait, order) && perform(act, key, source, until, may_wait)) {
      orders -= order;
      told_until_ = std::max(told_until_, key.frame);
      if (fault_end_ > key.frame && fault_end_ <= until) until = fault_end_, short_of = false;
    } else if (order && !may_wait) {
      orders = 0;
    } else {
      // What cannot be done now holds the horizon back; but what slots have been told up to there they must be able to reach.
      until = std::max({horizon_, block_floor(key.frame), may_wait ? std::min(told_until_, key.frame) : 0});
      break;
    }
  }
  if (until == horizon_ && !short_of) return;
  slots_.pass_on(inputs_, until, lead_ + block_frames);
  horizon_ = until;
  link_.counters.horizon.set(horizon_);
  slots_.wake();
}

/// Where nobody listens no machine's speed decides whether there is a spare: what was lost is made anew first.
/// \return whether nothing can be granted before that
bool Schedule::hold(bool may_wait) noexcept CHRONUS_REALTIME {
  const bool hold = gestures_.all_lost || (may_wait && spare_ && slots_.incomplete());
  if (!hold) return false;
  if (may_wait && slots_.awaits_worker()) return true; // who is idle first, and when, no machine's speed decides
  if (slots_.idle() < 0 || !plan_to_attach() || !room(may_wait, false)) return may_wait;
  attach(earliest());
  return may_wait && slots_.idle() >= 0; // nor how many are there before the next swap
}

bool Schedule::perform(Act act, Key key, std::size_t source, Frame until, bool may_wait) noexcept CHRONUS_REALTIME {
  switch (act) {
  case Act::retire: slots_.retire(); return true;
  case Act::attach: attach(key.frame); return true;
  case Act::forget:
    slots_.tell_all({.kind = link::TaskKind::panic, .frame = key.frame, .plan = nullptr});
    forget_at_ = never;
    return true;
  case Act::cut: return cut(key.frame, until, may_wait);
  case Act::order: {
    const link::Order order = link_.orders[source]->front();
    if (may_wait && order.kind == link::OrderKind::fault && !slots_.all_have_begun()) return false; // who it is about, no machine's speed decides
    if (order.kind == link::OrderKind::op && order.frame && order.frame < horizon_ && !is_purged(order, source)) link_.counters.late.add(1);
    if (!carry_out(order, key.frame, source, may_wait)) return false;
    // What a fault brings about is known before anything later is decided, another fault too. In real time it comes too late.
    if (may_wait && order.kind == link::OrderKind::fault) fault_end_ = block_floor(key.frame) + block_frames;
    link_.orders[source]->pop();
    return true;
  }
  case Act::none: break;
  }
  return false;
}

/// The next swap moves to `until` at least.
void Schedule::slip(Frame until) noexcept CHRONUS_REALTIME {
  const link::Commit& c = *commits_.front();
  if (c.at && slipped_ != c.revision) link_.counters.slipped.add(1);
  slipped_ = c.revision;
  not_before_ = until;
}

bool Schedule::cut(Frame at, Frame until, bool may_wait) noexcept CHRONUS_REALTIME {
  link::Commit* c = commits_.front();
  const int to = slots_.follower_for(at, may_wait);
  if (to < 0) {
    held_back_ = true;
    if (may_wait) return false;
    slip(until);
    return true;
  }
  if (link_.events.write_available() < 2) return false;
  // After a panic the old patch is not heard again, in a fade neither: the new one comes out of silence.
  const Frame fade = muted_ ? 0 : c->fade;
  slots_.cut(to, at, *c, fade);
  if (current_) link_.events.push({.kind = link::EventKind::done, .frame = at, .commit = current_});
  link_.events.push({.kind = link::EventKind::swap, .frame = at, .commit = c});
  current_ = c;
  commits_.pop();
  swap_end_ = at + c->fade;
  attach_at_ = block_ceil(swap_end_);
  revision_ = c->revision;
  swapped_ = true;
  gestures_.swaps.push({at, at + fade, to, slots_.epoch(), revision_});
  unmute(at, c->fade);
  for (std::size_t n = waiting_.size(); n > 0; --n) { // once round: what waits for a later revision keeps its place
    link::Order order = waiting_.front();
    waiting_.pop();
    if (order.revision > revision_) {
      waiting_.push(order);
      continue;
    }
    order.op.immediate = true;
    pass_on(order.op, at);
  }
  return true;
}

void Schedule::attach(Frame at) noexcept CHRONUS_REALTIME {
  slots_.attach(at, *plan_to_attach(), current_ && current_->history_floats < 1u << 20);
}

void Schedule::pass_on(const link::Op& op, Frame at) noexcept CHRONUS_REALTIME {
  ++ops_;
  slots_.tell_all({.kind = link::TaskKind::op, .frame = at, .op = op});
}

bool Schedule::carry_out(const link::Order& order, Frame at, std::size_t source, bool may_wait) noexcept CHRONUS_REALTIME {
  switch (order.kind) {
  case link::OrderKind::op:
    if (is_purged(order, source)) return true;
    if (order.revision > revision_) {
      if (may_wait && waiting_.full()) waiting_.forget_void();
      if (waiting_.size() >= (may_wait ? WaitingOps::capacity : WaitingOps::in_real_time)) return false;
      waiting_.push(order);
      return true;
    }
    pass_on(order.op, at);
    if (order.op.kind == link::OpKind::gate && order.op.value > 0) unmute(at, 0);
    return true;
  case link::OrderKind::panic:
    gestures_.levels.push({at, panic_frames_, 0, false});
    forget_at_ = at + panic_frames_;
    muted_ = true;
    link_.counters.muted.set(1);
    waiting_.forget_gates();
    for (std::size_t i = 0; i < link_.orders.size(); ++i)
      if (i != source) purged_[i] = order.sequence;
    return true;
  case link::OrderKind::record_start: gestures_.taps.push({at, order.tap}); return true;
  case link::OrderKind::record_stop: gestures_.taps.push({at, nullptr}); return true;
  case link::OrderKind::fault: {
    const int spare = may_wait ? slots_.spare() : slots_.follower_for(at, false);
    const int to = order.slot == link::live_slot ? slots_.live() : order.slot == link::spare_slot ? spare : order.slot;
    slots_.tell(to, {.kind = link::TaskKind::fault, .fault = order.fault, .frame = at, .microseconds = order.microseconds});
    return true;
  }
  case link::OrderKind::fade_out: gestures_.levels.push({at, order.frames, 0, true}); return true;
  }
  return true;
}

/// A gate that was asked for before a panic. What was set stays set.
bool Schedule::is_purged(const link::Order& order, std::size_t source) const noexcept CHRONUS_REALTIME {
  return order.op.kind == link::OpKind::gate && order.sequence < purged_[source];
}

/// After a panic the outputs stay shut until something is played again.
void Schedule::unmute(Frame at, Frame fade) noexcept CHRONUS_REALTIME {
  if (!muted_ || gestures_.levels.full()) return;
  muted_ = false;
  link_.counters.muted.set(0);
  gestures_.levels.push({std::max(at, forget_at_ == never ? at : forget_at_), std::max(unmute_frames_, fade), 1, false});
}

/// For all that one act may tell. Orders leave some for the others, which cannot wait.
bool Schedule::room(bool may_wait, bool order) noexcept CHRONUS_REALTIME {
  return slots_.room(waiting_.size() + 4 + (order ? 64 : 0), horizon_, may_wait);
}

} // namespace chronus::rt
