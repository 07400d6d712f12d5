// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread, and a writer's for each pair of files. With --blackbox: what was heard around a missing block or a fault goes to
// files by itself.
#pragma once
#include "../control/engine.hpp"
#include "../control/shell/options.hpp"
#include <chrono>
#include <future>

namespace chronus::program {

class Dumps {
public:
  using Say = std::function<void(const std::string&)>;
  Dumps(const control::Options& options, control::Engine& engine, Say say) : options_(options), engine_(engine), say_(std::move(say)) {}

  /// Often. What happens within a minute of the last pair of files is passed over.
  void look();
  /// What is due is written, and waited for.
  void leave();

private:
  using Clock = std::chrono::steady_clock;
  void write();
  void tell();

  const control::Options& options_;
  control::Engine& engine_;
  Say say_;
  std::optional<Frame> alarm_; ///< its files are due when half a second more has been heard
  std::optional<Clock::time_point> last_;
  std::future<std::string> writing_;
};

} // namespace chronus::program
