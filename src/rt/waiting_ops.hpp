// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. Ops on modules that only a pending commit has, until its swap.
#pragma once
#include "../link/messages.hpp"
#include "fixed_queue.hpp"
#include <array>

namespace chronus::rt {

class WaitingOps {
public:
  static constexpr std::size_t capacity = 8192, in_real_time = 1024; ///< the callback passes all of them on at once
  static_assert(capacity > link::most_waiting_ops, "one a target finds room, once what is void is forgotten");

  bool empty() const noexcept CHRONUS_REALTIME { return queue_.empty(); }
  bool full() const noexcept CHRONUS_REALTIME { return queue_.full(); }
  std::size_t size() const noexcept CHRONUS_REALTIME { return queue_.size(); }
  const link::Order& front() const noexcept CHRONUS_REALTIME { return queue_.front(); }
  void push(const link::Order& order) noexcept CHRONUS_REALTIME { queue_.push(order); }
  void pop() noexcept CHRONUS_REALTIME { queue_.pop(); }
  /// For a panic: what was set stays set.
  void forget_gates() noexcept CHRONUS_REALTIME {
    for (std::size_t n = queue_.size(); n > 0; --n) { // once round
      const link::Order order = queue_.front();
      queue_.pop();
      if (order.op.kind != link::OpKind::gate) queue_.push(order);
    }
  }

  /// All are done at one frame: what a later word for the same target makes void goes. Takes as long as some hundred pushes.
  void forget_void() noexcept CHRONUS_REALTIME {
    places_.fill(nobody);
    std::size_t kept = queue_.size();
    for (std::size_t i = queue_.size(); i-- > 0;) {
      const link::Order order = queue_[i];
      link::Order all = order;
      all.op.lane = link::all_lanes;
      if (*place(order) != nobody || *place(all) != nobody) continue;
      queue_[--kept] = order;
      *place(order) = static_cast<std::uint16_t>(kept);
    }
    for (; kept > 0; --kept) queue_.pop(); // in their places are others
  }

private:
  static constexpr std::uint16_t nobody = 0xffff;
  static bool same_target(const link::Order& a, const link::Order& b) noexcept CHRONUS_REALTIME {
    return a.revision == b.revision && a.op.module == b.op.module && a.op.kind == b.op.kind && a.op.param == b.op.param && a.op.lane == b.op.lane;
  }
  /// Where the order of this target is noted, or is to be.
  std::uint16_t* place(const link::Order& o) noexcept CHRONUS_REALTIME {
    std::uint64_t h = (o.revision * 31 + o.op.module) * 0x9e3779b97f4a7c15u + (static_cast<std::uint64_t>(o.op.param) << 17 | static_cast<std::uint64_t>(o.op.lane) << 1 | (o.op.kind == link::OpKind::gate));
    h *= 0xbf58476d1ce4e5b9u;
    for (std::size_t at = h >> 40;; ++at) {
      std::uint16_t& p = places_[at % places_.size()];
      if (p == nobody || same_target(queue_[p], o)) return &p;
    }
  }

  FixedQueue<link::Order, capacity> queue_;
  std::array<std::uint16_t, 2 * capacity> places_{};
};

} // namespace chronus::rt
