// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. See keeper.hpp.
#include "keeper.hpp"
#include "../control/error.hpp"
#include "../control/script_file.hpp"
#include "../control/shell/state_folder.hpp"
#include "../control/text.hpp"
#include <fmt/format.h>

namespace chronus::program {

namespace {

constexpr auto values_every = std::chrono::seconds(1);
constexpr double fade_s = 0.01;

} // namespace

Keeper::Keeper(const control::Options& options, control::Engine& engine, control::Workspace& workspace, Say say)
    : options_(options), engine_(engine), workspace_(workspace), say_(std::move(say)),
      journal_(control::state_folder(), options.name, options.resume ? control::Journal::Old::resume : control::Journal::Old::set_aside) {}

void Keeper::begin(const std::function<void()>& wait) {
  if (const std::string error = journal_.take_error(); !error.empty()) say_("journal: " + error);
  if (options_.resume) return journal_.left_behind() ? resume(wait) : say_(fmt::format("resume: '{}' has left nothing behind", options_.name));
  if (journal_.left_behind()) say_(fmt::format("'{}' did not get to leave; --resume gives back its last revision ({})", options_.name, journal_.last_path()));
}

void Keeper::resume(const std::function<void()>& wait) try {
  control::CommitRequest request;
  request.patch = control::read_patch({journal_.path(), 0}, workspace_.ports());
  request.fade = static_cast<Frame>(fade_s * engine_.rate());
  request.force = true; // it has been accepted before, silent or not
  request.source = "resume";
  const std::string modules = control::counted(request.patch.instances.size(), "module"), cables = control::counted(request.patch.cables.size(), "cable");
  std::optional<std::string> refusal;
  workspace_.commit(std::move(request), control::Workspace::Step::edit, nullptr,
                    [&](const control::Verdict& v, std::uint64_t) { refusal = v.error; }, [](Frame) {});
  while (engine_.poll(), !refusal) wait();
  if (!refusal->empty()) return of_no_use(*refusal);
  say_(fmt::format("resume: '{}' goes on as revision {}: {}, {}", options_.name, engine_.revision(), modules, cables));
} catch (const control::Error& e) {
  of_no_use(e.what());
}

void Keeper::of_no_use(const std::string& why) {
  journal_.set_aside();
  say_(fmt::format("resume: {}; kept as {}", why, journal_.last_path()));
}

void Keeper::look() {
  if (const std::string error = journal_.take_error(); !error.empty()) say_("journal: " + error);
  const auto now = Clock::now();
  const bool revision = engine_.revision() != revision_;
  const bool values = engine_.values_set() != values_ && now - kept_at_ >= values_every;
  if (revision || values) keep();
}

void Keeper::keep() {
  revision_ = engine_.revision();
  values_ = engine_.values_set();
  kept_at_ = Clock::now();
  journal_.keep([patch = engine_.current()] { return control::patch_script(patch); });
}

bool Keeper::leave() {
  const bool empty = engine_.current().instances.empty();
  if (!empty && (engine_.revision() != revision_ || engine_.values_set() != values_)) keep();
  return journal_.leave(empty) && !empty;
}

} // namespace chronus::program
