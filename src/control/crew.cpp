// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread, and the workers' own. See crew.hpp.
#include "crew.hpp"
#include "error.hpp"
#include "shell/scheduling.hpp"
#include <algorithm>
#include <chronus/denormals.hpp>
#include <fmt/format.h>
#include <utility>

namespace chronus::control {

namespace {

using namespace std::chrono_literals;
constexpr auto patience = 1s;
constexpr auto parting = 500ms; // for all together: a worker needs some milliseconds at the most

} // namespace

Crew::Stage::~Stage() {
  for (render::Plan* p : plans) delete p;
}

void Crew::start(render::Plan* plan) {
  Hand& hand = stage_->hands.emplace_back(stage_->link, static_cast<int>(stage_->hands.size()), plan, helpers_);
  auto& threads = watches_.emplace_back().threads;
  auto begin = [&](auto work) {
    threads.emplace_back([stage = stage_, &self = hand.threads[threads.size()], work] {
      flush_denormals();
      obey_limit(self.demotions);
      work();
      self.left.set(1);
    });
    acquire_realtime(threads.back().native_handle(), priority_);
  };
  begin([&hand] {
    for (bool over = false; !over;) try {
        over = hand.worker.run();
        if (!over) throw Error(0, "a fault was ordered");
      } catch (...) { // nothing in render throws; should anything ever, it costs a slot, not the sound
        hand.worker.fail();
      }
  });
  for (int i = 0; i < helpers_; ++i) begin([&hand, i] { hand.worker.help(i); });
}

Crew::~Crew() {
  link().stop.set(1);
  link().wake_all();
  for (Hand& h : stage_->hands) h.worker.wake_helpers();
  const auto until = Clock::now() + parting;
  for (std::size_t i = 0; i < watches_.size(); ++i)
    for (std::size_t t = 0; t < watches_[i].threads.size(); ++t) {
      const auto& left = stage_->hands[i].threads[t].left;
      while (!left.get() && !watches_[i].away && Clock::now() < until) std::this_thread::sleep_for(100us);
      if (left.get()) watches_[i].threads[t].join();
      else watches_[i].threads[t].detach();
    }
}

int Crew::set_priority(int priority) {
  priority_ = priority;
  int got = priority;
  for (Watch& w : watches_)
    for (std::thread& t : w.threads) got = std::min(got, acquire_realtime(t.native_handle(), priority));
  return got;
}

/// Whether a worker has not answered for too long.
bool Crew::away(std::size_t slot) {
  const Hand& hand = stage_->hands[slot];
  Watch& w = watches_[slot];
  const std::uint32_t dismissal = hand.rings.dismissal.get();
  if (dismissal == hand.rings.progress.dismissal.get()) return false;
  if (std::exchange(w.dismissal, dismissal) != dismissal) w.seen = Clock::now();
  return Clock::now() - w.seen >= patience;
}

/// Its threads have their priority again once it gets on.
void Crew::promote(std::size_t slot) {
  const Hand& hand = stage_->hands[slot];
  Watch& w = watches_[slot];
  std::uint32_t demotions = 0;
  for (const Hand::Thread& t : hand.threads) demotions += t.demotions.get();
  const Frame rendered = hand.rings.progress.rendered.get();
  if (std::exchange(w.demotions, demotions) != demotions) {
    w.demoted = true;
    w.rendered = rendered;
  } else if (w.demoted && !w.away && rendered != w.rendered) {
    w.demoted = false;
    for (std::thread& t : w.threads) acquire_realtime(t.native_handle(), priority_);
  }
}

/// \return what becomes of its place
std::string Crew::replace() {
  const auto away = std::ranges::count_if(watches_, [](const Watch& w) { return w.away; });
  if (link().count() - away >= link().slots) return "another slot takes its place";
  if (link().count() == link::max_slots) return "no slot is left to take its place";
  link().add_slot();
  start(nullptr);
  return fmt::format("slot {} takes its place", link().count() - 1);
}

std::vector<std::string> Crew::tend() {
  std::vector<std::string> news;
  for (std::size_t i = 0, there = watches_.size(); i < there; ++i) {
    Watch& w = watches_[i];
    const bool was_away = std::exchange(w.away, away(i));
    promote(i);
    if (w.away == was_away) continue;
    for (std::thread& t : w.threads) { // whatever keeps it busy must not keep others from their time
      if (w.away) give_up_realtime(t.native_handle());
      else acquire_realtime(t.native_handle(), priority_);
    }
    news.push_back(w.away ? fmt::format("slot {}: its worker does not return; {}", i, replace()) : fmt::format("slot {}: its worker has returned", i));
  }
  return news;
}

} // namespace chronus::control
