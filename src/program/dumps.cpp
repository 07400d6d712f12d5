// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread, and a writer's. See dumps.hpp.
#include "dumps.hpp"
#include "../control/black_box.hpp"
#include "../control/error.hpp"
#include "../control/script_file.hpp"
#include "../control/shell/state_folder.hpp"
#include "../control/text.hpp"
#include <fmt/format.h>
#include <unistd.h>

namespace chronus::program {

namespace {

constexpr auto pause = std::chrono::minutes(1);
constexpr double aftermath_s = 0.5;

} // namespace

void Dumps::look() {
  if (!options_.blackbox) return;
  if (writing_.valid() && writing_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) tell();
  if (const auto alarm = engine_.take_alarm(); alarm && !alarm_ && (!last_ || Clock::now() - *last_ >= pause)) alarm_ = alarm;
  if (alarm_ && !writing_.valid() && engine_.playhead() >= *alarm_ + static_cast<Frame>(aftermath_s * engine_.rate())) write();
}

void Dumps::leave() {
  if (writing_.valid()) tell();
  if (alarm_) write();
  if (writing_.valid()) tell();
}

void Dumps::write() {
  const std::string folder = options_.blackbox->empty() ? control::state_folder() : *options_.blackbox;
  std::string path = fmt::format("{}/{}-{}", folder.empty() ? "." : folder, control::file_name_of(options_.name), *alarm_);
  control::make_folders(path);
  const std::string first = path; // frames begin at 0 in each run
  const auto there = [](const std::string& stem) { return access((stem + ".wav").c_str(), F_OK) == 0 || access((stem + ".json").c_str(), F_OK) == 0; };
  for (int i = 2; there(path); ++i) path = fmt::format("{}-{}", first, i);
  writing_ = std::async(std::launch::async, [path, flight = engine_.flight(), stats = engine_.stats(), patch = engine_.current(), at = *alarm_] {
    try {
      const auto report = control::write_flight(flight, stats, control::patch_script(patch), path);
      return fmt::format("blackbox: something went wrong at frame {}: {}.wav and .json, {}", at, path,
                         control::counted(report.discontinuities, "discontinuity", "discontinuities"));
    } catch (const control::Error& e) {
      return fmt::format("blackbox: {}", e.what());
    }
  });
  alarm_.reset();
  last_ = Clock::now();
}

void Dumps::tell() { say_(writing_.get()); }

} // namespace chronus::program
