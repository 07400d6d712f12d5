// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. The wiring of a draft by numbers instead of names, kept beside it: what makes the check of one more cable
// cheap in a patch of ten thousand modules.
#pragma once
#include "patch.hpp"
#include <string_view>
#include <unordered_map>

namespace chronus::control {

inline constexpr std::size_t max_total_lanes = 1'048'576;

class Graph {
public:
  Graph() = default;
  explicit Graph(const Patch& patch);

  void add(const std::string& name, const Instance& instance);
  void remove(const std::string& name);

  /// Throws Error at `column`, and is then as before: for a cycle without a delay in it, for two widths that differ at one
  /// module, and for more lanes than the limit. Cables from `in` and into `out` weigh nothing.
  void connect(const Cable& cable, int column);
  void disconnect(const Cable& cable);
  /// After a change of the instance's lanes or settings. Throws as connect does.
  void update(const std::string& name, const Instance& instance, int column);

  int width(const std::string& name);
  std::map<std::string, int, std::less<>> widths();
  /// Checks all widths at once, and from now on those that a change raises. Throws Error.
  void check_widths();
  /// While a whole patch is read, widths may differ on the way: none is checked before check_widths.
  void put_off_widths() { put_off_ = true; }

private:
  struct Edge {
    int node;
    bool stops; ///< into a delay's audio input: what it makes in this frame does not depend on it
    bool operator==(const Edge&) const = default;
  };
  struct Node {
    std::string name;
    bool used = false, may_close = false, sums = false;
    int asked = 0, seed = 1, width = 1;
    std::vector<Edge> to, from;
  };
  struct Raised { int node, width; };

  int find(const std::string& name) const;
  Edge edge(int node, const Cable& cable) const;
  bool reaches(int from, int to) const;
  void raise(int node, int width, std::vector<Raised>& undo);
  const Node* mismatch(const std::vector<Raised>& raised, int also) const;
  bool fits(const Node& node) const;
  void check_raised(const std::vector<Raised>& raised, int also, int column);
  void refresh();

  std::unordered_map<std::string, int> ids_;
  std::vector<Node> nodes_;
  std::vector<int> free_;
  std::size_t total_ = 0;
  bool stale_ = false; ///< some width may be too large
  bool put_off_ = false;
};

/// Lanes that the instance asks for by itself: lanes=N or its longest list.
int own_lanes(const Instance& instance);

} // namespace chronus::control
