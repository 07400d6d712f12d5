// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. What all sources of commands share: the engine, one history, and one commit at a time.
#include "workspace.hpp"
#include "error.hpp"
#include "text.hpp"
#include <fmt/format.h>

namespace chronus::control {

void Workspace::check_unused(const Word& path) const {
  const FileId file(path.text);
  std::string use = files_in_use_.use_of(file);
  if (use.empty() && host_.recording_to(file)) use = "a take is still being written to it";
  if (!use.empty()) throw Error(path.column, fmt::format("{}: {}", printable(path.text, 300), use));
}

void Workspace::commit(CommitRequest request, Step step, const Draft* mine, std::function<void(const Verdict&, std::uint64_t)> verdict,
                       std::function<void(Frame)> swapped) {
  if (host_.pending() >= max_pending) throw Error(0, fmt::format("refused: {} commits wait for their swap already", max_pending));
  busy_ = true;
  // The difference is taken now: values that are set while the patch is primed are no part of the commit.
  auto delta = std::make_shared<const Delta>(difference(host_.current(), request.patch));
  host_.commit(
      std::move(request),
      [this, alive = std::weak_ptr(alive_), step, delta, mine, verdict = std::move(verdict)](const Verdict& v, std::uint64_t revision) {
        if (alive.expired()) return;
        busy_ = false;
        if (v.error.empty()) accepted(step, delta, mine);
        verdict(v, revision);
      },
      std::move(swapped));
}

void Workspace::accepted(Step step, std::shared_ptr<const Delta> delta, const Draft* mine) {
  for (Draft* d : drafts_)
    if (d != mine) d->missed(delta);
  switch (step) {
  case Step::edit:
    undo_.push_back(std::move(delta));
    redo_.clear();
    break;
  case Step::undo:
    undo_.pop_back();
    redo_.push_back(std::make_shared<const Delta>(inverse(*delta)));
    break;
  case Step::redo:
    redo_.pop_back();
    undo_.push_back(std::move(delta));
    break;
  }
  if (undo_.size() <= max_undo) return;
  undo_.pop_front();
  forgotten_ = true;
}

Patch Workspace::undone() const {
  if (undo_.empty() && forgotten_) throw Error(0, fmt::format("there is nothing more to undo: the last {} commits are kept", max_undo));
  if (undo_.empty()) throw Error(0, "there is nothing to undo");
  Patch patch = host_.current();
  apply(patch, inverse(*undo_.back()));
  return patch;
}

Patch Workspace::redone() const {
  if (redo_.empty()) throw Error(0, "there is nothing to redo");
  Patch patch = host_.current();
  apply(patch, *redo_.back());
  return patch;
}

bool Workspace::roll_back(const Patch& good, std::function<void(const Verdict&, std::uint64_t)> verdict) {
  if (busy_ || good == host_.current() || host_.pending() >= max_pending) return false;
  Patch patch = good;
  for (auto& [name, instance] : patch.instances) // nobody closes again what has been closed since
    if (const auto now = host_.current().instances.find(name); now != host_.current().instances.end()) instance.gates = now->second.gates;
  if (patch == host_.current()) return false;
  CommitRequest request{std::move(patch), 0, static_cast<Frame>(host_.rate() / 100), true, "rollback"};
  commit(std::move(request), Step::edit, nullptr, std::move(verdict), [](Frame) {});
  return true;
}

int Workspace::width(const std::string& module) {
  if (widths_of_ != host_.revision()) { // values that are set live never change it
    widths_ = lanes_of(host_.current());
    widths_of_ = host_.revision();
  }
  return widths_.at(module);
}

} // namespace chronus::control
