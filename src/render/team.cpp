// SPDX-License-Identifier: GPL-3.0-or-later
// A slot's threads. See team.hpp.
#include "team.hpp"
#include <algorithm>

namespace chronus::render {

namespace {
constexpr double least_work = 30e-6; ///< s; to call somebody who sleeps takes as long
constexpr int at_once = 24;          ///< segments of one strand at the most: its state goes from core to core that seldom
} // namespace

void Team::help(std::size_t helper) noexcept {
  std::size_t last = 0;
  for (int looks = 0; !stop_.get(); ++looks) {
    const RealtimeSection section;
    if (run_some(helper + 1, last)) {
      looks = 0;
    } else if (looks < link::least_patience) {
      link::relax();
    } else if (!is_over()) { // others are held up, and may need this very core
      link::nap();
    } else {
      const RealtimePause pause;
      helpers_[helper].sleep([this] { return !is_over(); });
      looks = 0;
    }
  }
}

void Team::wake_all() noexcept {
  for (link::Summons& h : helpers_) h.dismiss();
}

bool Team::start(Plan& plan, Frame frame, int frames, int blocks) noexcept CHRONUS_REALTIME {
  const std::size_t strands = plan.strands.size();
  if (strands < 2 || strands > claims_.size() || plan.work * blocks * frames / block_frames < least_work) return false;
  plan.begin_strands();
  job_ = {&plan, frame, frames, blocks};
  done_ = 0;
  for (std::size_t s = 1; s < strands; ++s) claims_[s].open();
  for (link::Summons& h : helpers_) h.call();
  return true;
}

bool Team::next() noexcept CHRONUS_REALTIME {
  if (!work_until([this] { return job_.plan->go_on(0, job_.at(done_), job_.frames); })) return false;
  return ++done_ < job_.blocks || work_until([this] { return is_over(); });
}

/// The worker's, with whatever there is for it to do meanwhile.
template <class Done> bool Team::work_until(Done&& done) noexcept CHRONUS_REALTIME {
  return link::await(stop_, [&] {
    while (!done())
      if (!run_some(0, last_)) return false;
    return true;
  });
}

bool Team::is_over() const noexcept CHRONUS_REALTIME {
  return std::all_of(claims_.begin() + 1, claims_.end(), [](const link::Claim& c) { return link::Claim::is_over(c.look()); });
}

/// Some segments of one strand, fewer towards the end, where nobody shall wait for others long (guided self-scheduling; Polychronopoulos
/// and Kuck, 1987). Of those that are this thread's as a rule, whose state is near; or of another that waits.
/// `last`: which it was. \return false: none can go on
bool Team::run_some(std::size_t thread, std::size_t& last) noexcept CHRONUS_REALTIME {
  const std::size_t others = claims_.size() - 1, threads = helpers_.size() + 1;
  for (const bool own : {true, false})
    for (std::size_t i = 0; i < others; ++i) {
      const std::size_t s = 1 + (last + i) % others;
      if ((s % threads == thread) != own || !run_some_of(s)) continue;
      last = s;
      return true;
    }
  return false;
}

bool Team::run_some_of(std::size_t strand) noexcept CHRONUS_REALTIME {
  link::Claim& claim = claims_[strand];
  const std::uint64_t seen = claim.look();
  if (!link::Claim::is_free(seen) || !claim.take(seen)) return false;
  const int begun = link::Claim::done(seen), end = begun + std::clamp((job_.blocks - begun) / 4, 1, at_once);
  int done = begun;
  while (done < end && job_.plan->go_on(strand, job_.at(done), job_.frames)) ++done;
  claim.leave(seen, done, done == job_.blocks);
  return done > begun;
}

} // namespace chronus::render
