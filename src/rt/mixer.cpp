// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. See mixer.hpp.
#include "mixer.hpp"
#include <algorithm>
#include <cmath>
#include <utility>

namespace chronus::rt {

Mixer::Mixer(int channels, int ramp_frames, bool silent)
    : channels_(channels), ramp_frames_(ramp_frames), back_(silent ? ramp_frames : 0), gap_from_(back_),
      last_(new Last[static_cast<std::size_t>(channels)]) {}

/// `sound(channel)(i)` of each frame, with what is left of a step, and of a gap.
template <class Sound> void Mixer::put(const Piece& p, Sound sound) noexcept CHRONUS_REALTIME {
  const auto ramp = static_cast<float>(ramp_frames_);
  if (std::exchange(broken_off_, false)) lead_over([&](int c) { return sound(c)(0); }); // the first stands for the one before
  for (int c = 0; c < channels_; ++c) {
    float* y = p.out[c] + p.at;
    Last& last = last_[c];
    const auto sample = sound(c);
    const int frames = p.frames, steps = std::min(frames, step_left_);
    for (int i = 0; i < frames; ++i) y[i] = sample(i);
    for (int i = 0; i < steps; ++i) y[i] += last.step * (static_cast<float>(step_left_ - i) / ramp);
    last.whole = y[p.frames - 1];
    if (back_)
      for (int i = 0; i < p.frames; ++i) y[i] *= 1 - static_cast<float>(std::max(back_ - i, 0)) / ramp;
    last.heard = y[p.frames - 1];
  }
  step_left_ = std::max(step_left_ - p.frames, 0);
  gap_from_ = back_ = std::max(back_ - p.frames, 0);
}

/// What was heard goes over to another sound, of which this is the sample before.
template <class Sample> void Mixer::lead_over(Sample before) noexcept CHRONUS_REALTIME {
  if (back_ == ramp_frames_) return; // out of silence any sound comes without a step
  constexpr float most = 4; // what is far over full scale was not heard: there is nothing to lead down from
  for (int c = 0; c < channels_; ++c) {
    const float step = last_[c].whole - before(c);
    last_[c].step = std::fabs(step) < most ? step : 0;
  }
  step_left_ = ramp_frames_;
}

void Mixer::play(const Piece& p, const link::BlockRing& ring) noexcept CHRONUS_REALTIME {
  const auto offset = p.frame % block_frames;
  put(p, [&](int c) { return [x = ring.samples(c) + offset](int i) { return x[i]; }; });
}

bool Mixer::fade(const Piece& p, const link::BlockRing* old, const link::BlockRing* young, const Swap& swap) noexcept CHRONUS_REALTIME {
  const Heard before = heard_;
  const bool alone_before = before == Heard::old_alone || before == Heard::young_alone;
  const bool too_late = alone_before && swap.end < p.frame + static_cast<Frame>(ramp_frames_); // for going back to the fade
  heard_ = !young ? Heard::old_alone : !old || too_late ? Heard::young_alone : Heard::both;
  if (heard_ == Heard::both) {
    if (alone_before) {
      const float line = static_cast<float>(p.frame - swap.at) / static_cast<float>(swap.end - swap.at);
      share_off_ = (before == Heard::old_alone ? 0.0F : 1.0F) - line;
      share_left_ = ramp_frames_;
    }
    mix(p, *old, *young, swap);
    return false;
  }
  if (before == Heard::both && !broken_off_) lead_over([&](int c) { return young ? last_[c].young : last_[c].old; });
  else if (before != heard_ && (young || before != Heard::live)) broken_off_ = true;
  share_left_ = 0;
  play(p, young ? *young : *old);
  return before != heard_ && !(old && young);
}

void Mixer::mix(const Piece& p, const link::BlockRing& old, const link::BlockRing& young, const Swap& swap) noexcept CHRONUS_REALTIME {
  const auto offset = p.frame % block_frames;
  const auto with = [&](auto off) {
    put(p, [&](int c) {
      return [=, a = old.samples(c) + offset, b = young.samples(c) + offset, from = p.frame, at = swap.at, length = static_cast<float>(swap.end - swap.at)](int i) {
        return a[i] + (static_cast<float>(from + static_cast<Frame>(i) - at) / length + off(i)) * (b[i] - a[i]);
      };
    });
  };
  if (!share_left_) with([](int) { return 0.0F; });
  else with([off = share_off_ / static_cast<float>(ramp_frames_), left = share_left_](int i) { return off * static_cast<float>(std::max(left - i, 0)); });
  share_left_ = std::max(share_left_ - p.frames, 0);
  const auto end = offset + static_cast<Frame>(p.frames) - 1;
  for (int c = 0; c < channels_; ++c) last_[c].old = old.samples(c)[end], last_[c].young = young.samples(c)[end];
}

void Mixer::fade_is_over() noexcept CHRONUS_REALTIME {
  broken_off_ = std::exchange(heard_, Heard::live) == Heard::old_alone || broken_off_;
  share_left_ = 0;
}

void Mixer::starve(const Piece& p) noexcept CHRONUS_REALTIME {
  for (int c = 0; c < channels_; ++c)
    for (int i = 0; i < p.frames; ++i) {
      const int left = std::max(ramp_frames_ - back_ - i - 1, 0);
      p.out[c][p.at + i] = last_[c].heard * static_cast<float>(left) / static_cast<float>(std::max(ramp_frames_ - gap_from_, 1));
    }
  back_ = std::min(back_ + p.frames, ramp_frames_);
  if (back_ == ramp_frames_) step_left_ = 0;
  broken_off_ = true;
}

} // namespace chronus::rt
