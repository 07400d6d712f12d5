// SPDX-License-Identifier: GPL-3.0-or-later
// A slot's threads. See team.hpp.
#include "team.hpp"
#include "../link/clock.hpp"
#include <algorithm>

namespace chronus::render {

void Team::help(std::size_t helper) noexcept {
  Helper& h = helpers_[helper];
  int patience = link::Summons::least_patience;
  while (h.summons.wait(stop_, patience)) {
    const RealtimeSection section;
    const Job job = h.job;
    const std::int64_t begun = link::now_ns();
    for (int i = 0; i < job.blocks && !stop_.get(); ++i)
      if (!job.plan->run_strand(helper + 1, job.frame + static_cast<Frame>(i * job.frames), job.frames, stop_)) break;
    // The next call may come as soon as the others are through with theirs: up to a quarter of what it took is worth a wait.
    constexpr std::int64_t look_ns = 20, most = 20 * link::Summons::least_patience;
    patience = static_cast<int>(std::clamp<std::int64_t>((link::now_ns() - begun) / (4 * look_ns), link::Summons::least_patience, most));
  }
}

void Team::wake_all() noexcept {
  for (Helper& h : helpers_) h.summons.call();
}

bool Team::start(Plan& plan, Frame frame, int frames, int blocks) noexcept CHRONUS_REALTIME {
  constexpr double least = 100'000; // cycles; some 30 µs: to call somebody who sleeps takes as long
  constexpr double look = 60;       // cycles between two looks at who has come
  const std::size_t needed = plan.strands.size() - 1;
  const double work = plan.work * blocks * frames / block_frames;
  if (needed == 0 || work < least) return false;
  const double patience = std::max(2500.0, work / 20 / look); // looks: some 50 µs, or a twentieth of what there is to do
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
