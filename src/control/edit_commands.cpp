// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The commands that change a draft or set values.
#include "commands.hpp"
#include "text.hpp"
#include "values.hpp"
#include <fmt/format.h>

namespace chronus::control::commands {

namespace {

void tell(Call& call, const std::string& note) {
  if (note.empty()) return;
  call.reply.text = note;
  call.reply.fields.add("note", note);
}

} // namespace

void edit(Call& call) {
  std::string note;
  call.session.edit([&](Draft& draft) { edit_draft(draft, call.name.text, call.words, call.session.workspace().ports(), note); });
  tell(call, note);
}

void set(Call& call) {
  if (call.session.draft() == nullptr) return live_set(call);
  tell(call, call.session.draft()->set(call.words[0], call.words[1]));
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
  std::string note = value_hint(call.words[1], name.spec(), name.text());
  if (given.kind == Setting::Kind::spread && s.workspace().width(name.module) == 1)
    note = fmt::format("{}: {} is spread over lanes, and {} has one: it plays {}", name.text(), call.words[1].text, name.module,
                       number_text(given.numbers[0], name.spec().unit, " "));
  tell(call, note);
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
