// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. See engine.hpp: modules at fault, patches that are no good, and what the guard has muted.
#include "engine.hpp"
#include "values.hpp"
#include <algorithm>
#include <bit>
#include <fmt/format.h>

namespace chronus::control {

/// Names a module once for each revision in which it was at fault.
void Engine::take_faults() {
  link::Fault f;
  const auto second = static_cast<Frame>(config_.rate);
  for (int slot = 0; slot < link().count(); ++slot)
    while (link().rings(slot).faults.pop(f)) {
      if (black_box_) black_box_->alarm(f.frame);
      const std::string* name = ids_.name(f.module);
      if (!name) continue;
      calm_since_ = std::max(calm_since_, f.frame);
      // What one slot alone has is a failover; the patch's own fault comes in all of them, at the same frame.
      if (reports_.size() > 1000) reports_.clear();
      unsigned& slots = reports_[{*name, f.frame}];
      slots |= 1U << slot;
      if (!config_.spare || std::popcount(slots) > 1) {
        auto& [first, last] = at_fault_.try_emplace(*name, f.frame, f.frame).first->second;
        if (f.frame > last + 2 * second) first = f.frame;
        last = f.frame;
        if (last >= first + second) trouble_ = *name + " is still at fault after a second";
      }
      if (!named_.emplace(*name, revision_).second) continue;
      std::string values;
      if (const auto at = current_.instances.find(*name); at != current_.instances.end())
        for (std::size_t p = 0; p < at->second.settings.size(); ++p)
          values += fmt::format("{}{}={}", values.empty() ? " (" : " ", at->second.type->params[p].name, setting_text(at->second.settings[p], at->second.type->params[p]));
      messages_.push_back(fmt::format("fault: {} gave {} at frame {}{}", *name, fault_value(f.value), f.frame, values.empty() ? "" : values + ")"));
    }
}

/// Is what plays good, or does it take more than its time?
void Engine::judge() {
  if (offline()) return;
  const link::Counters& c = link().counters;
  const Frame now = c.playhead.get(), second = static_cast<Frame>(config_.rate);
  // An ordinary thread that is held up for a while looks dear: every slot that plays must say the same.
  float load = progress(c.live.get()).load.get();
  for (int i = 0; i < link().count(); ++i)
    if (config_.spare && progress(i).rendered.get() >= now) load = std::min(load, progress(i).load.get());
  if (load < 0.95F) strained_since_ = never;
  else strained_since_ = std::min(strained_since_, now);
  if (strained_since_ != never && now > strained_since_ + second / 4 && trouble_of_ != revision_)
    trouble_ = fmt::format("the patch needs {:.2f} of the period; the dearest: {}", load, dearest_);
  const std::pair state{revision_, values_set_};
  const bool settled = !building_ && commits_.size() <= 1 && c.revision.get() == revision_;
  if (settled && now > calm_since_ + second && (!good_ || good_of_ != state)) {
    good_ = std::make_shared<const Patch>(current_);
    good_of_ = state;
    calm_since_ = now;
  }
}

std::string Engine::take_trouble() {
  std::string text = std::exchange(trouble_, {});
  if (trouble_of_ == revision_) return {};
  if (!text.empty()) trouble_of_ = revision_;
  return text;
}

/// Offline a worker is waited for, however long it takes.
void Engine::tend_slots() {
  if (offline()) return;
  for (std::string& m : crew_->tend()) messages_.push_back(std::move(m));
}

void Engine::take_guard() {
  const link::Counters& c = link().counters;
  if (c.guarded.get() == guarded_) return;
  guarded_ = c.guarded.get();
  const bool offset = c.guard_cause.get() == link::GuardCause::offset;
  messages_.push_back(fmt::format("guard: muted: out_{} {} {} (--guard off lets it through)", c.guard_channel.get() + 1,
                                  offset ? "has had for 2 s a constant offset of" : "has blown up to", fault_value(c.guard_value.get())));
}

} // namespace chronus::control
