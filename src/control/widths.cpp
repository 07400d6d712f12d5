// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. How many lanes each module has: the most that it asks for or that reaches it.
#include "error.hpp"
#include "graph.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace chronus::control {

void Graph::raise(int node, int width, std::vector<Raised>& undo) {
  std::vector<int> open{node};
  while (!open.empty()) {
    const int id = open.back();
    open.pop_back();
    Node& n = nodes_[id];
    if (n.sums || n.width >= width) continue;
    undo.push_back({id, n.width});
    total_ += static_cast<std::size_t>(width - n.width);
    n.width = width;
    for (const Edge& e : n.to) open.push_back(e.node);
  }
}

bool Graph::fits(const Node& node) const {
  const auto fits = [&](int lanes) { return lanes <= 1 || lanes == node.width; };
  return fits(node.asked) && (node.sums || std::all_of(node.from.begin(), node.from.end(), [&](const Edge& e) { return fits(nodes_[e.node].width); }));
}

const Graph::Node* Graph::mismatch(const std::vector<Raised>& raised, int also) const {
  if (!fits(nodes_[also])) return &nodes_[also];
  for (const Raised& r : raised) {
    if (!fits(nodes_[r.node])) return &nodes_[r.node];
    for (const Edge& e : nodes_[r.node].to)
      if (!fits(nodes_[e.node])) return &nodes_[e.node];
  }
  return nullptr;
}

namespace {

std::string too_many_lanes(std::size_t total) {
  return fmt::format("{} lanes in the patch are over the limit of {}", total, max_total_lanes);
}

} // namespace

void Graph::check_raised(const std::vector<Raised>& raised, int also, int column) {
  if (put_off_) return;
  const Node* odd = mismatch(raised, also);
  if (odd == nullptr && total_ <= max_total_lanes) return;
  std::string text = too_many_lanes(total_);
  if (odd != nullptr) {
    int other = odd->asked > 1 && odd->asked != odd->width ? odd->asked : 0;
    for (const Edge& e : odd->from)
      if (const int w = nodes_[e.node].width; w > 1 && w != odd->width) other = w;
    text = fmt::format("{} would have both {} and {} lanes", odd->name, std::min(other, odd->width), std::max(other, odd->width));
  }
  for (auto r = raised.rbegin(); r != raised.rend(); ++r) {
    total_ -= static_cast<std::size_t>(nodes_[r->node].width - r->width);
    nodes_[r->node].width = r->width;
  }
  throw Error(column, text);
}

/// The widest first: each module is then visited once.
void Graph::refresh() {
  if (!stale_) return;
  stale_ = false;
  total_ = 0;
  std::vector<int> order;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].used) {
      nodes_[i].width = 1;
      ++total_;
      if (nodes_[i].seed > 1) order.push_back(static_cast<int>(i));
    }
  std::sort(order.begin(), order.end(), [&](int a, int b) { return nodes_[a].seed > nodes_[b].seed; });
  std::vector<Raised> raised;
  for (int id : order) raise(id, nodes_[id].seed, raised);
}

void Graph::check_widths() {
  put_off_ = false;
  refresh();
  std::vector<Raised> none;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    if (nodes_[i].used) check_raised(none, static_cast<int>(i), 0);
}

} // namespace chronus::control
