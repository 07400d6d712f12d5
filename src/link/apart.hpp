// SPDX-License-Identifier: GPL-3.0-or-later
// All threads. What two cores write to must not lie close together: each would wait for the other's lines without a word between
// them being shared.
#pragma once
#include <cstddef>

namespace chronus::link {

/// Lines are 64 bytes, and a core may fetch two at once (Intel, Optimization Reference Manual: spatial prefetcher).
inline constexpr std::size_t apart_bytes = 128;
/// What a core runs through: it fetches up to twenty lines ahead of where it is (the same manual: streamer).
inline constexpr std::size_t apart_in_stream = 2048;

/// Between two members of a class.
struct Apart {
  std::byte bytes[apart_bytes];
};

} // namespace chronus::link
