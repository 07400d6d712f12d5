// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. Patch → plan: everything allocated, ordered, its buffers assigned by liveness. Live plays on untouched.
#pragma once
#include "steps.hpp"
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>

namespace chronus::control {

class HistoryStore;

/// The stable ids of names: what ops carry instead of a name. Any control thread.
class Ids {
public:
  std::uint32_t of(const std::string& name);
  /// Null for an id that was never given.
  const std::string* name(std::uint32_t id);

private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::deque<const std::string*> names_; ///< by id
};

struct BuildRequest {
  const Patch& patch;
  const Patch* before; ///< the patch whose plan it takes over from; null: nothing is carried
  double rate;
  int outs, ins;
  HistoryStore* store = nullptr; ///< where delay lines' memory comes from; null: from the heap
  bool share = true;             ///< modules of one lane share packs; no bit changes
  int workers = 1;               ///< threads of a slot that share the work; no bit changes
  std::span<const double> costs = {}; ///< by pack, in seconds a block, where they have been measured
};

/// What all plans of a patch have alike, found once: its wiring, its steps, and their places in memory.
class Blueprint {
public:
  /// Throws Error when the patch cannot be built (a cycle without a delay, too much memory). What the request names outlives it, but for
  /// the costs.
  Blueprint(const BuildRequest& request, Ids& ids);

  /// One more, with memory of its own. Throws Error when there is none left.
  std::unique_ptr<render::Plan> plan() const;
  const Wiring& wiring() const { return wiring_; }

private:
  const ModuleSpec& type(std::size_t m) const { return *wiring_.members[m].instance->type; }

  void add_members();
  void add_pack(std::size_t m, int p);
  void carry_over();
  void add_initial_values();
  void add_gates();
  void place_states();
  void count_memory();
  std::size_t history_count(std::size_t m) const;
  Frame capacity(const ModuleSpec& t) const;

  void allocate(render::Plan& plan) const;
  void connect_packs(render::Plan& plan) const;
  void connect_steps(render::Plan& plan) const;

  const BuildRequest request_;
  Ids& ids_;
  Wiring wiring_;
  Steps steps_;
  render::Plan pattern_; ///< all of a plan but its memory, and what points into that
  std::size_t tiles_ = 0, states_ = 0, ramps_ = 0; ///< floats
  std::vector<std::size_t> state_at_, ramps_at_;   ///< by pack: floats
};

/// One plan. Throws Error as the blueprint does.
std::unique_ptr<render::Plan> build(const BuildRequest& request, Ids& ids);

} // namespace chronus::control
