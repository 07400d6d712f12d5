// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. From a buffer for each channel to one in which their samples stand side by side.
#pragma once
#include <chronus/realtime.hpp>
#include <cstddef>
#include <cstring>

namespace chronus::link {

/// A width that is known while compiling takes vectors.
inline void two_side_by_side(float* to, const float* left, const float* right, std::size_t frames) noexcept CHRONUS_REALTIME {
  for (std::size_t i = 0; i < frames; ++i) to[2 * i] = left[i], to[2 * i + 1] = right[i];
}

/// Frames at … at + frames of each channel; `to` has frames × width floats.
inline void side_by_side(float* to, const float* const* channels, std::size_t at, std::size_t frames, std::size_t width) noexcept CHRONUS_REALTIME {
  if (width == 1) return static_cast<void>(std::memcpy(to, channels[0] + at, frames * sizeof(float)));
  if (width == 2) return two_side_by_side(to, channels[0] + at, channels[1] + at, frames);
  for (std::size_t c = 0; c < width; ++c)
    for (std::size_t i = 0; i < frames; ++i) to[i * width + c] = channels[c][at + i];
}

} // namespace chronus::link
