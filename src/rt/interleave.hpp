// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. From a buffer for each channel into a ring where they stand side by side.
#pragma once
#include "../link/rings.hpp"
#include "../link/side_by_side.hpp"
#include <algorithm>

namespace chronus::rt {

/// `frames` frames of the first `channels` buffers, from frame `at` of them on. The ring has room; channels ≤ 64.
inline void interleave(link::Ring<float>& ring, const float* const* buffers, int at, int frames, int channels) noexcept CHRONUS_REALTIME {
  if (channels == 1) return static_cast<void>(ring.push(buffers[0] + at, static_cast<std::size_t>(frames)));
  constexpr int space = 1024;
  float rows[space];
  const int most = space / channels;
  for (int done = 0; done < frames; done += most) {
    const int n = std::min(most, frames - done);
    link::side_by_side(rows, buffers, static_cast<std::size_t>(at + done), static_cast<std::size_t>(n), static_cast<std::size_t>(channels));
    ring.push(rows, static_cast<std::size_t>(n * channels));
  }
}

} // namespace chronus::rt
