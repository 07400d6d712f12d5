// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. A first-in first-out queue in a fixed array.
#pragma once
#include <array>
#include <chronus/realtime.hpp>
#include <cstddef>

namespace chronus::rt {

template <class T, std::size_t Capacity> class FixedQueue {
public:
  bool empty() const noexcept CHRONUS_REALTIME { return size_ == 0; }
  bool full() const noexcept CHRONUS_REALTIME { return size_ == Capacity; }
  std::size_t size() const noexcept CHRONUS_REALTIME { return size_; }
  /// Not when empty.
  T& front() noexcept CHRONUS_REALTIME { return items_[first_]; }
  const T& front() const noexcept CHRONUS_REALTIME { return items_[first_]; }
  /// The oldest is 0.
  T& operator[](std::size_t i) noexcept CHRONUS_REALTIME { return items_[(first_ + i) % Capacity]; }
  /// Not when full.
  void push(const T& item) noexcept CHRONUS_REALTIME { items_[(first_ + size_++) % Capacity] = item; }
  void pop() noexcept CHRONUS_REALTIME {
    first_ = (first_ + 1) % Capacity;
    --size_;
  }

private:
  std::array<T, Capacity> items_{};
  std::size_t first_ = 0, size_ = 0;
};

} // namespace chronus::rt
