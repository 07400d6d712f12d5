// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The workers' threads, one a slot, and all that they work with.
#pragma once
#include "../link/rings.hpp"
#include "../render/worker.hpp"
#include <deque>
#include <memory>
#include <thread>
#include <unordered_set>

namespace chronus::control {

class Crew {
public:
  Crew(int slots, int outs, int ins) : stage_(std::make_shared<Stage>(slots, outs, ins)) {}
  /// Whoever does not return is not waited for: what it works with stays until it does.
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  link::Link& link() const { return stage_->link; }
  /// All that the other sides hold; those that are left at the end are freed with the last worker.
  std::unordered_set<render::Plan*>& plans() { return stage_->plans; }

  /// The worker of the next slot begins; `plan` (null: it has nothing to do yet) is its own from now on.
  void start(render::Plan* plan);
  /// The workers' real-time priority. \return what they got: 0 = ordinary
  int set_priority(int priority);

private:
  struct Hand {
    Hand(link::Link& link, int slot, render::Plan* plan) : worker(link, slot, plan) {}
    render::Worker worker;
    link::Published<int> left; ///< written by its thread, at the end
  };
  /// Shared with the workers' threads.
  struct Stage {
    Stage(int slots, int outs, int ins) : link(slots, outs, ins) {}
    ~Stage();
    link::Link link;
    std::deque<Hand> hands; ///< by slot
    std::unordered_set<render::Plan*> plans;
  };
  bool answers(int slot) const;

  std::shared_ptr<Stage> stage_;
  std::deque<std::thread> threads_; ///< by slot
};

} // namespace chronus::control
