// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. What can be asked of a patch as a whole.
#include "patch.hpp"
#include "error.hpp"
#include "graph.hpp"
#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <unordered_map>

namespace chronus::control {

float lane_value(const Setting& setting, const ParamSpec& spec, int lane, int lanes) {
  const auto& n = setting.numbers;
  if (setting.kind == Setting::Kind::one) return n[0];
  if (setting.kind == Setting::Kind::list) return n[static_cast<std::size_t>(lane) % n.size()];
  if (lane <= 0 || lanes <= 1) return n[0];
  if (lane >= lanes - 1) return n[1];
  const double part = static_cast<double>(lane) / (lanes - 1), low = n[0], high = n[1];
  const double value = spec.scale == Scale::logarithmic ? low * std::pow(high / low, part) : low + (high - low) * part;
  return std::clamp(static_cast<float>(value), std::min(n[0], n[1]), std::max(n[0], n[1]));
}

namespace {

/// Instances in their order, cables between them by numbers.
struct Numbered {
  struct Node {
    int seed, asked, width;
    bool sums;
  };
  struct Edge { int from, to; };
  std::vector<Node> nodes;
  std::vector<Edge> edges; ///< by source
  std::vector<std::size_t> first; ///< by node: of its edges; and the end

  explicit Numbered(const Patch& patch) {
    std::unordered_map<std::string_view, int> ids(2 * patch.instances.size());
    nodes.reserve(patch.instances.size());
    for (const auto& [name, i] : patch.instances) {
      ids.emplace(name, static_cast<int>(nodes.size()));
      nodes.push_back({own_lanes(i), i.lanes, own_lanes(i), i.type->sums});
    }
    edges.reserve(patch.cables.size());
    for (const Cable& c : patch.cables) {
      const auto from = ids.find(c.from.module), to = ids.find(c.to.module);
      if (from != ids.end() && to != ids.end()) edges.push_back({from->second, to->second});
    }
    std::sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.from < b.from; });
    first.assign(nodes.size() + 1, 0);
    for (const Edge& e : edges) ++first[static_cast<std::size_t>(e.from) + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
  }

  Node& node(int n) { return nodes[static_cast<std::size_t>(n)]; }

  /// From the widest seeds on, so that each node is visited once.
  void spread() {
    std::vector<int> open;
    for (std::size_t n = 0; n < nodes.size(); ++n)
      if (nodes[n].seed > 1) open.push_back(static_cast<int>(n));
    std::stable_sort(open.begin(), open.end(), [&](int a, int b) { return node(a).seed < node(b).seed; });
    while (!open.empty()) {
      const int from = open.back(), width = node(from).width;
      open.pop_back();
      for (std::size_t e = first[static_cast<std::size_t>(from)]; e < first[static_cast<std::size_t>(from) + 1]; ++e) {
        Node& to = node(edges[e].to);
        if (to.sums || to.width >= width) continue;
        to.width = width;
        open.push_back(edges[e].to);
      }
    }
  }

  /// Whether all that meets at a node has one lane, or as many as it.
  bool fits() {
    const auto alike = [](int lanes, const Node& n) { return lanes <= 1 || lanes == n.width; };
    std::size_t total = 0;
    bool all = true;
    for (const Node& n : nodes) {
      total += static_cast<std::size_t>(n.width);
      all = all && alike(n.asked, n);
    }
    for (const Edge& e : edges) all = all && (node(e.to).sums || alike(node(e.from).width, node(e.to)));
    return all && total <= max_total_lanes;
  }
};

} // namespace

std::vector<int> lane_counts(const Patch& patch) {
  Numbered graph(patch);
  graph.spread();
  if (!graph.fits()) Graph(patch).check_widths(); // says where
  std::vector<int> counts;
  for (const auto& n : graph.nodes) counts.push_back(n.width);
  return counts;
}

std::map<std::string, int, std::less<>> lanes_of(const Patch& patch) {
  std::map<std::string, int, std::less<>> lanes;
  const std::vector<int> counts = lane_counts(patch);
  for (auto count = counts.begin(); const auto& [name, instance] : patch.instances) lanes.emplace_hint(lanes.end(), name, *count++);
  return lanes;
}

std::optional<std::size_t> closes_cycle(const Patch& patch) {
  std::unordered_map<std::string_view, std::size_t> ids;
  std::vector<bool> may_close;
  for (const auto& [name, instance] : patch.instances) {
    ids.emplace(name, ids.size());
    may_close.push_back(instance.type->may_close_cycle());
  }
  struct Edge { std::size_t to, cable; };
  std::vector<std::vector<Edge>> edges(ids.size());
  for (std::size_t i = 0; i < patch.cables.size(); ++i) {
    const Cable& c = patch.cables[i];
    const auto from = ids.find(c.from.module), to = ids.find(c.to.module);
    if (from == ids.end() || to == ids.end() || (may_close[to->second] && !c.to.is_param)) continue;
    edges[from->second].push_back({to->second, i});
  }
  // Depth first, without recursion: a patch may be one chain of ten thousand modules.
  enum : char { unseen, open, done };
  std::vector<char> state(ids.size(), unseen);
  struct Step { std::size_t node, next, cable; };
  for (std::size_t root = 0; root < edges.size(); ++root) {
    if (state[root] != unseen) continue;
    std::vector<Step> path{{root, 0, 0}};
    state[root] = open;
    while (!path.empty()) {
      Step& top = path.back();
      if (top.next == edges[top.node].size()) {
        state[top.node] = done;
        path.pop_back();
        continue;
      }
      const Edge e = edges[top.node][top.next++];
      if (state[e.to] == open) { // the youngest cable of this cycle closed it
        std::size_t youngest = e.cable;
        for (auto s = path.rbegin(); s->node != e.to; ++s) youngest = std::max(youngest, s->cable);
        return youngest;
      }
      if (state[e.to] == unseen) {
        state[e.to] = open;
        path.push_back({e.to, 0, e.cable});
      }
    }
  }
  return std::nullopt;
}

} // namespace chronus::control
