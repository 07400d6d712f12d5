// SPDX-License-Identifier: GPL-3.0-or-later
// Its own thread, of ordinary priority; made and asked by the main thread. Builds and primes beside the sound.
#pragma once
#include "build.hpp"
#include "history_store.hpp"
#include "prime.hpp"
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace chronus::control {

class Builder {
public:
  struct Job {
    std::shared_ptr<const Patch> patch, before; ///< what shall sound, and what it is to go on from; a supply has none
    bool force = false, with_base = false;
    int copies = 1;
    double live_load = 0;
    int slots = 1;
    std::optional<std::uint64_t> supply = {}; ///< a plan of `patch` as this revision plays it, for a slot that was lost: no rehearsal
  };
  struct Result {
    Verdict verdict;
    std::vector<std::unique_ptr<render::Plan>> plans; ///< alike; none when refused
    std::unique_ptr<render::Plan> base;               ///< of `before`
    std::optional<std::uint64_t> supply = {};         ///< as in the job
  };

  /// `ready` is called on the builder's thread when a result may be taken.
  Builder(Ids& ids, HistoryStore& store, double rate, int outs, int ins, int workers, bool realtime, std::function<void()> ready);
  ~Builder();

  /// A supply goes before the commits that wait.
  void send(Job job);
  std::optional<Result> take();

private:
  void run();
  Result work(const Job& job);
  Blueprint blueprint(const Patch& patch, const Patch* before, std::span<const double> costs = {});
  std::vector<double> costs(render::Plan& plan) const;

  Ids& ids_;
  HistoryStore& store_;
  const double rate_;
  const int outs_, ins_, workers_;
  const bool realtime_;
  std::function<void()> ready_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> jobs_;
  std::deque<Result> results_;
  bool stop_ = false;
  std::thread thread_;
};

} // namespace chronus::control
