// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. Decides what happens when: merges the sources of orders by frame, lets commits in at their swap frame,
// tells the workers, and only then grants them the frames.
#pragma once
#include "gestures.hpp"
#include "inputs.hpp"

namespace chronus::rt {

/// Between the end of one fade and the next swap, so that the slot which was faded out can follow again. Offline too: dense
/// commits queue up alike everywhere.
inline constexpr Frame settle = 1024;

class Schedule {
public:
  /// Control thread. All slots follow from frame 0 where `spare` is on, else only slot 0 plays.
  Schedule(link::Link& link, double rate, Frame lead, bool spare);

  /// A swap, or the next sound at all, waits for a plan that control makes: one who keeps control waiting would wait for ever.
  bool needs_control() const noexcept CHRONUS_REALTIME { return asked_ && (gestures_.all_lost || held_back_); }

  /// Decides everything up to `lead` after `playhead`, as far as the sources have issued, and grants it. `may_wait`: a swap
  /// whose slot is not in sync holds the horizon back (offline); otherwise it moves to a later frame.
  void grant(Frame playhead, bool may_wait) noexcept CHRONUS_REALTIME;

  /// What was to be played before this frame and is not there will not come any more: every slot had been lost.
  Frame begun_anew() const noexcept CHRONUS_REALTIME { return begun_anew_; }

  Inputs& inputs() noexcept CHRONUS_REALTIME { return inputs_; }
  void raise_lead(Frame lead) noexcept CHRONUS_REALTIME;
  Frame lead() const noexcept CHRONUS_REALTIME { return lead_; }
  Frame horizon() const noexcept CHRONUS_REALTIME { return horizon_; }
  /// How many ops it has passed on.
  std::uint64_t ops() const noexcept CHRONUS_REALTIME { return ops_; }
  Gestures& gestures() noexcept CHRONUS_REALTIME { return gestures_; }

private:
  struct Slot {
    Frame from = 0;        ///< where it began to follow, the last time
    Frame inputs_until = 0;
    std::uint32_t generation = 0;
    std::uint32_t attached = 0;   ///< the generation with which it began to follow
    int giver = -1;               ///< whose plan it then gets; -1: it has begun by itself
    bool lost = false;            ///< given up; its worker has not confirmed yet
    bool to_dismiss = false;      ///< as soon as all has been played that it had to do before
    std::uint32_t dismissal = 0, failures = 0;
  };
  struct Key {
    Frame frame = never;
    std::uint64_t sequence = 0;
    bool operator<(const Key& o) const noexcept { return frame != o.frame ? frame < o.frame : sequence < o.sequence; }
  };
  enum class Act : std::uint8_t { none, retire, attach, forget, cut, order };

  void look_after_slots(bool may_wait) noexcept CHRONUS_REALTIME;
  void give_up(int i) noexcept CHRONUS_REALTIME;
  void dismiss(int i) noexcept CHRONUS_REALTIME;
  bool has_begun(int i) const noexcept CHRONUS_REALTIME;
  bool is_given(int i) const noexcept CHRONUS_REALTIME;
  void receive_supplies() noexcept CHRONUS_REALTIME;
  void receive_commits() noexcept CHRONUS_REALTIME;
  Act next(Key until, Key& key, std::size_t& source) noexcept CHRONUS_REALTIME;
  bool perform(Act act, Key key, std::size_t source, Frame until, bool may_wait) noexcept CHRONUS_REALTIME;
  Frame swap_frame() const noexcept CHRONUS_REALTIME;
  int follower_for(Frame swap) const noexcept CHRONUS_REALTIME;
  int idle_slot() const noexcept CHRONUS_REALTIME;
  render::Plan** plan_to_attach() noexcept CHRONUS_REALTIME;
  bool cut(Frame at, Frame until, bool may_wait) noexcept CHRONUS_REALTIME;
  bool attach(Frame at) noexcept CHRONUS_REALTIME;
  bool carry_out(const link::Order& order, Frame at, std::size_t source) noexcept CHRONUS_REALTIME;
  bool room(bool may_wait) noexcept CHRONUS_REALTIME;
  void push_to_all(const link::Task& task) noexcept CHRONUS_REALTIME;
  void unmute(Frame at) noexcept CHRONUS_REALTIME;
  /// It gets ops and grants, as live does.
  bool follows(int i) const noexcept CHRONUS_REALTIME { return gestures_.since[static_cast<std::size_t>(i)] != never; }
  Frame& since(int i) noexcept CHRONUS_REALTIME { return gestures_.since[static_cast<std::size_t>(i)]; }
  Slot& slot(int i) noexcept CHRONUS_REALTIME { return slots_[static_cast<std::size_t>(i)]; }
  link::SlotRings& rings(int i) const noexcept CHRONUS_REALTIME { return *link_.slot[static_cast<std::size_t>(i)]; }

  link::Link& link_;
  const Frame panic_frames_, unmute_frames_, longest_lag_;
  const bool spare_;
  Frame lead_, horizon_ = 0, playhead_ = 0;
  std::array<Slot, link::max_slots> slots_{};
  Frame begun_anew_ = 0;
  bool held_back_ = false;             ///< a swap waits for a slot
  link::Supply supply_{};              ///< for a slot that is to follow again; no plan: there is none
  bool asked_ = false;                 ///< for one
  std::uint64_t denied_ = never;       ///< the revision for which there is none
  std::uint32_t epoch_ = 0;            ///< swaps so far
  int live_ = 0;                       ///< at the horizon; the player's is that of the playhead
  FixedQueue<link::Commit*, 256> commits_;
  link::Commit* current_ = nullptr;    ///< the newest that was cut in; holds the copies for the slots that will follow it
  std::uint64_t revision_ = 0, ops_ = 0;
  Frame swap_end_ = 0;                 ///< of the last fade
  bool swapped_ = false;
  Frame not_before_ = 0;               ///< of a swap that has slipped
  std::uint64_t slipped_ = 0;          ///< its revision
  Frame retire_at_ = never, attach_at_ = 0, forget_at_ = never;
  int retiring_ = -1, attached_now_ = -1;
  std::array<bool, link::max_slots> last_of_{}; ///< slots that retire within this grant: their last frames are in it
  bool muted_ = false;
  FixedQueue<link::Order, 1024> waiting_; ///< ops on modules that only a pending commit has
  Gestures gestures_;
  Inputs inputs_;
};

} // namespace chronus::rt
