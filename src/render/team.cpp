// SPDX-License-Identifier: GPL-3.0-or-later
// A slot's threads. See team.hpp.
#include "team.hpp"

namespace chronus::render {

void Team::help(std::size_t helper) noexcept {
  Helper& h = helpers_[helper];
  while (h.summons.wait(stop_)) {
    const RealtimeSection section;
    const Job job = h.job;
    for (int i = 0; i < job.blocks; ++i)
      if (!job.plan->run_strand(helper + 1, job.frame + static_cast<Frame>(i * job.frames), job.frames, stop_)) break;
  }
}

void Team::wake_all() noexcept {
  for (Helper& h : helpers_) h.summons.call();
}

bool Team::start(Plan& plan, Frame frame, int frames, int blocks) noexcept CHRONUS_REALTIME {
  constexpr double least = 100'000; // cycles; some 30 µs: to call somebody who sleeps takes as long
  constexpr int patience = 2500;    // looks; some 50 µs
  const std::size_t needed = plan.strands.size() - 1;
  if (needed == 0 || plan.work * blocks * frames / block_frames < least) return false;
  for (std::size_t i = 0; i < needed; ++i) helpers_[i].summons.call();
  std::size_t come = 0;
  for (int looks = 0; come < needed && looks < patience; ++looks)
    if (helpers_[come].summons.has_come()) ++come;
    else link::relax();
  for (std::size_t i = 0; i < needed; ++i) {
    helpers_[i].job = {&plan, frame, frames, blocks};
    helpers_[i].summons.decide(come == needed);
  }
  return come == needed;
}

} // namespace chronus::render
