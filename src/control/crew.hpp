// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The workers' threads, one a slot or (with helpers) several, and all that they work with.
#pragma once
#include "../link/rings.hpp"
#include "../render/worker.hpp"
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

namespace chronus::control {

class Crew {
public:
  /// `workers`: threads a slot; `capacity`: see Link.
  Crew(int slots, int workers, int outs, int ins, Frame begin = 0, std::size_t capacity = link::SlotRings::block_capacity)
      : stage_(std::make_shared<Stage>(slots, outs, ins, begin, capacity)), helpers_(workers - 1) {}
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

  /// Often, in real time. A slot whose worker has not done for a second what it was told when the slot was given up has another
  /// one take its place; the worker is an ordinary thread until it returns, and its slot may then take another's place. One that ran
  /// for too long without a pause is an ordinary thread until it gets on.
  /// \return what the user should know
  std::vector<std::string> tend();

private:
  using Clock = std::chrono::steady_clock;
  struct Hand {
    Hand(link::Link& link, int slot, render::Plan* plan, int helpers)
        : rings(link.rings(slot)), worker(link, slot, plan, helpers), threads(static_cast<std::size_t>(helpers) + 1) {}
    /// What a thread tells of itself.
    struct Thread {
      link::Published<int> left;                ///< at the end
      link::Published<std::uint32_t> demotions; ///< see obey_limit
    };
    const link::SlotRings& rings;
    render::Worker worker;
    std::deque<Thread> threads; ///< the worker's, then its helpers'
  };
  /// What is known of a worker.
  struct Watch {
    std::vector<std::thread> threads; ///< the worker's, then its helpers'
    std::uint32_t dismissal = 0; ///< the last that was not carried out when it was looked at
    Clock::time_point seen{};    ///< for the first time
    bool away = false;           ///< it has not answered for too long
    std::uint32_t demotions = 0; ///< of its threads
    bool demoted = false;        ///< some of them are ordinary threads for that
    Frame rendered = 0;          ///< by then
  };
  /// Shared with the workers' threads.
  struct Stage {
    Stage(int slots, int outs, int ins, Frame begin, std::size_t capacity) : link(slots, outs, ins, begin, capacity) {}
    ~Stage();
    link::Link link;
    std::deque<Hand> hands; ///< by slot
    std::unordered_set<render::Plan*> plans;
  };
  bool away(std::size_t slot);
  void promote(std::size_t slot);
  std::string replace();

  std::shared_ptr<Stage> stage_;
  std::deque<Watch> watches_; ///< by slot
  const int helpers_;         ///< of each worker
  int priority_ = 0;
};

} // namespace chronus::control
