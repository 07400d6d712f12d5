// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread (or the offline driver). See flight.hpp.
#include "flight.hpp"
#include "interleave.hpp"

namespace chronus::rt {

void Flight::begin(Frame playhead) noexcept CHRONUS_REALTIME {
  if (!tap_) return;
  record_.frame = playhead;
  record_.slots = static_cast<std::int16_t>(link_.count());
  for (int i = 0; i < record_.slots; ++i) record_.blocks[i] = static_cast<std::uint16_t>(link_.rings(i).blocks.waiting());
}

void Flight::end(const float* const* out, int frames, std::uint64_t ops) noexcept CHRONUS_REALTIME {
  if (!tap_ || frames == 0) return;
  record_.frames = static_cast<std::uint32_t>(frames);
  record_.ops = static_cast<std::uint32_t>(ops - ops_);
  record_.silent = false;
  ops_ = ops;
  complete();
  push(out, frames);
}

void Flight::silent(Frame playhead, int frames) noexcept CHRONUS_REALTIME {
  if (!tap_) return;
  begin(playhead);
  record_.frames = static_cast<std::uint32_t>(frames);
  record_.ops = 0;
  record_.silent = true;
  complete();
  push(nullptr, 0);
}

void Flight::complete() noexcept CHRONUS_REALTIME {
  const link::Counters& c = link_.counters;
  record_.live = static_cast<std::int16_t>(c.live.get());
  record_.spare = -1;
  record_.starved = c.starved.get();
  record_.failovers = c.failovers.get();
  const Frame end = record_.frame + (record_.silent ? 0 : record_.frames);
  for (int i = 0; i < record_.slots; ++i) {
    const link::Progress& p = link_.rings(i).progress;
    record_.load[i] = p.load.get();
    if (i != record_.live && p.from.get() <= end && p.rendered.get() >= end) record_.spare = static_cast<std::int16_t>(i);
  }
}

void Flight::push(const float* const* out, int frames) noexcept CHRONUS_REALTIME {
  const int width = tap_->channels;
  if (!tap_->records.write_available() || tap_->samples.write_available() < static_cast<std::size_t>(frames * width)) {
    tap_->lost.add(static_cast<std::uint64_t>(frames));
    return;
  }
  interleave(tap_->samples, out, 0, frames, width);
  tap_->records.push(record_);
}

} // namespace chronus::rt
