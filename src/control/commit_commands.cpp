// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. From a draft to a revision, and back and forth among revisions.
#include "commands.hpp"
#include "text.hpp"
#include "values.hpp"
#include <fmt/format.h>

namespace chronus::control::commands {
namespace {

constexpr double default_fade_seconds = 0.010;

/// What stands behind commit, undo and redo.
struct Wishes {
  Frame fade = 0;
  std::optional<Frame> at;
  int at_column = 0;
  bool force = false;
};

Wishes read_wishes(Call& call, bool all) {
  Session& s = call.session;
  Wishes w;
  std::optional<Frame> fade;
  const auto once = [](bool given, const Word& word) {
    if (given) throw Error(word.column, fmt::format("{} is given twice", word.text));
  };
  for (std::size_t i = 0; i < call.words.size(); ++i) {
    const Word& word = call.words[i];
    if (all && word.text == "force") {
      once(w.force, word);
      w.force = true;
      continue;
    }
    if (word.text != "fade" && (!all || word.text != "at"))
      throw Error(word.column, fmt::format("{}: {} is {}", call.name.text, quoted(word.text), all ? "none of fade, at, force" : "not fade"));
    if (i + 1 == call.words.size()) throw Error(word.column, fmt::format("{}: a time is missing ({} 10ms)", word.text, word.text));
    const Word& value = call.words[++i];
    const Frame frames = parse_time(value, s.host().rate(), word.text);
    once(word.text == "fade" ? fade.has_value() : w.at.has_value(), word);
    if (word.text == "fade") fade = frames;
    else {
      w.at = s.at(frames);
      w.at_column = value.column;
    }
  }
  w.fade = fade.value_or(static_cast<Frame>(default_fade_seconds * s.host().rate() + 0.5));
  return w;
}

void send(Call& call, const Wishes& w, Patch patch, Workspace::Step step) {
  Session& s = call.session;
  const Frame now = s.act(call.reply);
  CommitRequest request{std::move(patch), w.at.value_or(now), w.fade, w.force || step != Workspace::Step::edit, s.options().name};
  s.commit(std::move(request), step);
}

void nothing(Call& call, const char* text) {
  call.reply.text = text;
  call.reply.fields.add("note", text);
}

void step(Call& call, Workspace::Step direction) {
  const Wishes w = read_wishes(call, false);
  Session& s = call.session;
  if (s.draft() != nullptr) throw Error(call.name.column, fmt::format("{}: a draft is open; commit or abort it first", call.name.text));
  send(call, w, direction == Workspace::Step::undo ? s.workspace().undone() : s.workspace().redone(), direction);
}

} // namespace

void commit(Call& call) {
  Session& s = call.session;
  Wishes w = read_wishes(call, true);
  if (w.at && !s.options().prompt && *w.at < s.clock())
    throw Error(w.at_column, "commit: that time has passed on the script's clock");
  if (s.draft() == nullptr) return nothing(call, "there is nothing to commit");
  Patch patch = s.draft()->brought_to(s.host().current());
  const Frame before = s.clock();
  s.act(call.reply);
  if (w.at) *w.at += s.clock() - before; // the whole script slips
  send(call, w, std::move(patch), Workspace::Step::edit);
}

void abort(Call& call) {
  if (call.session.draft() == nullptr) return nothing(call, "there is nothing to abort");
  call.session.drop_draft();
}

void undo(Call& call) { step(call, Workspace::Step::undo); }
void redo(Call& call) { step(call, Workspace::Step::redo); }

void diff(Call& call) {
  const Draft* draft = call.session.draft();
  JsonArray changes;
  if (draft == nullptr) call.reply.text = "no draft is open";
  else {
    const auto lines = described(difference(draft->base(), draft->patch()), draft->base(), draft->patch());
    for (const std::string& line : lines) changes.add(line);
    call.reply.text = lines.empty() ? "the draft is as what is current" : fmt::format("{}", fmt::join(lines, "\n"));
  }
  call.reply.fields.add("draft", draft != nullptr).raw("changes", changes.text());
}

} // namespace chronus::control::commands
