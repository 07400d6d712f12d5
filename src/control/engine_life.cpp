// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. See engine.hpp: recordings, and what it counts.
#include "engine.hpp"
#include "error.hpp"
#include "script_file.hpp"
#include "shell/recorder.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace chronus::control {

namespace {

constexpr auto cycle_patience = std::chrono::milliseconds(50);
constexpr auto disk_patience = std::chrono::seconds(2), last_disk_patience = std::chrono::seconds(5);

} // namespace

Stats Engine::stats() const {
  const link::Counters& c = link().counters;
  Stats s;
  s.frame = c.playhead.get();
  s.revision = revision_;
  s.starved = c.starved.get();
  s.late = c.late.get();
  s.dropped = c.dropped.get();
  s.swaps = c.swaps.get();
  s.failovers = c.failovers.get();
  s.refused = refused_;
  s.slipped = c.slipped.get();
  s.clipped = c.clipped.get();
  s.xruns = xruns_;
  s.live = c.live.get();
  s.lead = c.lead.get();
  s.prime_ms_last = prime_ms_last_;
  s.spare = config_.spare ? "syncing" : "off";
  for (int i = 0; i < link().count(); ++i) {
    const link::Progress& p = link().rings(i).progress;
    if (i == s.live) s.load = p.load.get();
    else if (config_.spare && p.rendered.get() >= s.frame) s.spare = std::to_string(i);
  }
  return s;
}

bool Engine::Recording::goes_on() const { return !told_to_stop && !over && recorder->result().error.empty(); }

void Engine::record_start(const std::string& path, Frame at) {
  if (!recordings_.empty() && recordings_.back().goes_on()) throw Error(0, "already recording to " + recordings_.back().recorder->path());
  if (recording_to(FileId(path))) throw Error(0, path + ": a take is still being written to it");
  auto tap = std::make_unique<link::RecordTap>(config_.outs, config_.rate);
  auto recorder = std::make_unique<Recorder>(path, *tap, config_.rate);
  order({.kind = link::OrderKind::record_start, .tap = tap.get()}, at);
  if (!recordings_.empty() && !recordings_.back().told_to_stop) recordings_.back().told_to_stop = recordings_.back().reported = true; // it has failed
  recordings_.push_back({std::move(tap), std::move(recorder)});
}

void Engine::record_stop(Frame at) {
  if (recordings_.empty() || recordings_.back().told_to_stop) throw Error(0, "nothing is being recorded");
  recordings_.back().told_to_stop = true;
  recordings_.back().stops_at = at;
  if (!recordings_.back().over) order({.kind = link::OrderKind::record_stop}, at);
}

std::optional<Recorded> Engine::recorded() {
  const auto first = std::ranges::find_if(recordings_, [](const Recording& r) { return r.told_to_stop && !r.reported; });
  if (first == recordings_.end()) return Recorded{};
  const auto now = std::chrono::steady_clock::now();
  if (first->asked == decltype(first->asked){}) first->asked = now;
  if (offline()) {
    const Frame playhead = this->playhead();
    if (last_cycle_) first->recorder->finish();
    else if (playhead <= first->stops_at && !first->over) return {};
    first->recorder->wait_finished(last_cycle_ ? disk_patience : cycle_patience);
  }
  const bool whole = first->recorder->finished();
  if (!last_cycle_ && running_ && !whole && now - first->asked < disk_patience) return {};
  first->reported = true;
  first->unfinished = !whole;
  const Recorder::Result r = first->recorder->result();
  return Recorded{r.frames, r.gaps, r.error, !first->unfinished};
}

FlightReport Engine::black_box(const std::string& path) {
  if (!black_box_) throw Error(0, "blackbox: nothing is kept");
  listen();
  return write_flight(flight(), stats(), patch_script(current_), path);
}

bool Engine::recording_to(const FileId& file) const {
  return std::ranges::any_of(recordings_, [&](const Recording& r) {
    return !r.recorder->finished() && r.recorder->result().error.empty() && FileId(r.recorder->path()).same_as(file);
  });
}

void Engine::make_room() {
  for (const Recording& r : recordings_) r.recorder->make_room();
}

void Engine::end_recordings() {
  for (Recording& r : recordings_) {
    recording_failed_ = recording_failed_ || !r.recorder->result().error.empty();
    for (std::string news; !(news = r.recorder->take_news()).empty();) messages_.push_back("recording: " + news);
    if (!r.unfinished || !r.recorder->finished()) continue;
    r.unfinished = false;
    messages_.push_back(fmt::format("recording: {}: whole: {} frames, {} lost", r.recorder->path(), r.recorder->result().frames, r.recorder->result().gaps));
  }
  std::erase_if(recordings_, [](const Recording& r) { return r.reported && r.recorder->finished(); });
}

std::string Engine::finish_recordings() {
  for (const Recording& r : recordings_) r.recorder->finish();
  const auto until = std::chrono::steady_clock::now() + last_disk_patience;
  for (const Recording& r : recordings_) {
    while (!r.recorder->finished() && std::chrono::steady_clock::now() < until) {
      const timespec pause{0, 2'000'000};
      nanosleep(&pause, nullptr);
    }
    if (!r.recorder->finished()) return fmt::format("recording: {}: the disk does not take the end of it", r.recorder->path());
  }
  end_recordings();
  recordings_.clear();
  return {};
}

std::string Engine::take_message() {
  if (messages_.empty()) return {};
  std::string m = std::move(messages_.front());
  messages_.pop_front();
  return m;
}

} // namespace chronus::control
