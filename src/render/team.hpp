// SPDX-License-Identifier: GPL-3.0-or-later
// A slot's threads. Where a plan has several strands, the worker opens a job, some segments of each, and runs the first strand. The
// others are run by whoever has time, the helpers or the worker, some segments at a time: a thread that is held up, or asleep yet,
// leaves its part to the others. Each strand goes as far as the crossings allow.
#pragma once
#include "../link/rings.hpp"
#include "plan.hpp"
#include <deque>

namespace chronus::render {

class Team {
public:
  /// Strands that a plan for so many threads has at the most: more than threads, so that they are shared out evenly.
  static constexpr int strands_for(int threads) { return threads > 1 ? 2 * threads : 1; }

  /// Control thread, before the others start. `stop`: set when all is over.
  Team(const link::Published<int>& stop, int helpers)
      : stop_(stop), helpers_(static_cast<std::size_t>(helpers)), claims_(static_cast<std::size_t>(strands_for(helpers + 1))) {}

  /// A helper's thread, until `stop` is set.
  void help(std::size_t helper) noexcept;
  /// Any thread, when `stop` is set.
  void wake_all() noexcept;

  /// Worker. A job: `blocks` segments of `frames` frames each, from `frame` on; at most link::Claim::most_segments. The plan is the
  /// team's until the last of them. \return false: it is too little for so many, the worker is to run all by itself
  bool start(Plan& plan, Frame frame, int frames, int blocks) noexcept CHRONUS_REALTIME;
  /// Worker, `blocks` times after that: until the first strand is through with its next segment; with the last, all of them are.
  /// \return false: `stop` is set
  bool next() noexcept CHRONUS_REALTIME;

private:
  struct Job {
    Plan* plan = nullptr;
    Frame frame = 0;
    int frames = 0, blocks = 0;
    Frame at(int segment) const noexcept CHRONUS_REALTIME { return frame + static_cast<Frame>(segment) * static_cast<Frame>(frames); }
  };
  bool run_some(std::size_t thread, std::size_t& last) noexcept CHRONUS_REALTIME;
  bool run_some_of(std::size_t strand) noexcept CHRONUS_REALTIME;
  bool is_over() const noexcept CHRONUS_REALTIME;
  template <class Done> bool work_until(Done&& done) noexcept CHRONUS_REALTIME;

  const link::Published<int>& stop_;
  std::deque<link::Summons> helpers_;
  std::deque<link::Claim> claims_; ///< by strand; the first has none
  Job job_;                        ///< the worker's, but while there are claims: theirs who have one, too
  link::Apart apart_;
  int done_ = 0;         ///< the worker's: segments of the first strand
  std::size_t last_ = 0; ///< the worker's: the strand that it helped with
};

} // namespace chronus::render
