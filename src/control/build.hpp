// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. Patch → plan: everything allocated, ordered, its buffers assigned by liveness. Live plays on untouched.
#pragma once
#include "../render/plan.hpp"
#include "patch.hpp"
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

/// Throws Error when the patch cannot be built (a cycle without a delay, too much memory).
std::unique_ptr<render::Plan> build(const BuildRequest& request, Ids& ids);

} // namespace chronus::control
