// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. One source of commands: carrying a line out, and answering in order.
#include "commands.hpp"
#include "session.hpp"
#include "text.hpp"
#include <algorithm>
#include <cmath>
#include <utility>
#include <fmt/format.h>

namespace chronus::control {
void Session::execute(Held held) {
  auto answer = std::make_shared<Answer>();
  Reply& r = answer->reply;
  r.frame = options_.prompt ? host().playhead() : clock_;
  r.file = held.file;
  r.line = held.line.number;
  r.source = held.line.text;
  r.command = !held.words.empty() ? printable(held.words[0].text, 64) : printable(held.line.text.substr(0, held.line.text.find_first_of(" \t")), 64);
  const Command* command = held.command;
  answer->held = std::move(held);
  answers_.push_back(answer);
  if (command == nullptr || command->name != "quit") asked_to_leave_ = false;
  if (command == nullptr) return fail(r, answer->held.column, answer->held.error);
  if (looks(command) && !options_.prompt) answer->due = clock_;
  const bool standing = !host().running();
  running_ = answer;
  if (command->ahead != nullptr && !attempt(*answer, command->ahead)) return running_.reset();
  if (command->when == When::at_playhead && !standing && !reached(answer->due)) {
    running_.reset();
    answer->postponed = true;
    if (command->run == &commands::quit) stopped_ = true; // nothing behind it counts
    return;
  }
  carry_out(*answer);
  running_.reset();
  if (standing && looks(command)) { // the answers before it may wait for a swap that does not come
    emit(r);
    answers_.pop_back();
  }
}

void Session::carry_out(Answer& answer) {
  answer.postponed = false;
  attempt(answer, answer.held.command->run);
}

/// \return whether it succeeded; else the answer says why not
bool Session::attempt(Answer& answer, void (*act)(Call&)) {
  const Held& h = answer.held;
  Call call{*this, std::span(h.words).subspan(h.name_words), h.words[0], answer.reply};
  try {
    act(call);
    return true;
  } catch (const Error& e) {
    fail(answer.reply, e.column() > 0 ? e.column() : h.words[0].column, e.what());
  } catch (const std::exception& e) {
    fail(answer.reply, h.words[0].column, printable(e.what(), 300));
  }
  return false;
}

void Session::fail(Reply& reply, int column, const std::string& text) {
  reply.error = text;
  reply.column = column;
  ++errors_;
  if (options_.strict) stop();
}

void Session::commit(CommitRequest request, Workspace::Step step) {
  const auto answer = running_;
  answer->done = false;
  deciding_ = true;
  const Frame at = request.at;
  try {
    send(std::move(request), step, at, answer);
  } catch (const Error&) { // refused at once: no verdict will come
    answer->done = true;
    deciding_ = false;
    throw;
  }
}

void Session::send(CommitRequest request, Workspace::Step step, Frame at, const std::shared_ptr<Answer>& answer) {
  const std::weak_ptr<const bool> alive = alive_;
  workspace_.commit(
      std::move(request), step, step == Workspace::Step::edit ? draft_.get() : nullptr,
      [this, alive, answer, step, at](const Verdict& v, std::uint64_t revision) {
        if (alive.expired()) return;
        if (v.error.empty()) answer->swap = at;
        verdict(answer, step, v, revision);
      },
      [alive, answer](Frame swap_frame) {
        if (alive.expired()) return;
        Reply& r = answer->reply;
        r.fields.add("swap_frame", swap_frame);
        r.text += fmt::format(", swapped at frame {}", swap_frame);
        answer->done = true;
      });
}

void Session::verdict(const std::shared_ptr<Answer>& answer, Workspace::Step step, const Verdict& v, std::uint64_t revision) {
  deciding_ = false;
  Reply& r = answer->reply;
  r.fields.add("revision", revision).add("prime_ms", v.prime_ms).add("rms", v.rms).add("peak", v.peak).add("dc", v.dc).add("load", v.load);
  if (!v.error.empty()) {
    answer->done = true;
    return fail(r, answer->held.words[0].column, v.error);
  }
  if (step == Workspace::Step::edit) drop_draft();
  if (!v.silent_until.empty()) r.fields.add("silent", v.silent_until);
  const std::string level = v.rms > 0 ? fmt::format("{:.1f} dB RMS", 20 * std::log10(v.rms)) : v.silent_until.empty() ? "silent" : "silent " + v.silent_until;
  r.text = fmt::format("revision {}: primed in {:.1f} ms, {}, load {:.1f} %", revision, v.prime_ms, level, v.load * 100);
}

void Session::emit(const Reply& reply) { print(reply, options_.json, options_.prompt ? Style::prompt : Style::script, output_); }

void Session::drain() {
  while (!answers_.empty()) {
    const auto front = answers_.front();
    const bool standing = !host().running();
    if (!(standing && looks(front->held.command)) && !reached(front->due)) return;
    if (front->postponed) {
      running_ = front;
      carry_out(*front);
      running_.reset();
    }
    if (!front->done || front->postponed) return;
    emit(front->reply);
    answers_.pop_front();
  }
}

Frame Session::next_due() const {
  if (answers_.empty()) return never;
  const Answer& front = *answers_.front();
  return reached(front.due) ? never : front.due;
}

void Session::flush() {
  for (const auto& answer : answers_) {
    if (answer->postponed) continue;
    if (!answer->done && answer->swap) {
      const Frame at = std::max(*answer->swap, host().horizon());
      answer->reply.fields.add("swap_frame", at).add("note", "the end comes before the swap");
      answer->reply.text += fmt::format(", the end comes before its swap at frame {}", at);
    }
    emit(answer->reply);
  }
  answers_.clear();
}

void Session::include(const Word& path, Reply& reply) {
  static constexpr std::size_t max_depth = 16;
  const Word meant = script_path(path, folder());
  ScriptFile file = open_script(meant);
  for (const Input& open : files_)
    if (open.file.id.same_as(file.id)) throw Error(path.column, fmt::format("{} would include itself", quoted(path.text)));
  if (files_.size() >= max_depth) throw Error(path.column, fmt::format("{}: files within files are limited to {}", quoted(path.text), max_depth));
  reply.fields.add("source", printable(meant.text, 300));
  files_.push_back(opened(std::move(file), meant));
}

} // namespace chronus::control
