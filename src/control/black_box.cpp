// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. See black_box.hpp.
#include "black_box.hpp"
#include <algorithm>
#include <utility>

namespace chronus::control {

BlackBox::BlackBox(link::FlightTap& tap, double rate, std::uint64_t starved)
    : tap_(tap), rate_(rate), capacity_(static_cast<std::size_t>(seconds * rate)), samples_(capacity_ * static_cast<std::size_t>(tap.channels)),
      starved_(starved) {}

Frame BlackBox::oldest() const { return std::max(from_, until_ - std::min<Frame>(until_, capacity_)); }

void BlackBox::drain() {
  const auto width = static_cast<std::size_t>(tap_.channels);
  link::FlightRecord r;
  while (tap_.records.pop(r)) {
    if (r.starved > starved_) alarm(r.frame);
    starved_ = r.starved;
    records_.push_back(r);
    if (r.silent) continue;
    if (!begun_) from_ = until_ = r.frame;
    begun_ = true;
    if (r.frame > until_) { // lost on the way
      gaps_.emplace_back(until_, r.frame);
      for (Frame f = std::max(until_, r.frame - std::min<Frame>(r.frame, capacity_)); f < r.frame; ++f)
        std::fill_n(samples_.begin() + static_cast<long>(f % capacity_ * width), width, 0.0F);
    }
    take_samples(r.frame, r.frames);
    until_ = r.frame + r.frames;
  }
  while (!records_.empty() && records_.front().frame + records_.front().frames < oldest()) records_.pop_front();
  while (!gaps_.empty() && gaps_.front().second <= oldest()) gaps_.pop_front();
}

void BlackBox::take_samples(Frame frame, std::size_t frames) {
  const auto width = static_cast<std::size_t>(tap_.channels);
  while (frames > 0) {
    const std::size_t at = frame % capacity_, n = std::min(frames, capacity_ - at);
    tap_.samples.pop(samples_.data() + at * width, n * width);
    frame += n;
    frames -= n;
  }
}

void BlackBox::alarm(Frame frame) {
  if (!alarm_) alarm_ = frame;
}

std::optional<Frame> BlackBox::take_alarm() { return std::exchange(alarm_, std::nullopt); }

FlightLog BlackBox::copy() const {
  const auto width = static_cast<std::size_t>(tap_.channels);
  FlightLog f{rate_, tap_.channels, oldest(), until_, {}, {gaps_.begin(), gaps_.end()}, {records_.begin(), records_.end()}, tap_.lost.get()};
  f.samples.reserve((f.until - f.from) * width);
  for (Frame at = f.from; at < f.until;) {
    const std::size_t place = at % capacity_;
    const auto n = std::min<std::size_t>(f.until - at, capacity_ - place);
    f.samples.insert(f.samples.end(), samples_.begin() + static_cast<long>(place * width), samples_.begin() + static_cast<long>((place + n) * width));
    at += n;
  }
  if (!f.gaps.empty()) f.gaps.front().first = std::max(f.gaps.front().first, f.from);
  return f;
}

} // namespace chronus::control
