// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. See guard.hpp.
#include "guard.hpp"
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

namespace chronus::rt {

namespace {

/// By the bits, which without their sign are in the order of the magnitudes; infinity and NaN stand above all numbers.
constexpr std::uint32_t magnitude(float x) { return std::bit_cast<std::uint32_t>(x) & 0x7FFFFFFF; }

/// Four samples at a time, and four of those side by side: nothing waits for the frame before.
typedef float Four __attribute__((vector_size(16)));
typedef std::int32_t FourBits __attribute__((vector_size(16)));
constexpr int abreast = 4, stride = 4 * abreast;

Four load(const float* x) noexcept CHRONUS_REALTIME {
  Four v;
  std::memcpy(&v, x, sizeof v);
  return v;
}

bool within_full_scale(const float* x, int frames) noexcept CHRONUS_REALTIME {
  std::array<FourBits, abreast> good;
  good.fill(FourBits{-1, -1, -1, -1});
  int i = 0;
  for (; i + stride <= frames; i += stride)
    for (int k = 0; k < abreast; ++k) {
      const Four v = load(x + i + 4 * k);
      good[static_cast<std::size_t>(k)] &= (v <= Guard::full_scale) & (v >= -Guard::full_scale); // not a NaN either
    }
  const FourBits all = good[0] & good[1] & good[2] & good[3];
  bool within = (all[0] & all[1] & all[2] & all[3]) != 0;
  for (; i < frames; ++i) within = within && magnitude(x[i]) <= magnitude(Guard::full_scale);
  return within;
}

std::uint32_t largest(const float* x, int frames) noexcept CHRONUS_REALTIME {
  std::uint32_t most = 0;
  for (int i = 0; i < frames; ++i) most = std::max(most, magnitude(x[i]));
  return most;
}

/// Each of n frames from `frame` on to the sum of its number modulo their count.
void add_up(std::array<float, stride>& sums, const float* x, Frame frame, int n) noexcept CHRONUS_REALTIME {
  const auto place = [&](int i) { return (frame + static_cast<Frame>(i)) % stride; };
  int i = 0;
  for (; i < n && place(i) != 0; ++i) sums[place(i)] += x[i];
  std::array<Four, abreast> some;
  std::memcpy(&some, &sums, sizeof some);
  for (; i + stride <= n; i += stride)
    for (int k = 0; k < abreast; ++k) some[static_cast<std::size_t>(k)] += load(x + i + 4 * k);
  std::memcpy(&sums, &some, sizeof some);
  for (; i < n; ++i) sums[place(i)] += x[i];
}

} // namespace

Guard::Guard(link::Link& link, double rate, bool on)
    : link_(link), on_(on), window_(static_cast<Frame>(rate / 10)), fade_frames_(static_cast<int>(rate / 200)), level_(fade_frames_) {}

void Guard::open() noexcept CHRONUS_REALTIME {
  muted_ = false;
  good_windows_ = 0;
  for (Channel& c : channels_) c.offset = 0;
}

void Guard::mute(link::GuardCause cause, int channel, float value) noexcept CHRONUS_REALTIME {
  good_windows_ = 0;
  if (muted_) return;
  muted_ = true;
  link_.counters.guard_value.set(value);
  link_.counters.guard_channel.set(channel);
  link_.counters.guard_cause.set(cause);
  link_.counters.guarded.add(1);
}

void Guard::apply(float* const* out, Frame frame, int frames) noexcept CHRONUS_REALTIME {
  if (!on_) return;
  // Up to the next end of a window of 0.1 s, which lies on the absolute grid: whatever the cycle's length, the same is done at
  // the same frame.
  for (int at = 0; at < frames;) {
    const Frame now = frame + static_cast<Frame>(at);
    const int n = static_cast<int>(std::min<Frame>(window_ - now % window_, static_cast<Frame>(frames - at)));
    const bool is_open = !muted_ && level_ == fade_frames_;
    std::uint32_t most = 0;
    for (int c = 0; c < link_.outs && is_open; ++c)
      if (!within_full_scale(out[c] + at, n)) most = std::max(most, largest(out[c] + at, n));
    if (is_open && most < magnitude(blown_up)) { // and stays open
      for (int c = 0; c < link_.outs; ++c) {
        for (int i = at; most > magnitude(full_scale) && i < at + n; ++i)
          if (magnitude(out[c][i]) > magnitude(full_scale)) out[c][i] = limited(out[c][i], c);
        add_up(channels_[static_cast<std::size_t>(c)].sums, out[c] + at, now, n);
      }
    } else {
      for (int i = at; i < at + n; ++i) guard(out, i, frame + static_cast<Frame>(i));
    }
    at += n;
    if ((now + static_cast<Frame>(n)) % window_ == 0) end_window();
  }
}

/// One frame of all channels.
void Guard::guard(float* const* out, int i, Frame frame) noexcept CHRONUS_REALTIME {
  for (int c = 0; c < link_.outs; ++c) {
    if (magnitude(out[c][i]) > magnitude(full_scale)) out[c][i] = limited(out[c][i], c);
    add_up(channels_[static_cast<std::size_t>(c)].sums, out[c] + i, frame, 1);
  }
  level_ = std::clamp(level_ + (muted_ ? -1 : 1), 0, fade_frames_);
  if (level_ == fade_frames_) return;
  const float g = static_cast<float>(level_) / static_cast<float>(fade_frames_);
  for (int c = 0; c < link_.outs; ++c) out[c][i] *= g;
}

/// y = 1 + h (1 − 1 / (1 + (|x| − 1) / h)), h the height of the ceiling over full scale: its slope is 1 where it begins.
float Guard::limited(float x, int channel) noexcept CHRONUS_REALTIME {
  constexpr float h = ceiling - full_scale;
  link_.counters.clipped.add(1);
  if (magnitude(x) >= magnitude(blown_up)) {
    quiet_ = false;
    mute(link::GuardCause::blown_up, channel, x);
  }
  if (magnitude(x) > magnitude(INFINITY)) return 0; // NaN
  const float above = std::min(std::abs(x), blown_up) - full_scale;
  return std::copysign(full_scale + h * (1 - 1 / (1 + above / h)), x);
}

void Guard::end_window() noexcept CHRONUS_REALTIME {
  for (int c = 0; c < link_.outs; ++c) {
    Channel& ch = channels_[static_cast<std::size_t>(c)];
    const float sum = std::accumulate(ch.sums.begin(), ch.sums.end(), 0.0F), mean = sum / static_cast<float>(window_);
    ch.sums = {};
    if (mean > largest_offset) ch.offset = std::max(ch.offset, 0) + 1;
    else if (mean < -largest_offset) ch.offset = std::min(ch.offset, 0) - 1;
    else ch.offset = 0;
    quiet_ = quiet_ && ch.offset == 0;
    if (std::abs(ch.offset) >= windows_of_offset) mute(link::GuardCause::offset, c, mean);
  }
  good_windows_ = quiet_ ? good_windows_ + 1 : 0;
  quiet_ = true;
  if (muted_ && good_windows_ >= windows_until_open) open();
}

} // namespace chronus::rt
