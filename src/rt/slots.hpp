// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. Which slots follow: what they are told, which of them is live, which retires, and what becomes of one that
// fails.
#pragma once
#include "gestures.hpp"
#include "inputs.hpp"

namespace chronus::rt {

class Slots {
public:
  /// Control thread. All follow from the first frame where `spare` is on, else only slot 0 plays.
  Slots(link::Link& link, Gestures& gestures, double rate, bool spare);

  /// First in each grant: slots that have failed, in whatever way, are given up; those whose workers have confirmed it may follow
  /// again. `may_wait`: a slot that is late is waited for.
  void look_after(Frame playhead, bool may_wait) noexcept CHRONUS_REALTIME;
  /// Takes the plans that control made for slots that were lost. Where one is missing, and `left_over` (from commits) there is
  /// none either, asks for one. `swap_waits`: there must be a follower, with the spare off too.
  void receive_supplies(std::uint64_t revision, Frame horizon, bool left_over, bool swap_waits) noexcept CHRONUS_REALTIME;

  /// At the horizon; the player's is that of the playhead.
  int live() const noexcept CHRONUS_REALTIME { return live_; }
  /// Swaps so far.
  std::uint32_t epoch() const noexcept CHRONUS_REALTIME { return epoch_; }
  /// A plan was asked of control, which has not answered.
  bool asked() const noexcept CHRONUS_REALTIME { return asked_; }
  /// Each that follows, has begun and stays has rendered all before `frame`, or has failed.
  bool are_at(Frame frame) const noexcept CHRONUS_REALTIME;
  /// A plan was asked of control, or is there.
  bool expects_supply() const noexcept CHRONUS_REALTIME { return asked_ || supply_.plan; }
  /// The last block before `frame` of one that follows has a fault in it.
  bool tainted_at(Frame frame) const noexcept CHRONUS_REALTIME;
  /// Each that follows has the plan with which it begins.
  bool all_have_begun() const noexcept CHRONUS_REALTIME;
  /// A slot that was lost is to follow again.
  bool incomplete() const noexcept CHRONUS_REALTIME;
  /// A worker has not confirmed yet that its slot was dismissed.
  bool awaits_worker() const noexcept CHRONUS_REALTIME;
  /// Where a slot began by itself, for all had been lost.
  Frame begun_anew() const noexcept CHRONUS_REALTIME { return begun_anew_; }

  /// A slot that could follow; -1: none.
  int idle() const noexcept CHRONUS_REALTIME;
  /// A slot that plays what live plays and is ready to go on from `swap`; -1: none is.
  /// `may_wait`: it alone that spare() names.
  int follower_for(Frame swap, bool may_wait) const noexcept CHRONUS_REALTIME;
  /// The first that follows; -1: none does.
  int spare() const noexcept CHRONUS_REALTIME;
  /// What control made of `revision` for a slot that was lost; null: nothing.
  render::Plan** supply(std::uint64_t revision) noexcept CHRONUS_REALTIME;

  /// The idle slot follows from `at` on, with this copy of live's plan, which becomes null. `light`: there is so little state in
  /// it that a swap may rely on the slot at once.
  void attach(Frame at, render::Plan*& plan, bool light) noexcept CHRONUS_REALTIME;
  /// Every follower goes over to a plan of `commit`; `to` is live from `at` on, and live until now plays on for `fade` frames.
  void cut(int to, Frame at, link::Commit& commit, Frame fade) noexcept CHRONUS_REALTIME;
  /// When the slot that was live retires; `never`: none does.
  Frame retire_at() const noexcept CHRONUS_REALTIME { return retire_at_; }
  void retire() noexcept CHRONUS_REALTIME;

  /// Whether every slot that follows can take this many tasks. In a storm all wait; one that hangs holds nobody up.
  bool room(std::size_t tasks, Frame horizon, bool may_wait) noexcept CHRONUS_REALTIME;
  void tell_all(const link::Task& task) noexcept CHRONUS_REALTIME;
  /// Nothing where it does not follow.
  void tell(int i, const link::Task& task) noexcept CHRONUS_REALTIME;
  void pass_on(const Inputs& inputs, Frame until, Frame delay) noexcept CHRONUS_REALTIME;
  /// There is something to render.
  void wake() noexcept CHRONUS_REALTIME;

private:
  struct Slot {
    Frame from = 0;        ///< where it began to follow, the last time
    Frame inputs_until = 0;
    std::uint32_t generation = 0;
    std::uint32_t attached = 0;   ///< the generation with which it began to follow
    int giver = -1;               ///< whose plan it then gets; -1: it has begun by itself
    Frame given_at = never;       ///< the playhead when it was seen to have got it, and to have done nothing with it yet
    bool lost = false;            ///< given up; its worker has not confirmed yet
    bool to_dismiss = false;      ///< as soon as all has been played that it had to do before
    bool retired_now = false;     ///< within this grant: its last frames are in it
    std::uint32_t dismissal = 0, failures = 0;
  };

  void look_after(int i, bool may_wait) noexcept CHRONUS_REALTIME;
  void give_up(int i) noexcept CHRONUS_REALTIME;
  void dismiss(int i) noexcept CHRONUS_REALTIME;
  void find_heir(int i) noexcept CHRONUS_REALTIME;
  bool alone() const noexcept CHRONUS_REALTIME;
  bool hangs(int i) const noexcept CHRONUS_REALTIME;
  bool has_begun(int i) const noexcept CHRONUS_REALTIME;
  bool is_given(int i) const noexcept CHRONUS_REALTIME;
  /// It gets ops and grants, as live does.
  bool follows(int i) const noexcept CHRONUS_REALTIME { return gestures_.since[static_cast<std::size_t>(i)] != never; }
  Frame& since(int i) noexcept CHRONUS_REALTIME { return gestures_.since[static_cast<std::size_t>(i)]; }
  Slot& slot(int i) noexcept CHRONUS_REALTIME { return slots_[static_cast<std::size_t>(i)]; }
  const Slot& slot(int i) const noexcept CHRONUS_REALTIME { return slots_[static_cast<std::size_t>(i)]; }
  link::SlotRings& rings(int i) const noexcept CHRONUS_REALTIME { return link_.rings(i); }

  link::Link& link_;
  Gestures& gestures_;
  const Frame longest_lag_;
  const bool spare_;
  Frame playhead_ = 0, begun_anew_ = 0;
  std::array<Slot, link::max_slots> slots_{};
  std::uint32_t epoch_ = 0;
  int live_ = 0;
  Frame retire_at_ = never;
  int retiring_ = -1;
  int ready_at_once_ = -1;             ///< attached in this grant, with a light plan
  link::Supply supply_{};              ///< for a slot that is to follow again; no plan: there is none
  bool asked_ = false;                 ///< for one
  bool stale_ = false, answer_stale_ = false; ///< made, or asked for, before all were lost: it lacks what was set since
  std::uint64_t denied_ = never;       ///< the revision for which there is none
};

} // namespace chronus::rt
