// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. The wiring of a draft by numbers instead of names.
#include "graph.hpp"
#include "error.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace chronus::control {

int own_lanes(const Instance& instance) {
  if (instance.type->sums) return 1;
  std::size_t lanes = static_cast<std::size_t>(std::max(instance.lanes, 1));
  for (const Setting& s : instance.settings)
    if (s.kind == Setting::Kind::list) lanes = std::max(lanes, s.numbers.size());
  return static_cast<int>(lanes);
}

Graph::Graph(const Patch& patch) {
  for (const auto& [name, instance] : patch.instances) add(name, instance);
  for (const Cable& c : patch.cables) {
    const int from = find(c.from.module), to = find(c.to.module);
    if (from < 0 || to < 0) continue;
    nodes_[from].to.push_back(edge(to, c));
    nodes_[to].from.push_back({from, edge(to, c).stops});
  }
  stale_ = true;
}

int Graph::find(const std::string& name) const {
  const auto it = ids_.find(name);
  return it == ids_.end() ? -1 : it->second;
}

// A delay's parameters are read before its output is made, its audio input after: only a cable into the input opens a cycle.
Graph::Edge Graph::edge(int node, const Cable& cable) const { return {node, nodes_[node].may_close && !cable.to.is_param}; }

void Graph::add(const std::string& name, const Instance& instance) {
  int id = static_cast<int>(nodes_.size());
  if (free_.empty()) nodes_.emplace_back();
  else {
    id = free_.back();
    free_.pop_back();
  }
  const int lanes = own_lanes(instance);
  nodes_[id] = {name, true, instance.type->may_close_cycle(), instance.type->sums, instance.lanes, lanes, lanes, {}, {}};
  ids_[name] = id;
  total_ += static_cast<std::size_t>(lanes);
}

void Graph::remove(const std::string& name) {
  const int id = find(name);
  Node& node = nodes_[id];
  for (const Edge& e : node.to) std::erase_if(nodes_[e.node].from, [&](const Edge& x) { return x.node == id; });
  for (const Edge& e : node.from) std::erase_if(nodes_[e.node].to, [&](const Edge& x) { return x.node == id; });
  stale_ = stale_ || (node.width > 1 && !node.to.empty());
  total_ -= static_cast<std::size_t>(node.width);
  node = {};
  ids_.erase(name);
  free_.push_back(id);
}

void Graph::disconnect(const Cable& cable) {
  const int from = find(cable.from.module), to = find(cable.to.module);
  if (from < 0 || to < 0) return;
  const Edge forward = edge(to, cable), back{from, forward.stops};
  auto& out = nodes_[from].to;
  auto& in = nodes_[to].from;
  out.erase(std::find(out.begin(), out.end(), forward));
  in.erase(std::find(in.begin(), in.end(), back));
  stale_ = stale_ || nodes_[from].width > 1;
}

/// Searches from both ends by turns, so that the smaller side decides what it costs.
bool Graph::reaches(int from, int to) const {
  if (from == to) return true;
  std::unordered_map<int, int> seen{{from, 0}, {to, 1}};
  std::vector<int> open[2] = {{from}, {to}};
  while (!open[0].empty() && !open[1].empty()) {
    for (int side : {0, 1}) {
      if (open[side].empty()) return false;
      const Node& node = nodes_[open[side].back()];
      open[side].pop_back();
      for (const Edge& e : side == 0 ? node.to : node.from) {
        if (e.stops) continue;
        const auto [it, fresh] = seen.try_emplace(e.node, side);
        if (!fresh && it->second != side) return true;
        if (fresh) open[side].push_back(e.node);
      }
    }
  }
  return false;
}

void Graph::connect(const Cable& cable, int column) {
  const int from = find(cable.from.module), to = find(cable.to.module);
  if (from < 0 || to < 0) return;
  const Edge forward = edge(to, cable);
  if (!forward.stops && reaches(to, from))
    throw Error(column, cable.to.is_param && nodes_[to].may_close
                            ? fmt::format("{} would set its own parameter: a cycle in which no other delay is", cable.to.module)
                            : fmt::format("a cycle: {} already feeds {}, and there is no delay between them", cable.to.module, cable.from.module));
  refresh();
  nodes_[from].to.push_back(forward);
  nodes_[to].from.push_back({from, forward.stops});
  std::vector<Raised> raised;
  raise(to, nodes_[from].width, raised);
  try {
    check_raised(raised, to, column);
  } catch (const Error&) {
    nodes_[from].to.pop_back();
    nodes_[to].from.pop_back();
    throw;
  }
}

void Graph::update(const std::string& name, const Instance& instance, int column) {
  const int id = find(name), lanes = own_lanes(instance), before = nodes_[id].seed, asked = nodes_[id].asked;
  if (lanes == before && asked == instance.lanes && total_ <= max_total_lanes) return;
  refresh();
  nodes_[id].seed = lanes;
  nodes_[id].asked = instance.lanes;
  std::vector<Raised> raised;
  raise(id, lanes, raised);
  try {
    check_raised(raised, id, column);
  } catch (const Error&) {
    nodes_[id].seed = before;
    nodes_[id].asked = asked;
    throw;
  }
  stale_ = lanes < before;
}

int Graph::width(const std::string& name) {
  refresh();
  return nodes_[find(name)].width;
}

std::map<std::string, int, std::less<>> Graph::widths() {
  refresh();
  std::map<std::string, int, std::less<>> all;
  for (const Node& n : nodes_)
    if (n.used) all.emplace(n.name, n.width);
  return all;
}

} // namespace chronus::control
