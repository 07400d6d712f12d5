// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. Decides what happens when: merges the sources of orders by frame, lets commits in at their swap frame,
// tells the workers, and only then grants them the frames.
#pragma once
#include "slots.hpp"
#include "waiting_ops.hpp"

namespace chronus::rt {

class Schedule {
public:
  /// Control thread. All slots follow from the first frame where `spare` is on, else only slot 0 plays.
  Schedule(link::Link& link, double rate, Frame lead, bool spare);

  /// A swap, or the next sound at all, waits for a plan that control makes: one who keeps control waiting would wait for ever.
  bool needs_control() const noexcept CHRONUS_REALTIME { return slots_.asked() && (gestures_.all_lost || held_back_); }

  /// Decides everything up to `lead` after `playhead`, as far as the sources have issued, and grants it. `may_wait`: a swap
  /// whose slot is not in sync holds the horizon back (offline); otherwise it moves to a later frame.
  void grant(Frame playhead, bool may_wait) noexcept CHRONUS_REALTIME;

  /// What was to be played before this frame and is not there will not come any more: every slot had been lost.
  Frame begun_anew() const noexcept CHRONUS_REALTIME { return slots_.begun_anew(); }

  Inputs& inputs() noexcept CHRONUS_REALTIME { return inputs_; }
  void raise_lead(Frame lead) noexcept CHRONUS_REALTIME;
  Frame lead() const noexcept CHRONUS_REALTIME { return lead_; }
  Frame horizon() const noexcept CHRONUS_REALTIME { return horizon_; }
  /// How many ops it has passed on.
  std::uint64_t ops() const noexcept CHRONUS_REALTIME { return ops_; }
  Gestures& gestures() noexcept CHRONUS_REALTIME { return gestures_; }

private:
  struct Key {
    Frame frame = never;
    std::uint64_t sequence = 0;
    bool operator<(const Key& o) const noexcept { return frame != o.frame ? frame < o.frame : sequence < o.sequence; }
  };
  enum class Act : std::uint8_t { none, retire, attach, forget, cut, order };

  void receive_commits() noexcept CHRONUS_REALTIME;
  Act next(Key until, Key& key, std::size_t& source, bool orders) noexcept CHRONUS_REALTIME;
  bool perform(Act act, Key key, std::size_t source, Frame until, bool may_wait) noexcept CHRONUS_REALTIME;
  /// The first frame at which anything can still be decided: slots take their tasks in order, so none may come behind a later one.
  Frame earliest() const noexcept CHRONUS_REALTIME;
  Frame swap_frame() const noexcept CHRONUS_REALTIME;
  bool begins_anew() const noexcept CHRONUS_REALTIME;
  void slip(Frame until) noexcept CHRONUS_REALTIME;
  render::Plan** plan_to_attach() noexcept CHRONUS_REALTIME;
  render::Plan** left_over() noexcept CHRONUS_REALTIME;
  bool cut(Frame at, Frame until, bool may_wait) noexcept CHRONUS_REALTIME;
  bool hold(bool may_wait) noexcept CHRONUS_REALTIME;
  void attach(Frame at) noexcept CHRONUS_REALTIME;
  void pass_on(const link::Op& op, Frame at) noexcept CHRONUS_REALTIME;
  bool carry_out(const link::Order& order, Frame at, std::size_t source, bool may_wait) noexcept CHRONUS_REALTIME;
  bool is_purged(const link::Order& order, std::size_t source) const noexcept CHRONUS_REALTIME;
  bool room(bool may_wait, bool order) noexcept CHRONUS_REALTIME;
  void unmute(Frame at, Frame fade) noexcept CHRONUS_REALTIME;

  link::Link& link_;
  const Frame panic_frames_, unmute_frames_;
  const bool spare_;
  Frame lead_, horizon_;
  Frame told_until_ = 0; ///< the frame of the latest task that slots have been told; it may lie beyond a horizon that was held back
  Frame granted_at_;                   ///< the playhead at the last grant
  Frame fault_end_ = 0;                ///< offline: up to here it is awaited what the last fault brings about
  bool held_back_ = false;             ///< a swap waits for a slot
  FixedQueue<link::Commit*, 256> commits_;
  link::Commit* current_ = nullptr;    ///< the newest that was cut in; holds the copies for the slots that will follow it
  std::uint64_t revision_, ops_ = 0;
  Frame swap_end_ = 0;                 ///< of the last fade
  bool swapped_ = false;
  Frame not_before_ = 0;               ///< of a swap that has slipped
  std::uint64_t slipped_ = 0;          ///< its revision
  Frame attach_at_ = 0, forget_at_ = never;
  std::array<std::uint64_t, link::Link::sources> purged_{}; ///< by a panic: a source's gates that were issued before this one
  bool muted_;
  WaitingOps waiting_;
  Gestures gestures_;
  Slots slots_;
  Inputs inputs_;
};

} // namespace chronus::rt
