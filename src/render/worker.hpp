// SPDX-License-Identifier: GPL-3.0-or-later
// A worker's thread: one slot. Takes its tasks in frame order, renders up to the horizon, and pushes blocks; sleeps otherwise.
#pragma once
#include "../link/rings.hpp"
#include "team.hpp"

namespace chronus::render {

class Worker {
public:
  /// Control thread, before the worker's. `plan` (may be null: idle) plays from the first frame and belongs to the worker from now on.
  /// `helpers`: as many threads are to run help().
  Worker(link::Link& link, int slot, Plan* plan, int helpers = 0);

  /// The worker's thread, until link.stop is set. \return false: a fault was ordered, the caller is to throw
  bool run() noexcept;
  /// The worker's thread, when something was thrown: run it again, and it waits until the callback has given the slot up.
  void fail() noexcept;

  /// A helper's thread, until link.stop is set.
  void help(int helper) noexcept { team_.help(static_cast<std::size_t>(helper)); }
  /// Control thread, when link.stop is set.
  void wake_helpers() noexcept { team_.wake_all(); }

  /// Control thread, once the worker's has ended: the plans it still holds.
  std::vector<Plan*> remains();

private:
  /// Plans that this worker copies its own into, a slice after each block.
  struct Gift {
    Plan* plan;
    Frame frame;
    std::uint64_t done;
    std::uint32_t generation;
    int to;
  };

  bool round() noexcept CHRONUS_REALTIME;
  bool obey_dismissal() noexcept CHRONUS_REALTIME;
  void make_fault(const link::Task& task) noexcept CHRONUS_REALTIME;
  bool take_task() noexcept CHRONUS_REALTIME;
  void take_over(const link::Handover& h) noexcept CHRONUS_REALTIME;
  bool take_handover() noexcept CHRONUS_REALTIME;
  bool render() noexcept CHRONUS_REALTIME;
  int blocks_at_once(Frame limit) noexcept CHRONUS_REALTIME;
  bool claim_block() noexcept CHRONUS_REALTIME;
  void finish_segment(int frames) noexcept CHRONUS_REALTIME;
  bool give_on() noexcept CHRONUS_REALTIME;
  void keep_block() noexcept CHRONUS_REALTIME;
  void publish() noexcept CHRONUS_REALTIME;
  void announce() noexcept CHRONUS_REALTIME;
  void load_inputs() noexcept CHRONUS_REALTIME;
  void retire(Plan* plan) noexcept CHRONUS_REALTIME;
  bool return_plans() noexcept CHRONUS_REALTIME;

  link::Link& link_;
  link::SlotRings& rings_;
  const int slot_;
  Team team_;
  Plan* plan_;
  Frame position_; ///< the next frame to render
  std::uint32_t generation_ = 0, epoch_ = 0;
  std::uint32_t expected_ = 0; ///< the generation of the plan that is on its way
  std::int64_t clock_ = 0; ///< in ns, when it last rendered; 0: it has done something else since, or slept
  float* cell_ = nullptr; ///< of the block that is being filled
  Frame before_ = 0;      ///< frames of it before the slot was there
  /// A driver that waits is told of so many blocks at once, or of what there is when the worker goes to sleep.
  const std::size_t announce_every_;
  std::size_t unannounced_ = 0;
  bool tainted_ = false;  ///< the block that is being filled
  std::size_t kept_ = 0;  ///< blocks that are whole, and not published yet; the end of the last, and of the last with a fault in it:
  Frame kept_until_ = 0, tainted_until_ = 0;
  bool throwing_ = false; ///< a fault, for tests: the next round throws
  bool failed_ = false;   ///< has thrown, and does nothing more with its plan
  std::uint32_t dismissal_ = 0;
  bool expecting_ = false; ///< attached: a plan is on its way from another worker
  Gift gifts_[link::max_slots];
  int gift_count_ = 0;
  static constexpr int retired_capacity = 16;
  Plan* retired_[retired_capacity]; ///< on their way to control, while its ring is full
  int retired_count_ = 0;
};

} // namespace chronus::render
