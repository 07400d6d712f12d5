// SPDX-License-Identifier: GPL-3.0-or-later
// A slot's threads. Where a plan has several strands, the worker runs the first and its helpers run the others, some blocks at a time;
// within them each goes at its own pace, as far as the crossings between them allow.
#pragma once
#include "../link/rings.hpp"
#include "plan.hpp"
#include <deque>

namespace chronus::render {

class Team {
public:
  /// Control thread, before the others start. `stop`: set when all is over.
  Team(const link::Published<int>& stop, int helpers) : stop_(stop), helpers_(static_cast<std::size_t>(helpers)) {}

  /// A helper's thread, until `stop` is set.
  void help(std::size_t helper) noexcept;
  /// Any thread, when `stop` is set.
  void wake_all() noexcept;

  /// Worker. Calls the helpers that this plan needs for `blocks` segments of `frames` frames each, from `frame` on.
  /// \return true: they have begun, and the worker is to run the first strand of each; where it has run the last, all are over.
  /// false: it is too little for so many, or some helper is busy elsewhere; the worker runs all by itself
  bool start(Plan& plan, Frame frame, int frames, int blocks) noexcept CHRONUS_REALTIME;

private:
  struct Job {
    Plan* plan = nullptr;
    Frame frame = 0;
    int frames = 0, blocks = 0;
  };
  struct Helper {
    Job job; ///< the worker's, but from when it is published until the helper has run it
    link::Summons summons;
  };
  const link::Published<int>& stop_;
  std::deque<Helper> helpers_;
};

} // namespace chronus::render
