// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See wiring.hpp.
#include "wiring.hpp"
#include "error.hpp"
#include "sharing.hpp"
#include <algorithm>
#include <unordered_map>

namespace chronus::control {

namespace {

using Names = std::unordered_map<std::string, int>;

/// Marks the delays that stand in a cycle: members of a strongly connected component of more than themselves, or with a cable
/// to themselves (Tarjan 1972, without recursion).
void mark_cycles(Wiring& w) {
  const int n = static_cast<int>(w.members.size());
  std::vector<std::vector<int>> needs(static_cast<std::size_t>(n));
  std::vector<bool> self(static_cast<std::size_t>(n));
  for (int m = 0; m < n; ++m) {
    auto& wm = w.members[static_cast<std::size_t>(m)];
    auto add = [&](const std::vector<std::vector<Feed>>& feeds) {
      for (const auto& port : feeds)
        for (const Feed& f : port) {
          if (f.member == m) self[static_cast<std::size_t>(m)] = true;
          if (f.member >= 0) needs[static_cast<std::size_t>(m)].push_back(f.member);
        }
    };
    add(wm.inputs);
    add(wm.params);
  }
  std::vector<int> index(static_cast<std::size_t>(n), -1), low(static_cast<std::size_t>(n)), stack;
  std::vector<bool> on_stack(static_cast<std::size_t>(n));
  std::vector<std::pair<int, std::size_t>> path;
  int count = 0;
  for (int root = 0; root < n; ++root) {
    if (index[static_cast<std::size_t>(root)] >= 0) continue;
    path.push_back({root, 0});
    while (!path.empty()) {
      const int v = path.back().first;
      const auto vi = static_cast<std::size_t>(v);
      if (path.back().second == 0) {
        index[vi] = low[vi] = count++;
        stack.push_back(v);
        on_stack[vi] = true;
      }
      bool deeper = false;
      while (path.back().second < needs[vi].size()) {
        const int to = needs[vi][path.back().second++];
        const auto ti = static_cast<std::size_t>(to);
        if (index[ti] < 0) {
          path.push_back({to, 0});
          deeper = true;
          break;
        }
        if (on_stack[ti]) low[vi] = std::min(low[vi], index[ti]);
      }
      if (deeper) continue;
      if (low[vi] == index[vi]) {
        const bool cycle = stack.back() != v || self[vi];
        for (int u = -1; u != v;) {
          u = stack.back();
          stack.pop_back();
          on_stack[static_cast<std::size_t>(u)] = false;
          auto& m = w.members[static_cast<std::size_t>(u)];
          m.split = cycle && m.instance->type->may_close_cycle();
        }
      }
      path.pop_back();
      if (!path.empty()) low[static_cast<std::size_t>(path.back().first)] = std::min(low[static_cast<std::size_t>(path.back().first)], low[vi]);
    }
  }
}

/// A node is a pack, and for a member that is split a second one for its reading.
class Orderer {
public:
  explicit Orderer(Wiring& w) : w_(w), state_(static_cast<std::size_t>(2 * w.packs)) {
    w.ready_at.resize(static_cast<std::size_t>(w.packs));
  }

  void visit(int member, int pack, bool write) {
    path_.push_back({leader(member), pack, write, {}, 0});
    while (!path_.empty()) {
      Visit& v = path_.back();
      const auto& m = w_.members[static_cast<std::size_t>(v.member)];
      auto& state = state_[static_cast<std::size_t>(m.first_pack + v.pack + (v.write && m.split ? w_.packs : 0))];
      if (v.next == 0 && v.needs.empty()) {
        if (state == done) {
          path_.pop_back();
          continue;
        }
        if (state == open) throw Error(0, "'" + *m.name + "' is in a cycle without a delay");
        state = open;
        collect(m, v);
      }
      if (v.next < v.needs.size()) {
        const auto [member_needed, pack_needed] = v.needs[v.next++];
        if (member_needed == v.member && m.split && v.write) path_.push_back({member_needed, v.pack, false, {}, 0});
        else path_.push_back({leader(member_needed), pack_needed, false, {}, 0});
        continue;
      }
      state = done;
      const Turn::Kind kind = !m.split ? Turn::Kind::run : v.write ? Turn::Kind::write : Turn::Kind::read;
      if (kind != Turn::Kind::write) w_.ready_at[static_cast<std::size_t>(m.first_pack + v.pack)] = w_.order.size();
      w_.order.push_back({kind, v.member, v.pack});
      path_.pop_back();
    }
  }

private:
  static constexpr char open = 1, done = 2;
  struct Visit {
    int member, pack;
    bool write;
    std::vector<std::pair<int, int>> needs;
    std::size_t next;
  };

  /// Who stands for the pack that a member shares.
  int leader(int member) const {
    const auto& seats = w_.seats[static_cast<std::size_t>(w_.members[static_cast<std::size_t>(member)].first_pack)];
    return seats.empty() ? member : seats[0];
  }

  /// Pack by pack; of one lane its only pack, and all of them where their lanes are added up.
  void need(const WiredMember& m, int source, Visit& v) const {
    const WiredMember& s = w_.members[static_cast<std::size_t>(source)];
    if (!m.instance->type->sums) v.needs.push_back({source, s.lanes == 1 ? 0 : v.pack});
    else
      for (int p = 0; p < s.packs; ++p) v.needs.push_back({source, p});
  }

  void collect(const WiredMember& m, Visit& v) const {
    auto add = [&](const std::vector<std::vector<Feed>>& feeds) {
      for (const auto& port : feeds)
        for (const Feed& f : port)
          if (f.member >= 0) need(m, f.member, v);
    };
    if (m.split && v.write) v.needs.push_back({v.member, v.pack});
    const auto& seats = w_.seats[static_cast<std::size_t>(m.first_pack)];
    for (std::size_t s = 0; s < std::max<std::size_t>(seats.size(), 1); ++s) {
      const WiredMember& here = seats.empty() ? m : w_.members[static_cast<std::size_t>(seats[s])];
      if (!(m.split && v.write)) add(here.params);
      if (!(m.split && !v.write)) add(here.inputs);
    }
  }

  Wiring& w_;
  std::vector<char> state_;
  std::vector<Visit> path_;
};

/// Numbers the packs: first those that members have for themselves.
void make_packs(Wiring& w, bool share) {
  const auto shared = share ? shared_packs(w) : std::vector<std::vector<int>>();
  for (const auto& pack : shared)
    for (std::size_t s = 0; s < pack.size(); ++s) w.members[static_cast<std::size_t>(pack[s])].seat = static_cast<int>(s);
  for (WiredMember& m : w.members) {
    m.width = m.lanes == 1 && m.seat < 0 ? 1 : m.instance->type->kernels.back().width;
    m.packs = (m.lanes + m.width - 1) / m.width;
    if (m.seat >= 0) continue;
    m.first_pack = w.packs;
    w.packs += m.packs;
  }
  w.seats.resize(static_cast<std::size_t>(w.packs));
  for (const auto& pack : shared) {
    for (int m : pack) w.members[static_cast<std::size_t>(m)].first_pack = w.packs;
    ++w.packs;
    w.seats.push_back(pack);
  }
}

} // namespace

Wiring wire(const Patch& patch, int outs, bool share) {
  Wiring w;
  Names names;
  const std::vector<int> lanes = lane_counts(patch);
  for (const auto& [name, instance] : patch.instances) {
    names.emplace(name, static_cast<int>(w.members.size()));
    WiredMember m{&name, &instance, lanes[w.members.size()], 1, 1, 0, -1, false, {}, {}};
    m.inputs.resize(instance.type->inputs.size());
    m.params.resize(instance.type->params.size());
    w.members.push_back(std::move(m));
  }
  w.outs.resize(static_cast<std::size_t>(outs));
  for (const Cable& c : patch.cables) {
    const Feed feed{c.from.module == in_name ? -1 : names.at(c.from.module), c.from.port, c.by, c.ordinal};
    if (c.to.module == out_name) {
      for (int p = 0; p < outs; ++p)
        if (c.to.port == 0 || c.to.port == p + 1) w.outs[static_cast<std::size_t>(p)].push_back(feed);
    } else {
      auto& m = w.members[static_cast<std::size_t>(names.at(c.to.module))];
      (c.to.is_param ? m.params : m.inputs)[static_cast<std::size_t>(c.to.port)].push_back(feed);
    }
  }
  auto by_ordinal = [](std::vector<Feed>& feeds) {
    std::stable_sort(feeds.begin(), feeds.end(), [](const Feed& a, const Feed& b) { return a.ordinal < b.ordinal; });
  };
  for (auto& port : w.outs) by_ordinal(port);
  for (auto& m : w.members) {
    for (auto& port : m.inputs) by_ordinal(port);
    for (auto& port : m.params) by_ordinal(port);
  }
  mark_cycles(w);
  make_packs(w, share);

  Orderer orderer(w);
  auto all_packs = [&](int member, bool write) {
    for (int p = 0; p < w.members[static_cast<std::size_t>(member)].packs; ++p) orderer.visit(member, p, write);
  };
  for (const auto& port : w.outs)
    for (const Feed& f : port)
      if (f.member >= 0) all_packs(f.member, false);
  for (int m = 0; m < static_cast<int>(w.members.size()); ++m)
    if (!w.members[static_cast<std::size_t>(m)].split) all_packs(m, false);
  for (int m = 0; m < static_cast<int>(w.members.size()); ++m)
    if (w.members[static_cast<std::size_t>(m)].split) all_packs(m, true);
  return w;
}

} // namespace chronus::control
