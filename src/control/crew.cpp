// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread, and the workers' own. See crew.hpp.
#include "crew.hpp"
#include "error.hpp"
#include "shell/scheduling.hpp"
#include <algorithm>
#include <chronus/denormals.hpp>
#include <chrono>

namespace chronus::control {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
constexpr auto parting = 500ms; // for all together: a worker needs some milliseconds at the most

} // namespace

Crew::Stage::~Stage() {
  for (render::Plan* p : plans) delete p;
}

void Crew::start(render::Plan* plan) {
  Hand& hand = stage_->hands.emplace_back(stage_->link, static_cast<int>(stage_->hands.size()), plan);
  threads_.emplace_back([stage = stage_, &hand] {
    flush_denormals();
    for (bool over = false; !over;) try {
        over = hand.worker.run();
        if (!over) throw Error(0, "a fault was ordered");
      } catch (...) { // nothing in render throws; should anything ever, it costs a slot, not the sound
        hand.worker.fail();
      }
    hand.left.set(1);
  });
}

/// It has done what it was told when its slot was given up.
bool Crew::answers(int slot) const {
  const link::SlotRings& r = *link().slot[static_cast<std::size_t>(slot)];
  return r.dismissal.get() == r.progress.dismissal.get();
}

Crew::~Crew() {
  link().stop.set(1);
  for (auto& slot : link().slot) slot->wake.post();
  const auto until = Clock::now() + parting;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    const Hand& hand = stage_->hands[i];
    while (!hand.left.get() && answers(static_cast<int>(i)) && Clock::now() < until) std::this_thread::sleep_for(100us);
    if (hand.left.get()) threads_[i].join();
    else threads_[i].detach();
  }
}

int Crew::set_priority(int priority) {
  int got = priority;
  for (auto& t : threads_) got = std::min(got, acquire_realtime(t.native_handle(), priority));
  return got;
}

} // namespace chronus::control
