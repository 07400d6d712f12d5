// SPDX-License-Identifier: GPL-3.0-or-later
// The builder's thread. See builder.hpp.
#include "builder.hpp"
#include "error.hpp"
#include <algorithm>
#include <chronus/denormals.hpp>
#include <chrono>

namespace chronus::control {

Builder::Builder(Ids& ids, HistoryStore& store, double rate, int outs, int ins, int workers, bool realtime, std::function<void()> ready)
    : ids_(ids), store_(store), rate_(rate), outs_(outs), ins_(ins), workers_(workers), realtime_(realtime), ready_(std::move(ready)), thread_([this] { run(); }) {}

Builder::~Builder() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Builder::send(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (job.supply) jobs_.push_front(std::move(job));
    else jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

std::optional<Builder::Result> Builder::take() {
  const std::lock_guard lock(mutex_);
  if (results_.empty()) return {};
  Result r = std::move(results_.front());
  results_.pop_front();
  return r;
}

void Builder::run() {
  flush_denormals();
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (stop_) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    Result result = work(job);
    lock.lock();
    results_.push_back(std::move(result));
    lock.unlock();
    ready_();
    lock.lock();
  }
}

Blueprint Builder::blueprint(const Patch& patch, const Patch* before, std::span<const double> costs) {
  return Blueprint({.patch = patch, .before = before, .rate = rate_, .outs = outs_, .ins = ins_, .store = &store_, .workers = workers_, .costs = costs}, ids_);
}

/// Of its packs, the least of some blocks; none where nothing is to be divided.
std::vector<double> Builder::costs(render::Plan& plan) const {
  std::vector<double> least;
  constexpr Frame somewhere = 1 << 20;
  for (Frame f = somewhere; plan.strands.size() > 1 && f < somewhere + 4 * block_frames; f += block_frames) {
    const std::vector<double> now = pack_costs(plan, f);
    if (least.empty()) least = now;
    for (std::size_t p = 0; p < now.size(); ++p) least[p] = std::min(least[p], now[p]);
  }
  return least;
}

Builder::Result Builder::work(const Job& job) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  Result r;
  r.supply = job.supply;
  try {
    if (job.supply) {
      r.plans.push_back(blueprint(*job.patch, nullptr).plan());
      return r;
    }
    std::optional<Blueprint> blueprint = this->blueprint(*job.patch, job.before.get());
    r.plans.push_back(blueprint->plan());
    r.verdict = prime(*r.plans.front(), {.wiring = blueprint->wiring(), .force = job.force, .realtime = realtime_, .live_load = job.live_load, .slots = job.slots});
    if (r.verdict.error.empty()) {
      if (const std::vector<double> costs = this->costs(*r.plans.front()); !costs.empty()) { // divided anew, by what was measured
        store_.empty(*r.plans.front());
        blueprint.emplace(this->blueprint(*job.patch, job.before.get(), costs));
        r.plans.front() = blueprint->plan();
      }
      while (static_cast<int>(r.plans.size()) < job.copies) r.plans.push_back(blueprint->plan());
      if (job.with_base) r.base = this->blueprint(*job.before, nullptr).plan();
    } else {
      store_.empty(*r.plans.front());
      r.plans.clear();
    }
  } catch (const Error& e) {
    r.verdict.error = std::string("refused: ") + e.what();
    r.plans.clear();
  } catch (const std::bad_alloc&) {
    r.verdict.error = "refused: not enough memory";
    r.plans.clear();
  }
  r.verdict.prime_ms = std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  return r;
}

} // namespace chronus::control
