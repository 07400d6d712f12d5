// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. See slots.hpp.
#include "slots.hpp"
#include <algorithm>
#include <utility>

namespace chronus::rt {

Slots::Slots(link::Link& link, Gestures& gestures, double rate, bool spare)
    : link_(link), gestures_(gestures), longest_lag_(static_cast<Frame>(rate)), spare_(spare) {
  gestures_.since.fill(never);
  for (int i = 0; i < (spare ? link.slots : 1); ++i) slot(i).from = slot(i).inputs_until = since(i) = link.begin;
}

void Slots::look_after(Frame playhead, bool may_wait) noexcept CHRONUS_REALTIME {
  playhead_ = playhead;
  ready_at_once_ = -1;
  for (; !gestures_.lapses.empty(); gestures_.lapses.pop()) {
    const Lapse& l = gestures_.lapses.front();
    if (l.epoch == epoch_ && follows(l.to)) live_ = l.to;
    // One that was only late catches up, and was right all the time.
    if (l.tainted && follows(l.from)) dismiss(l.from);
  }
  for (int i = 0; i < link_.count(); ++i) look_after(i, may_wait);
}

void Slots::look_after(int i, bool may_wait) noexcept CHRONUS_REALTIME {
  Slot& s = slot(i);
  s.retired_now = false;
  const link::Progress& p = rings(i).progress;
  const std::uint32_t failures = p.failures.get();
  if (!s.lost && failures != s.failures) dismiss(i); // one that has just retired, too
  s.failures = failures;
  if (!has_begun(i) && is_given(i)) s.given_at = std::min(s.given_at, playhead_);
  if (follows(i) && !may_wait && hangs(i)) dismiss(i);
  // A fault that live has not is the slot's own: whatever it plays later, it is not what it should be. Live must have been there,
  // with the same plan.
  const Frame fault = p.tainted_until.get();
  const link::Progress& live = rings(live_).progress;
  if (follows(i) && i != live_ && i != retiring_ && fault > std::max(s.from, slot(live_).from) && live.rendered.get() >= fault && live.tainted_until.get() < fault) dismiss(i);
  if (s.to_dismiss && playhead_ >= s.from) dismiss(i);
  if (s.lost && !s.to_dismiss && p.dismissal.get() == s.dismissal) s.lost = false;
}

/// It has rendered nothing for a second, or does not take the plan that has been given to it.
bool Slots::hangs(int i) const noexcept CHRONUS_REALTIME {
  if (has_begun(i)) return rings(i).progress.rendered.get() + longest_lag_ < playhead_;
  return slot(i).given_at != never && slot(i).given_at + longest_lag_ < playhead_;
}

bool Slots::has_begun(int i) const noexcept CHRONUS_REALTIME {
  return static_cast<std::int32_t>(rings(i).progress.generation.get() - slot(i).attached) >= 0;
}

/// It has the plan with which it begins, or will find it when it comes so far.
bool Slots::is_given(int i) const noexcept CHRONUS_REALTIME {
  return static_cast<std::int32_t>(rings(i).progress.given.get() - slot(i).attached) >= 0;
}

/// The slot gets nothing more.
void Slots::give_up(int i) noexcept CHRONUS_REALTIME {
  slot(i).lost = true;
  since(i) = never;
}

/// And does nothing more; what it has rendered may still be played.
void Slots::dismiss(int i) noexcept CHRONUS_REALTIME {
  give_up(i);
  slot(i).to_dismiss = false;
  rings(i).dismissal.set(++slot(i).dismissal);
  rings(i).wake.post();
  if (i == retiring_) {
    retiring_ = -1;
    retire_at_ = never;
  }
  for (int j = 0; j < link_.count(); ++j) // what it was about to give does not come any more
    if (follows(j) && slot(j).giver == i && !is_given(j)) {
      give_up(j); // it may have blocks to render yet from before
      slot(j).to_dismiss = true;
    }
  if (i == live_) find_heir(i);
}

/// Who is live instead of the slot that was.
void Slots::find_heir(int i) noexcept CHRONUS_REALTIME {
  gestures_.all_lost = true;
  gestures_.heir[static_cast<std::size_t>(i)] = -1;
  for (int j = 0; j < link_.count() && gestures_.all_lost; ++j)
    if (follows(j) && j != retiring_) {
      live_ = j;
      gestures_.all_lost = false;
      gestures_.heir[static_cast<std::size_t>(i)] = j;
    }
  if (!gestures_.all_lost) return;
  stale_ = supply_.plan;
  answer_stale_ = asked_;
}

bool Slots::are_at(Frame frame) const noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.count(); ++i) {
    const link::Progress& p = rings(i).progress;
    const Slot& s = slots_[static_cast<std::size_t>(i)];
    if (!follows(i) || !has_begun(i) || i == retiring_ || s.from >= frame) continue;
    if (p.rendered.get() < frame && p.failures.get() == s.failures) return false;
  }
  return true;
}

bool Slots::tainted_at(Frame frame) const noexcept CHRONUS_REALTIME {
  bool tainted = false;
  for (int i = 0; i < link_.count(); ++i) tainted = tainted || (follows(i) && rings(i).progress.tainted_until.get() >= frame);
  return tainted;
}

bool Slots::all_have_begun() const noexcept CHRONUS_REALTIME {
  bool all = true;
  for (int i = 0; i < link_.count(); ++i) all = all && (!follows(i) || has_begun(i));
  return all;
}

bool Slots::incomplete() const noexcept CHRONUS_REALTIME {
  int whole = 0;
  for (int i = 0; i < link_.count(); ++i) whole += !slot(i).lost;
  return asked_ || supply_.plan || whole < link_.slots;
}

bool Slots::awaits_worker() const noexcept CHRONUS_REALTIME {
  bool awaits = false;
  for (int i = 0; i < link_.count(); ++i) awaits = awaits || (slot(i).lost && !slot(i).to_dismiss);
  return awaits;
}

int Slots::idle() const noexcept CHRONUS_REALTIME {
  int following = 0, idle = -1;
  for (int i = 0; i < link_.count(); ++i) {
    if (follows(i)) ++following;
    else if (idle < 0 && !slot(i).lost && i != retiring_) idle = i;
  }
  return following < link_.slots ? idle : -1;
}

int Slots::spare() const noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.count(); ++i)
    if (i != live_ && i != retiring_ && follows(i)) return i;
  return -1;
}

int Slots::follower_for(Frame swap, bool may_wait) const noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.count(); ++i) {
    // Where nobody listens it is the same slot on every machine.
    if (i == live_ || i == retiring_ || !follows(i) || (may_wait && i != spare())) continue;
    const link::Progress& p = rings(i).progress;
    if (p.generation.get() == slot(i).generation && p.rendered.get() >= playhead_) return i;
    // With periods above `settle`, one grant holds both the attaching and the swap: there is a whole period for it.
    if (i == ready_at_once_ && swap + block_frames >= slot(i).from + settle) return i;
  }
  return -1;
}

render::Plan** Slots::supply(std::uint64_t revision) noexcept CHRONUS_REALTIME {
  return supply_.plan && !stale_ && supply_.revision == revision ? &supply_.plan : nullptr;
}

void Slots::receive_supplies(std::uint64_t revision, Frame horizon, bool left_over, bool swap_waits) noexcept CHRONUS_REALTIME {
  link::Supply s;
  while (link_.events.write_available() > 2 && link_.supplies.pop(s)) {
    asked_ = false;
    const bool stale = std::exchange(answer_stale_, false);
    if (!s.plan) {
      denied_ = s.revision;
      continue;
    }
    const bool of_use = !supply_.plan && s.revision == revision && !stale;
    if (of_use) supply_ = s;
    else link_.events.push({.kind = link::EventKind::returned, .plan = s.plan});
  }
  if (supply_.plan && (stale_ || supply_.revision != revision) && link_.events.write_available() > 2) {
    link_.events.push({.kind = link::EventKind::returned, .plan = supply_.plan});
    supply_.plan = nullptr;
    stale_ = false;
  }
  const bool wanted = (spare_ || gestures_.all_lost || (swap_waits && alone())) && idle() >= 0 && !left_over && !supply_.plan;
  if (!wanted || asked_ || denied_ == revision || link_.events.write_available() <= 2) return;
  asked_ = link_.events.push({.kind = link::EventKind::wants, .frame = horizon, .revision = revision});
}

/// Nobody but live follows.
bool Slots::alone() const noexcept CHRONUS_REALTIME {
  bool one = true;
  for (int i = 0; i < link_.count(); ++i) one = one && (i == live_ || !follows(i));
  return one;
}

void Slots::attach(Frame at, render::Plan*& plan, bool light) noexcept CHRONUS_REALTIME {
  const int to = idle();
  Slot& s = slot(to);
  const std::uint32_t generation = s.attached = ++s.generation;
  const bool anew = gestures_.all_lost;
  s.giver = anew ? -1 : live_;
  s.given_at = never;
  if (!anew)
    rings(live_).tasks.push(
        {.kind = link::TaskKind::give, .other = static_cast<std::uint8_t>(to), .generation = generation, .epoch = epoch_, .frame = at, .plan = plan});
  rings(to).tasks.push({.kind = link::TaskKind::attach, .generation = generation, .epoch = epoch_, .frame = at, .plan = anew ? plan : nullptr});
  if (anew) {
    live_ = to;
    begun_anew_ = at;
    gestures_.all_lost = false;
  }
  rings(live_).wake.post();
  plan = nullptr;
  s.from = since(to) = at;
  s.inputs_until = block_floor(at);
  if (light) ready_at_once_ = to;
}

void Slots::cut(int to, Frame at, link::Commit& commit, Frame fade) noexcept CHRONUS_REALTIME {
  ++epoch_;
  for (int i = 0; i < link_.count(); ++i) {
    if (i == live_ || !follows(i)) continue;
    render::Plan** plan = std::find_if(std::begin(commit.plans), std::end(commit.plans), [](auto* p) { return p != nullptr; });
    if (plan == std::end(commit.plans)) break;
    rings(i).tasks.push({.kind = link::TaskKind::cut, .generation = ++slot(i).generation, .epoch = epoch_, .frame = at, .plan = *plan});
    *plan = nullptr;
  }
  retiring_ = live_;
  retire_at_ = at + fade;
  live_ = to;
}

void Slots::retire() noexcept CHRONUS_REALTIME {
  tell(retiring_, {.kind = link::TaskKind::retire, .frame = retire_at_, .plan = nullptr});
  since(retiring_) = never;
  slot(retiring_).retired_now = true;
  retire_at_ = never;
  retiring_ = -1;
}

bool Slots::room(std::size_t tasks, Frame horizon, bool may_wait) noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.count(); ++i) {
    if (!follows(i) || rings(i).tasks.write_available() >= tasks) continue;
    const bool hangs = !may_wait && rings(i).progress.rendered.get() < playhead_;
    if (!hangs || (i == live_ && follower_for(horizon, false) < 0)) return false;
    dismiss(i);
  }
  return true;
}

void Slots::tell_all(const link::Task& task) noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.count(); ++i) tell(i, task);
}

void Slots::tell(int i, const link::Task& task) noexcept CHRONUS_REALTIME {
  if (i >= 0 && i < link_.count() && follows(i)) rings(i).tasks.push(task);
}

void Slots::pass_on(const Inputs& inputs, Frame until, Frame delay) noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.count(); ++i)
    if (follows(i)) inputs.push(rings(i).inputs, slot(i).inputs_until, until, delay);
}

void Slots::wake() noexcept CHRONUS_REALTIME {
  for (int i = 0; i < link_.count(); ++i)
    if (follows(i) || slot(i).retired_now) rings(i).wake.post();
}

} // namespace chronus::rt
