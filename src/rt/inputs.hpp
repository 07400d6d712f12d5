// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. What came in from the ports, kept until it has been passed on to every slot with one constant delay.
#pragma once
#include "../link/rings.hpp"

namespace chronus::rt {

class Inputs {
public:
  /// Control thread.
  explicit Inputs(int ports);

  /// What came in from the ports in this cycle; null: silence. frames ≤ 8192.
  void capture(const float* const* in, Frame playhead, int frames) noexcept CHRONUS_REALTIME;

  /// Passes the blocks from `done` to `until` on, as far as there is room: what came in `delay` frames before. Moves `done`.
  void push(link::BlockRing& to, Frame& done, Frame until, Frame delay) const noexcept CHRONUS_REALTIME;

private:
  static std::size_t place(int port, Frame frame) noexcept CHRONUS_REALTIME { return static_cast<std::size_t>(port) * capacity + frame % capacity; }

  static constexpr Frame capacity = 65536;
  const int ports_;
  std::unique_ptr<float[]> kept_; ///< ports × capacity
  Frame until_ = 0;
};

} // namespace chronus::rt
