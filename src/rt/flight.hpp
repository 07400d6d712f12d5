// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread (or the offline driver). Tells the black box of each cycle, and what it played.
#pragma once
#include "../link/rings.hpp"

namespace chronus::rt {

class Flight {
public:
  explicit Flight(link::Link& link) : link_(link), tap_(link.flight.get()) {}

  /// Before anything is taken out of the rings.
  void begin(Frame playhead) noexcept CHRONUS_REALTIME;
  /// `frames` have been played; `ops`: passed on so far.
  void end(const float* const* out, int frames, std::uint64_t ops) noexcept CHRONUS_REALTIME;
  /// A cycle that was given away.
  void silent(Frame playhead, int frames) noexcept CHRONUS_REALTIME;

private:
  void push(const float* const* out, int frames) noexcept CHRONUS_REALTIME;
  void complete() noexcept CHRONUS_REALTIME;

  link::Link& link_;
  link::FlightTap* const tap_;
  link::FlightRecord record_{};
  std::uint64_t ops_ = 0;
};

} // namespace chronus::rt
