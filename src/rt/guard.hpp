// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. The last thing before the ports: ears and speakers. What stays within full scale passes bit for bit;
// above it a curve keeps every sample below a ceiling; a constant offset, or a signal that has blown up, is muted.
#pragma once
#include "../link/rings.hpp"
#include <array>

namespace chronus::rt {

class Guard {
public:
  Guard(link::Link& link, double rate, bool on);

  /// In place, on what is about to be heard: outs × frames, from absolute frame `frame` on. The same at any cycle length.
  void apply(float* const* out, Frame frame, int frames) noexcept CHRONUS_REALTIME;

  /// Another patch has come in: it is given a chance.
  void open() noexcept CHRONUS_REALTIME;

  static constexpr float full_scale = 1.0F, ceiling = 1.122F; // 1 dB above
  static constexpr float blown_up = 100;                      // 40 dB above full scale
  static constexpr float largest_offset = 0.1F;
  static constexpr int windows_of_offset = 20, windows_until_open = 10; // of 0.1 s

private:
  struct Channel {
    std::array<float, 16> sums{}; ///< over this window, of the frames whose number has the same last digit
    int offset = 0;               ///< windows in a row with an offset to the same side; below zero: to the negative
  };
  void guard(float* const* out, int i, Frame frame) noexcept CHRONUS_REALTIME;
  float limited(float x, int channel) noexcept CHRONUS_REALTIME;
  void end_window() noexcept CHRONUS_REALTIME;
  void mute(link::GuardCause cause, int channel, float value) noexcept CHRONUS_REALTIME;

  link::Link& link_;
  const bool on_;
  const Frame window_;
  const int fade_frames_;
  std::array<Channel, 64> channels_{};
  bool muted_ = false, quiet_ = true; ///< quiet: nothing in this window was amiss
  int good_windows_ = 0;
  int level_; ///< of fade_frames_
};

} // namespace chronus::rt
