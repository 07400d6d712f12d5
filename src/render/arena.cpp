// SPDX-License-Identifier: GPL-3.0-or-later
// Control's threads. See arena.hpp.
#include "arena.hpp"
#include <cstdint>
#include <cstring>
#include <sys/mman.h>
#include <utility>

namespace chronus::render {

namespace {
/// Long ones in pages of 2 MiB: a delay line of 10 s is one page fault then, not five hundred.
constexpr std::size_t huge_page = std::size_t{1} << 21;
constexpr std::size_t alignment(std::size_t bytes) { return bytes >= huge_page / 2 ? huge_page : 64; }
} // namespace

// Not aligned_alloc: what it gave is not used again for the same size before glibc 2.38, and some plans a second left ever more holes.
Arena::Arena(std::size_t count)
    : floats(rounded(count)), memory(floats ? static_cast<std::byte*>(::operator new(floats * sizeof(float) + alignment(floats * sizeof(float)))) : nullptr) {
  if (floats == 0) return;
  const std::size_t bytes = floats * sizeof(float), page = alignment(bytes);
  data = reinterpret_cast<float*>((reinterpret_cast<std::uintptr_t>(memory.get()) + page - 1) / page * page);
  if (page == huge_page) madvise(data, bytes / page * page, MADV_HUGEPAGE);
  std::memset(data, 0, bytes);
}

void Arena::swap(Arena& other) noexcept CHRONUS_REALTIME {
  memory.swap(other.memory);
  std::swap(data, other.data);
  std::swap(floats, other.floats);
}

} // namespace chronus::render
