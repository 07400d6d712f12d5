// SPDX-License-Identifier: GPL-3.0-or-later
// Made and freed by control's threads. Memory that a plan computes in, aligned for the widest vectors.
#pragma once
#include <chronus/realtime.hpp>
#include <cstddef>
#include <memory>
#include <new>

namespace chronus::render {

/// Zeros at first, all of them written, so that no worker is the first to touch a page.
struct Arena {
  explicit Arena(std::size_t floats = 0);
  static constexpr std::size_t rounded(std::size_t floats) { return (floats + 15) / 16 * 16; }
  void swap(Arena& other) noexcept CHRONUS_REALTIME;
  struct Free {
    void operator()(std::byte* p) const { ::operator delete(p); }
  };
  std::size_t floats; ///< rounded
  std::unique_ptr<std::byte[], Free> memory;
  float* data = nullptr; ///< in it; null where there are none
};

} // namespace chronus::render
