// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The commands that change a draft or set values.
#include "commands.hpp"
#include "text.hpp"
#include "values.hpp"
#include <fmt/format.h>

namespace chronus::control::commands {

namespace {

/// A bare negative number on a level is nearly always meant in dB: as a factor it turns the signal over and makes it louder.
/// Empty: it is not.
std::string level_hint(const ParamSpec& spec, const Word& value) {
  const bool bare = value.text.size() > 1 && value.text[0] == '-' && value.text.find_first_not_of("0123456789.", 1) == std::string::npos;
  if (spec.unit != Unit::amplitude || !bare || parse_amount(value, spec, "") > -1) return {};
  return fmt::format("warning: {}={} is a factor; for {} dB write {}dB", spec.name, value.text, value.text, value.text);
}

void note(Call& call, const std::string& text) {
  if (text.empty()) return;
  call.reply.text = text;
  call.reply.fields.add("note", text);
}

/// Of the settings of a `create` that has been carried out.
std::string created_hint(std::span<const Word> words) {
  const ModuleSpec& type = find_type(words[1]);
  for (const Word& word : words.subspan(2)) {
    const std::size_t equals = word.text.find('=');
    if (word.text.starts_with("lanes=")) continue;
    const auto param = static_cast<std::size_t>(find_param(type, word.part(0, equals), words[0].text));
    if (const std::string hint = level_hint(type.params[param], word.part(equals + 1)); !hint.empty()) return hint;
  }
  return {};
}

} // namespace

void edit(Call& call) {
  std::string text;
  call.session.edit([&](Draft& draft) { edit_draft(draft, call.name.text, call.words, call.session.workspace().ports(), text); });
  note(call, call.name.text == "create" ? created_hint(call.words) : text);
}

void set(Call& call) {
  if (call.session.draft() == nullptr) return live_set(call);
  call.session.draft()->set(call.words[0], call.words[1]);
  note(call, level_hint(find_param_name(call.session.draft()->patch(), call.words[0]).spec(), call.words[1]));
  call.reply.fields.add("staged", true);
}

void gate(Call& call) {
  if (call.session.draft() == nullptr) return live_gate(call);
  call.session.draft()->gate(call.words[0], parse_on_off(call.words[1]));
  call.reply.fields.add("staged", true);
}

void live_set(Call& call) {
  Session& s = call.session;
  const Patch& current = s.host().current();
  const ParamName name = find_param_name(current, call.words[0]);
  const Setting given = parse_setting(call.words[1], name.spec(), name.text());
  if (given.kind == Setting::Kind::list) {
    const int lanes = s.workspace().width(name.module);
    if (static_cast<int>(given.numbers.size()) > lanes)
      throw Error(call.words[1].column, fmt::format("{}: {} for {}; lanes change by a commit", name.text(), counted(given.numbers.size(), "value"), counted(lanes, "lane")));
  }
  const Setting value = keep_lanes(*name.instance, name.param, given);
  s.host().set(name.module, name.param, value, s.act(call.reply));
  note(call, level_hint(name.spec(), call.words[1]));
}

void live_gate(Call& call) {
  Session& s = call.session;
  const bool on = parse_on_off(call.words[1]);
  const GateName name = find_gate(s.host().current(), call.words[0]);
  if (name.lane >= 0) {
    const int lanes = s.workspace().width(name.module);
    if (name.lane >= lanes)
      throw Error(call.words[0].column, fmt::format("{} has {}, not {}", name.module, counted(lanes, "lane"), name.lane + 1));
  }
  s.host().gate(name.module, name.lane, on, s.act(call.reply));
}

void panic(Call& call) {
  call.session.host().panic(call.session.act(call.reply));
  call.reply.text = "every gate is closed, and the outputs are shut until one opens or another patch comes in (gate ID on, commit, undo)";
}

void wait(Call& call) {
  call.session.wait(parse_exact_time(call.words[0], call.session.host().rate(), "wait"), call.reply);
}

} // namespace chronus::control::commands
