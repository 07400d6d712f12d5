// SPDX-License-Identifier: GPL-3.0-or-later
// The recorder's own thread.
#include "recorder.hpp"
#include "../error.hpp"
#include <algorithm>
#include <chrono>
#include <fmt/format.h>

namespace chronus::control {
namespace {

using namespace std::chrono_literals;
constexpr auto look_every = 20ms; // the tap holds 8 s
constexpr auto header_every = 1s;
constexpr auto open_limit = 200ms, room_limit = 2000ms;

} // namespace

Recorder::Recorder(const std::string& path, link::RecordTap& tap, double rate)
    : path_(path), tap_(tap), rate_(rate), scratch_(4096 * static_cast<std::size_t>(tap.channels)), thread_([this] { run(); }) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, open_limit, [this] { return opened_; });
  if (!opened_ || result_.error.empty()) return;
  stop_ = true;
  lock.unlock();
  wake_.notify_all();
  thread_.join();
  throw Error(0, result_.error);
}

Recorder::~Recorder() {
  finish();
  thread_.join();
}

void Recorder::finish() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
}

void Recorder::make_room() {
  const auto short_of = [](const auto& ring) { return ring.read_available() > ring.write_available(); };
  const auto until = std::chrono::steady_clock::now() + room_limit;
  while ((short_of(tap_.samples) || short_of(tap_.chunks)) && std::chrono::steady_clock::now() < until) wait_finished(1ms);
}

bool Recorder::wait_finished(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  hurry_ = true;
  wake_.notify_all();
  return wake_.wait_for(lock, limit, [this] { return finished_; });
}

bool Recorder::finished() const {
  std::lock_guard lock(mutex_);
  return finished_;
}

Recorder::Result Recorder::result() const {
  std::lock_guard lock(mutex_);
  return result_;
}

std::string Recorder::take_news() {
  std::lock_guard lock(mutex_);
  if (news_.empty()) return {};
  std::string text = std::move(news_.front());
  news_.pop_front();
  return text;
}

/// One chunk's samples. The callback may push a chunk before its samples: these are then a moment away.
bool Recorder::take_samples(std::uint32_t frames, bool all_has_come) {
  const auto width = static_cast<std::size_t>(tap_.channels);
  for (std::size_t left = frames * width; left > 0;) {
    const auto whole_frames = tap_.samples.read_available() / width * width;
    const auto got = tap_.samples.pop(scratch_.data(), std::min({left, scratch_.size(), whole_frames}));
    if (got > 0 && file_) file_->write(scratch_.data(), got / width);
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
      if (gaps_ == gaps_told_) gap_from_ = next_;
      gaps_ += chunk.frame - next_;
      if (file_) file_->write_silence(chunk.frame - next_);
    }
    next_ = chunk.frame + chunk.frames;
    const bool whole = take_samples(chunk.frames, all_has_come);
    if (chunk.last || !whole) return true;
  }
  return false;
}

/// What was lost since it was last told.
void Recorder::tell_gaps() {
  if (gaps_ == gaps_told_) return;
  std::lock_guard lock(mutex_);
  news_.push_back(fmt::format("{}: the disk is too slow: {} frames are missing from frame {} on, and are silent in the file", path_, gaps_ - gaps_told_, gap_from_));
  gaps_told_ = gaps_;
}

void Recorder::open() {
  std::string error;
  try {
    file_.emplace(path_, tap_.channels, rate_);
  } catch (const Error& e) {
    error = e.what();
  }
  {
    std::lock_guard lock(mutex_);
    opened_ = true;
    result_.error = error;
    if (!error.empty()) news_.push_back(error);
  }
  wake_.notify_all();
}

void Recorder::run() {
  open();
  write();
}

void Recorder::write() {
  auto header_due = std::chrono::steady_clock::now() + header_every;
  for (bool over = false; !over;) {
    bool stopping;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, look_every, [this] { return stop_ || hurry_; });
      hurry_ = false;
      stopping = stop_;
    }
    over = drain(stopping) || stopping;
    if (const auto now = std::chrono::steady_clock::now(); over || now >= header_due) {
      if (file_ && file_->error().empty()) file_->update_header();
      tell_gaps();
      header_due = now + header_every;
    }
    if (file_ && (over || !file_->error().empty())) file_->close(); // a file that can grow no more is made whole at once
    std::lock_guard lock(mutex_);
    if (file_ && result_.error != file_->error()) news_.push_back(file_->error());
    if (file_) result_ = {file_->frames(), gaps_, file_->error()};
    finished_ = over;
    if (over) wake_.notify_all();
  }
}

} // namespace chronus::control
