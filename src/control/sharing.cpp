// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See sharing.hpp.
#include "sharing.hpp"
#include "../render/kernels.hpp"
#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <unordered_map>

namespace chronus::control {

namespace {

/// A pack this much narrower than full still costs less than its members do one by one.
constexpr std::size_t least_share = 4;

using Key = std::uint64_t;

Key mixed(Key a, Key b) { // splitmix64, of both
  Key x = a * 0x9e3779b97f4a7c15ULL + b + 0x632be59bd9b4e019ULL;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
  return x ^ x >> 31;
}

class Sharing {
public:
  explicit Sharing(const Wiring& w) : w_(w), count_(w.members.size()), keys_(count_), voice_(count_), may_(count_) {
    for (std::size_t m = 0; m < count_; ++m) {
      const WiredMember& wm = w.members[m];
      const ModuleSpec& type = *wm.instance->type;
      may_[m] = wm.lanes == 1 && !wm.split && type.histories_per_lane == 0 && type.kernels.back().width > 1;
    }
  }

  std::vector<std::vector<int>> packs() {
    if (!sort()) return {}; // a cycle: whoever orders the turns says so
    know_sources();
    know_sinks();
    know_sources();
    join_voices();
    std::vector<std::vector<int>> all = seat();
    std::erase_if(all, [&](const std::vector<int>& pack) { return !fits(pack); });
    return all;
  }

private:
  const WiredMember& member(int m) const { return w_.members[static_cast<std::size_t>(m)]; }
  Key& key(int m) { return keys_[static_cast<std::size_t>(m)]; }

  /// Calls body(feed, which port or parameter, whether it is the only one there) for what m needs before it runs.
  template <class Body> void each_feed(const WiredMember& m, Body&& body) const {
    Key place = 1;
    for (const auto* ports : {&m.params, &m.inputs}) {
      if (ports == &m.inputs && m.split) break;
      for (const auto& feeds : *ports) {
        ++place;
        for (const Feed& f : feeds) body(f, place, ports == &m.params, feeds.size() == 1);
      }
    }
  }

  /// Sources before what they feed. \return false: there is a cycle
  bool sort() {
    std::vector<int> left(count_);
    std::vector<std::vector<int>> sinks(count_);
    for (std::size_t m = 0; m < count_; ++m)
      each_feed(w_.members[m], [&](const Feed& f, Key, bool, bool) {
        if (f.member < 0) return;
        ++left[m];
        sinks[static_cast<std::size_t>(f.member)].push_back(static_cast<int>(m));
      });
    for (std::size_t m = 0; m < count_; ++m)
      if (left[m] == 0) sorted_.push_back(static_cast<int>(m));
    for (std::size_t i = 0; i < sorted_.size(); ++i)
      for (int s : sinks[static_cast<std::size_t>(sorted_[i])])
        if (--left[static_cast<std::size_t>(s)] == 0) sorted_.push_back(s);
    return sorted_.size() == count_;
  }

  /// What a feed must have in common with those of the other seats.
  static Key shape(const Feed& f, Key place, bool param, bool alone) {
    Key k = mixed(place, static_cast<Key>(f.port));
    if (!alone) k = mixed(k, f.ordinal % render::partial_sums);
    if (param && !alone) k = mixed(k, std::bit_cast<std::uint32_t>(f.by));
    return k;
  }

  void know_sources() {
    for (int m : sorted_) {
      Key k = mixed(key(m), reinterpret_cast<Key>(member(m).instance->type));
      if (!may_[static_cast<std::size_t>(m)]) k = mixed(k, static_cast<Key>(m) + 1);
      each_feed(member(m), [&](const Feed& f, Key place, bool param, bool alone) {
        k = mixed(mixed(k, shape(f, place, param, alone)), f.member < 0 ? static_cast<Key>(f.port) : key(f.member));
      });
      key(m) = k;
    }
  }

  /// How many there are of a kind as far as it is known.
  void count_alike() {
    alike_.clear();
    for (std::size_t m = 0; m < count_; ++m) ++alike_[keys_[m]];
  }
  bool has_peers(int m) { return alike_[key(m)] >= least_share; }

  void know_sinks() {
    count_alike();
    std::vector<char> peers(count_);
    for (std::size_t m = 0; m < count_; ++m) peers[m] = has_peers(static_cast<int>(m));
    std::vector<Key> more(count_);
    for (auto m = sorted_.rbegin(); m != sorted_.rend(); ++m) {
      key(*m) = mixed(key(*m), more[static_cast<std::size_t>(*m)]);
      each_feed(member(*m), [&](const Feed& f, Key place, bool param, bool alone) {
        if (f.member < 0) return;
        // At a sink that has no peers seats may lie in any order.
        const Key how = peers[static_cast<std::size_t>(*m)] ? shape(f, place, param, alone) : mixed(place, static_cast<Key>(f.port));
        more[static_cast<std::size_t>(f.member)] += mixed(key(*m), how);
      });
    }
  }

  // ---- voices: modules that belong together, one of each kind, so that all packs seat them alike ----------------------------
  int root(int m) {
    int& v = voice_[static_cast<std::size_t>(m)];
    return v == m ? m : v = root(v);
  }

  void join_voices() {
    count_alike();
    std::iota(voice_.begin(), voice_.end(), 0);
    std::map<std::pair<int, Key>, int> fed; ///< by source and key of the sink: how many
    for (int m : sorted_)
      each_feed(member(m), [&](const Feed& f, Key, bool, bool) {
        if (f.member >= 0) ++fed[{f.member, key(m)}];
      });
    for (int m : sorted_)
      each_feed(member(m), [&](const Feed& f, Key, bool, bool) {
        if (f.member >= 0 && may_[static_cast<std::size_t>(f.member)] && has_peers(m) && fed[{f.member, key(m)}] == 1)
          voice_[static_cast<std::size_t>(root(f.member))] = root(m);
      });
  }

  std::vector<std::vector<int>> seat() {
    std::vector<Key> place(count_, ~Key{0}); // of each voice: where it is first heard
    for (const auto& port : w_.outs)
      for (const Feed& f : port)
        if (f.member >= 0) {
          Key& p = place[static_cast<std::size_t>(root(f.member))];
          p = std::min(p, static_cast<Key>(f.ordinal));
        }
    std::map<Key, std::vector<int>> alike;
    for (std::size_t m = 0; m < count_; ++m)
      if (may_[m]) alike[keys_[m]].push_back(static_cast<int>(m));
    std::vector<int> turn(count_); // sources' packs first
    for (std::size_t i = 0; i < count_; ++i) turn[static_cast<std::size_t>(sorted_[i])] = static_cast<int>(i);
    std::vector<std::vector<int>> all;
    for (auto& [k, members] : alike) {
      auto before = [&](int a, int b) {
        const int ra = root(a), rb = root(b);
        const Key pa = place[static_cast<std::size_t>(ra)], pb = place[static_cast<std::size_t>(rb)];
        return pa != pb ? pa < pb : ra != rb ? ra < rb : a < b;
      };
      std::sort(members.begin(), members.end(), before);
      const auto width = static_cast<std::size_t>(member(members.front()).instance->type->kernels.back().width);
      for (std::size_t i = 0; i + least_share <= members.size(); i += width)
        all.emplace_back(members.begin() + static_cast<long>(i), members.begin() + static_cast<long>(std::min(i + width, members.size())));
    }
    std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) { return turn[static_cast<std::size_t>(a[0])] < turn[static_cast<std::size_t>(b[0])]; });
    return all;
  }

  /// Whether each feed comes from one source for all seats, or seat by seat from one pack. Then the pack is known to others.
  bool fits(const std::vector<int>& pack) {
    if (pack.size() < least_share) return false;
    const WiredMember& first = member(pack[0]);
    auto fed_alike = [&](auto ports) {
      for (std::size_t p = 0; p < (first.*ports).size(); ++p)
        for (std::size_t j = 0; j < (first.*ports)[p].size(); ++j) {
          const Feed& lead = (first.*ports)[p][j];
          bool common = true, apart = true;
          for (std::size_t s = 0; s < pack.size(); ++s) {
            const auto& feeds = (member(pack[s]).*ports)[p];
            if (feeds.size() != (first.*ports)[p].size() || feeds[j].port != lead.port) return false;
            common = common && feeds[j].member == lead.member;
            apart = apart && lead.member >= 0 && feeds[j].member >= 0 && at(feeds[j].member) == std::pair(at(lead.member).first, static_cast<int>(s));
          }
          if (!common && !apart) return false;
        }
      return true;
    };
    if (!fed_alike(&WiredMember::inputs) || !fed_alike(&WiredMember::params)) return false;
    for (std::size_t s = 0; s < pack.size(); ++s) seats_[pack[s]] = {pack[0], static_cast<int>(s)};
    return true;
  }
  std::pair<int, int> at(int m) const {
    const auto s = seats_.find(m);
    return s == seats_.end() ? std::pair(-1 - m, -1) : s->second;
  }

  const Wiring& w_;
  const std::size_t count_;
  std::vector<Key> keys_;
  std::unordered_map<Key, std::size_t> alike_;
  std::vector<int> voice_, sorted_;
  std::vector<char> may_;
  std::map<int, std::pair<int, int>> seats_; ///< by member: the first of its pack, and its own seat
};

} // namespace

std::vector<std::vector<int>> shared_packs(const Wiring& wiring) { return Sharing(wiring).packs(); }

} // namespace chronus::control
