// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. One source of commands: which line comes next, and what it must wait for.
#include "session.hpp"
#include "commands.hpp"
#include "text.hpp"
#include <algorithm>
#include <cmath>
#include <utility>
#include <fmt/format.h>

namespace chronus::control {

Session::Session(Workspace& workspace, SessionOptions options, Output output)
    : workspace_(workspace), options_(std::move(options)), output_(std::move(output)), clock_(options_.clock),
      start_(static_cast<std::int64_t>(options_.clock)) {}

Session::~Session() { drop_draft(); }

void Session::feed_line(std::string text, bool too_long) {
  // A typed panic does not queue behind a wait.
  if (options_.prompt && std::string_view(text).substr(0, text.find_first_of(" \t\r#")) == "panic") {
    purge();
    urgent_ = true;
  }
  lines_.feed_line(std::move(text), too_long);
}

void Session::feed(std::string_view bytes) {
  if (!options_.prompt) return lines_.feed(bytes);
  while (!bytes.empty()) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    feed_line(std::string(bytes.substr(0, end)));
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
  }
}

Session::Input Session::opened(ScriptFile file, const Word& path) {
  std::size_t waiting = file.text.size();
  for (const auto& inputs : {&scripts_, &files_})
    for (const Input& input : *inputs) waiting += input.lines.size();
  if (waiting > max_waiting_bytes) throw Error(path.column, fmt::format("{}: with it more than {} MiB of scripts would wait", printable(path.text, 300), max_waiting_bytes >> 20));
  auto use = workspace_.files_in_use().hold(file.id, "is a script that runs");
  Input input{std::move(file), std::move(use), {}};
  input.lines.take(std::exchange(input.file.text, {}));
  if (!input.file.pipe) input.lines.close();
  return input;
}

void Session::run_file(const std::string& path) {
  run(open_script(script_path({path, 0}, {})));
}

/// Takes what has come through a script's pipe. \return false: nothing just now
bool Session::refill(Input& input) {
  std::string piece;
  try {
    if (!read_pipe(input.file, piece)) return false;
  } catch (const Error& e) {
    output_.err(fmt::format("{}\n", e.what()));
    ++errors_;
  }
  if (piece.empty()) input.lines.close();
  else input.lines.feed(piece);
  return true;
}

void Session::purge() {
  lines_.drop();
  files_.clear();
  held_.reset();
  if (options_.prompt) clock_ = 0;
}

void Session::stop() {
  purge();
  scripts_.clear();
  stopped_ = true;
}

bool Session::next_line() {
  while (true) {
    const bool inner = !files_.empty();
    LineBuffer& lines = inner ? files_.back().lines : lines_;
    if (auto line = lines.next()) {
      held_ = Held{std::move(*line), inner ? files_.back().file.path : options_.name, {}};
      return true;
    }
    if (inner && !lines.closed()) {
      if (!refill(files_.back())) return false;
    } else if (inner) files_.pop_back();
    else if (scripts_.empty()) return false;
    else {
      files_.push_back(std::move(scripts_.front()));
      scripts_.pop_front();
    }
  }
}

/// Blank lines and comments are passed over, at most so many of them.
bool Session::fetch(int& blanks) {
  while (blanks > 0 && next_line()) {
    understand(*held_);
    if (held_->command == nullptr && held_->error.empty()) {
      --blanks;
      continue;
    }
    if (std::exchange(had_to_wait_, false)) {
      at_leisure_ = true;
      if (options_.live && !options_.prompt && clock_ < host().horizon()) move_clock(host().horizon() + options_.margin - clock_);
    }
    return true;
  }
  held_.reset();
  return false;
}

void Session::understand(Held& held) const {
  try {
    if (held.line.too_long) throw Error(static_cast<int>(max_line_bytes) + 1, fmt::format("the line is over the limit of {} KiB", max_line_bytes >> 10));
    held.words = split(held.line.text);
    if (held.words.empty()) return;
    held.command = find_command(held.words);
    if (held.command == nullptr) throw unknown_command(held.words[0]);
    held.name_words = words_of(*held.command);
    check_count(*held.command, held.words[0], std::span(held.words).subspan(held.name_words));
  } catch (const Error& e) {
    held.error = e.what();
    held.column = e.column();
    held.command = nullptr;
  }
}

bool Session::reached(Frame frame) const {
  // An offline run stops at the block in which the script's clock stands: what comes next may still change that block.
  return workspace_.host().playhead() >= (options_.live ? frame : block_floor(frame));
}

bool Session::looks(const Command* command) const { return command != nullptr && command->when != When::now; }

/// What the line in hand waits for, if it does.
std::optional<Session::State> Session::obstacle() const {
  const Command* command = held_->command;
  const bool standing = !workspace_.host().running();
  if (urgent_ || (standing && looks(command))) return std::nullopt;
  if (command != nullptr && command->commits && workspace_.busy()) return State{Wait::verdict, next_due()};
  if (options_.prompt) {
    if (!reached(clock_)) return State{Wait::playhead, std::min(clock_, next_due())};
  } else if (options_.live) {
    const Frame ahead = clock_ - std::min(clock_, options_.look_ahead);
    if (!reached(ahead)) return State{Wait::playhead, std::min(ahead, next_due())};
  } else if (looks(command) && !reached(clock_)) // not for a swap that is still to come: that would be for ever
    return State{Wait::playhead, block_floor(clock_)};
  return std::nullopt;
}

Session::State Session::step(int budget) {
  int blanks = 20 * budget;
  while (true) {
    drain();
    if (quit_) return {Wait::ended, never};
    if (deciding_ && !urgent_) return {Wait::verdict, next_due()};
    if (stopped_) return answers_.empty() ? State{Wait::ended, never} : State{Wait::playhead, next_due()};
    if (!held_ && !fetch(blanks)) {
      if (blanks <= 0) return {Wait::nothing, next_due()};
      if (!files_.empty()) { // a pipe of which more may come
        had_to_wait_ = true;
        return {Wait::playhead, next_due()};
      }
      if (lines_.closed()) {
        stopped_ = true;
        continue;
      }
      had_to_wait_ = true;
      return {Wait::input, next_due()};
    }
    if (const auto waits = obstacle()) return *waits;
    if (budget-- <= 0) return {Wait::nothing, next_due()};
    urgent_ = false;
    execute(*std::exchange(held_, std::nullopt));
  }
}

Frame Session::issued() const {
  if (options_.prompt || quit_ || (stopped_ && !deciding_)) return never;
  return clock_;
}

bool Session::spent() const {
  return !options_.prompt && stopped_ && !deciding_ && std::ranges::none_of(answers_, [](const auto& a) { return a->postponed; });
}

void Session::move_clock(Frame by) {
  by = block_ceil(by); // by whole blocks, so that a script keeps its place on the grid
  clock_ += by;
  start_ += static_cast<std::int64_t>(by);
}

void Session::change_rate(const RateChange& change) {
  const auto played = static_cast<double>(static_cast<std::int64_t>(change.from) - start_);
  start_ = static_cast<std::int64_t>(change.to) - std::llround(played * change.ratio);
  const Frame mapped = change.frame(clock_);
  clock_ = options_.prompt ? mapped : at(waited_.frames(host().rate()));
  if (mapped >= change.to) clock_ = std::max(clock_, change.to); // the old rate's rounding does not put it before the playhead
  options_.margin = change.length(options_.margin);
  options_.look_ahead = change.length(options_.look_ahead);
  for (const auto& answer : answers_) {
    answer->due = change.frame(answer->due);
    if (answer->swap) answer->swap = change.frame(*answer->swap);
  }
}

Frame Session::act(Reply& reply) {
  if (options_.prompt) return 0;
  const Frame horizon = host().horizon();
  // A reader that had to wait for this line and has no other: whoever sends it means now.
  if (options_.live && at_leisure_ && lines_.empty() && files_.empty() && clock_ < horizon + options_.margin + 2 * block_frames) {
    if (clock_ < horizon) move_clock(horizon - clock_);
    reply.frame = clock_;
    return 0;
  }
  // Close to the horizon it has fallen behind already: an op takes a moment to get there.
  if (options_.live && clock_ < horizon + options_.margin / 2) {
    if (!at_leisure_ && !std::exchange(slipped_, true))
      output_.err(fmt::format("{}:{}: fell behind by {:.0f} ms; its clock moves on\n", printable(reply.file, 300), reply.line,
                              static_cast<double>(horizon + options_.margin - clock_) * 1000 / host().rate()));
    move_clock(horizon + options_.margin - clock_);
  }
  reply.frame = clock_;
  return clock_;
}

void Session::wait(const ExactTime& time, Reply& reply) {
  at_leisure_ = false;
  if (options_.prompt) {
    clock_ = host().playhead() + time.frames(host().rate());
    running_->due = clock_;
  } else {
    waited_ += time;
    clock_ = at(waited_.frames(host().rate()));
  }
  reply.frame = clock_;
}

void Session::edit(const std::function<void(Draft&)>& change) {
  if (draft_) return change(*draft_);
  auto fresh = std::make_unique<Draft>(host().current());
  change(*fresh);
  if (fresh->patch() == fresh->base()) return;
  draft_ = std::move(fresh);
  workspace_.opened(*draft_);
}

bool Session::may_leave() { return !options_.prompt || !editing() || std::exchange(asked_to_leave_, true); }

void Session::drop_draft() {
  if (draft_) workspace_.closed(*draft_);
  draft_.reset();
}

} // namespace chronus::control
