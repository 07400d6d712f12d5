// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. What can be asked of a patch as a whole.
#include "patch.hpp"
#include "error.hpp"
#include "graph.hpp"
#include <algorithm>
#include <cmath>
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

std::map<std::string, int, std::less<>> lanes_of(const Patch& patch) {
  Graph graph(patch);
  graph.check_widths();
  return graph.widths();
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
