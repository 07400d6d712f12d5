// SPDX-License-Identifier: GPL-3.0-or-later
// The recorder's own thread.
#include "recorder.hpp"
#include <algorithm>
#include <chrono>

namespace chronus::control {
namespace {

using namespace std::chrono_literals;
constexpr auto look_every = 20ms; // the tap holds 8 s
constexpr auto header_every = 1s;

} // namespace

Recorder::Recorder(const std::string& path, link::RecordTap& tap, double rate)
    : path_(path), tap_(tap), file_(path, tap.channels, rate), scratch_(4096 * static_cast<std::size_t>(tap.channels)),
      thread_([this] { run(); }) {}

Recorder::~Recorder() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

bool Recorder::finished() const {
  std::lock_guard lock(mutex_);
  return finished_;
}

Recorder::Result Recorder::result() const {
  std::lock_guard lock(mutex_);
  return result_;
}

std::string Recorder::take_error() {
  std::lock_guard lock(mutex_);
  if (told_ || result_.error.empty()) return {};
  told_ = true;
  return result_.error;
}

/// One chunk's samples. The callback may push a chunk before its samples: these are then a moment away.
bool Recorder::take_samples(std::uint32_t frames, bool all_has_come) {
  const auto width = static_cast<std::size_t>(tap_.channels);
  for (std::size_t left = frames * width; left > 0;) {
    const auto whole_frames = tap_.samples.read_available() / width * width;
    const auto got = tap_.samples.pop(scratch_.data(), std::min({left, scratch_.size(), whole_frames}));
    if (got > 0) file_.write(scratch_.data(), got / width);
    left -= got;
    if (got == 0) {
      std::unique_lock lock(mutex_);
      if (all_has_come || stop_) return false; // cut short: the end of the program
      wake_.wait_for(lock, 1ms);
    }
  }
  return true;
}

/// Writes the chunks that are there. True after the last.
bool Recorder::drain(bool all_has_come) {
  link::RecordTap::Chunk chunk;
  while (tap_.chunks.pop(chunk)) {
    if (!begun_) next_ = chunk.frame;
    begun_ = true;
    if (chunk.frame > next_) {
      gaps_ += chunk.frame - next_;
      file_.write_silence(chunk.frame - next_);
    }
    next_ = chunk.frame + chunk.frames;
    const bool whole = take_samples(chunk.frames, all_has_come);
    if (chunk.last || !whole) return true;
  }
  return false;
}

void Recorder::run() {
  auto header_due = std::chrono::steady_clock::now() + header_every;
  for (bool over = false; !over;) {
    bool stopping;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, look_every, [this] { return stop_; });
      stopping = stop_;
    }
    over = drain(stopping) || stopping;
    if (const auto now = std::chrono::steady_clock::now(); now >= header_due && file_.error().empty()) {
      file_.update_header();
      header_due = now + header_every;
    }
    if (over || !file_.error().empty()) file_.close(); // a file that can grow no more is made whole at once
    std::lock_guard lock(mutex_);
    result_ = {file_.frames(), gaps_, file_.error()};
    finished_ = over;
  }
}

} // namespace chronus::control
