// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. A patch by numbers: members in the order of their names, their lanes, packs and cables, and the order in
// which a plan runs them.
#pragma once
#include "patch.hpp"
#include <cstdint>
#include <string>
#include <vector>

namespace chronus::control {

struct Feed {
  int member; ///< -1: the input ports
  int port;
  float by;
  std::uint32_t ordinal;
};

struct WiredMember {
  const std::string* name;
  const Instance* instance;
  int lanes, width, packs, first_pack;
  int seat = -1;                            ///< in a pack that it shares
  bool split = false;                       ///< closes a cycle: is read first
  std::vector<std::vector<Feed>> inputs;    ///< by port, each by ordinal
  std::vector<std::vector<Feed>> params;    ///< by parameter
};

/// What runs when: a pack, whole, or its reading and its writing apart.
struct Turn {
  enum class Kind : std::uint8_t { run, read, write } kind;
  int member, pack; ///< pack of the member; of a shared pack the first member, and 0
};

struct Wiring {
  std::vector<WiredMember> members;
  std::vector<std::vector<Feed>> outs; ///< by output port, each in the order of its sum
  int packs = 0;
  std::vector<std::vector<int>> seats; ///< by pack: the members that share it; empty: it is one member's own
  std::vector<Turn> order;             ///< a pack runs as soon as what it needs has run, so that few tiles are alive
  std::vector<std::size_t> ready_at;   ///< by pack: the place in `order` at which its outputs are there
};

/// Throws Error when there is a cycle without a delay in it. `outs`: output ports. Linear in modules and cables.
Wiring wire(const Patch& patch, int outs, bool share = true);

} // namespace chronus::control
