// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The last 10 s of what was heard, and of what the callback tells of its cycles.
#pragma once
#include "../link/flight.hpp"
#include "host.hpp"
#include <deque>
#include <optional>

namespace chronus::control {

/// What a black box held at one moment.
struct FlightLog {
  double rate = 0;
  int channels = 0;
  Frame from = 0, until = 0;
  std::vector<float> samples;                ///< interleaved; zeros in the gaps
  std::vector<std::pair<Frame, Frame>> gaps; ///< frames that were lost on the way: from, until
  std::vector<link::FlightRecord> records;
  std::uint64_t lost = 0;                    ///< frames, since the start
};

class BlackBox {
public:
  static constexpr double seconds = 10;
  /// `starved`: frames that were missing before it began.
  BlackBox(link::FlightTap& tap, double rate, std::uint64_t starved = 0);

  /// Takes what the callback has pushed. At least every 2 s, or some of it is lost.
  void drain();
  /// Something went wrong at this frame. The first counts until it is taken; a frame that starved is found by drain().
  void alarm(Frame frame);
  std::optional<Frame> take_alarm();
  FlightLog copy() const;

private:
  void take_samples(Frame frame, std::size_t frames);
  Frame oldest() const;

  link::FlightTap& tap_;
  const double rate_;
  const std::size_t capacity_; ///< frames
  std::vector<float> samples_; ///< a frame's place is its number modulo the capacity
  Frame from_ = 0, until_ = 0;
  bool begun_ = false;
  std::uint64_t starved_;
  std::deque<link::FlightRecord> records_;
  std::deque<std::pair<Frame, Frame>> gaps_;
  std::optional<Frame> alarm_;
};

/// Writes PATH.wav and PATH.json; `patch` is the patch as a script. Any control thread. Throws Error when a file cannot be written.
FlightReport write_flight(const FlightLog& flight, const Stats& stats, const std::string& patch, const std::string& path);

} // namespace chronus::control
