// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See seat_sum.hpp.
#include "seat_sum.hpp"
#include <algorithm>

namespace chronus::control {

namespace {
constexpr std::size_t open_stretches = 2; // so many are added up side by side
}

SeatSum::SeatSum(Signals& signals, const std::vector<Feed>& feeds) : signals_(signals) {
  for (const Feed& f : feeds) {
    if (stretches_.empty() || stretches_.back().number != f.ordinal / stretch_length) stretches_.push_back({f.ordinal / stretch_length});
    stretches_.back().waiting[f.ordinal % render::partial_sums].push_back(f);
  }
}

std::size_t SeatSum::Stretch::left() const {
  std::size_t n = 0;
  for (std::size_t place = 0; place < waiting.size(); ++place) n += waiting[place].size() - next[place];
  return n;
}

void SeatSum::advance() {
  for (std::size_t i = next_; i < std::min(next_ + open_stretches, stretches_.size()); ++i) advance(stretches_[i]);
  for (; next_ < stretches_.size() && stretches_[next_].left() == 0; ++next_) {
    Stretch& s = stretches_[next_];
    if (!s.sums.empty()) total_ = signals_.tiles().added(total_, s.sums.end(signals_.tiles(), signals_.zeros()), Bond::none);
    s = {};
  }
}

void SeatSum::advance(Stretch& s) {
  for (bool more = true; more;) {
    more = false;
    for (std::size_t place = 0; place < s.waiting.size(); ++place) {
      const Feed* f = s.first(place);
      if (!f || !signals_.is_made(*f)) continue;
      more = true;
      if (signals_.is_seat(*f)) {
        add_pack(s, *f);
      } else {
        ++s.next[place];
        s.sums.add(signals_.tiles(), signals_.one(*f), place);
      }
    }
  }
}

/// The pack of `lead`, with all of its seats that are next in their places.
void SeatSum::add_pack(Stretch& s, const Feed lead) {
  const WiredMember& source = signals_.member(lead.member);
  Places places;
  places.fill(-1);
  for (std::size_t place = 0; place < s.waiting.size(); ++place) {
    const Feed* f = s.first(place);
    if (!f || f->port != lead.port || !signals_.is_seat(*f)) continue;
    const WiredMember& m = signals_.member(f->member);
    if (m.first_pack != source.first_pack) continue;
    std::int8_t& seat = places[static_cast<std::size_t>(m.seat)];
    if (seat >= 0) continue;
    seat = static_cast<std::int8_t>(place);
    ++s.next[place];
  }
  s.sums.add(signals_.tiles(), signals_.pack(source.first_pack, lead.port), source.width, places);
}

Tile SeatSum::end() {
  for (std::size_t before = next_; advance(), next_ > before; before = next_) {}
  return total_;
}

} // namespace chronus::control
