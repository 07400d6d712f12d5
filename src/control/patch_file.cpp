// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. A patch as a script, and back.
#include "commands.hpp"
#include "error.hpp"
#include "script_file.hpp"
#include "text.hpp"
#include "values.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace chronus::control {
namespace {

} // namespace

std::string create_text(const std::string& name, const Instance& instance) {
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "create {} {}", name, instance.type->name);
  for (std::size_t i = 0; i < instance.settings.size(); ++i) {
    const ParamSpec& spec = instance.type->params[i];
    if (instance.settings[i] != Setting{Setting::Kind::one, {spec.initial}})
      fmt::format_to(out, " {}={}", spec.name, setting_text(instance.settings[i], spec));
  }
  if (instance.lanes > 0) fmt::format_to(out, " lanes={}", instance.lanes);
  return text;
}

namespace {

void write_gates(std::string& text, const std::string& name, const std::vector<bool>& gates) {
  if (gates.size() == 1 && gates[0]) text += fmt::format("gate {} on\n", name);
  else
    for (std::size_t lane = 0; lane < gates.size(); ++lane)
      if (gates[lane]) text += fmt::format("gate {}#{} on\n", name, lane + 1);
}

} // namespace

std::string patch_script(const Patch& patch) {
  std::string text = "# A chronus patch: 'load' it, then 'commit'.\n";
  for (const auto& [name, instance] : patch.instances) text += create_text(name, instance) + '\n';
  // In the order of the sums, so that the patch that is read sums in the same order.
  std::vector<const Cable*> cables;
  for (const Cable& c : patch.cables) cables.push_back(&c);
  std::sort(cables.begin(), cables.end(), [](const Cable* a, const Cable* b) { return std::tie(a->to, a->ordinal) < std::tie(b->to, b->ordinal); });
  for (const Cable* c : cables) {
    text += fmt::format("connect {} {}", source_text(patch, c->from), sink_text(patch, c->to));
    if (c->to.is_param && c->by != 1)
      text += " by=" + number_text(c->by, patch.instances.at(c->to.module).type->params[static_cast<std::size_t>(c->to.port)].unit);
    text += '\n';
  }
  for (const auto& [name, instance] : patch.instances) write_gates(text, name, instance.gates);
  return text;
}

Patch read_patch(const Word& path, Ports ports) {
  ScriptFile file = read_script(path);
  LineBuffer lines;
  lines.take(std::move(file.text));
  lines.close();
  Draft draft(Patch{});
  draft.begin_reading();
  while (const auto line = lines.next()) {
    try {
      if (line->too_long) throw Error(1, "the line is too long");
      const std::vector<Word> words = split(line->text);
      if (words.empty()) continue;
      const Command* command = find_command(words);
      const std::span<const Word> rest = std::span(words).subspan(1);
      if (command == nullptr) throw unknown_command(words[0]);
      check_count(*command, words[0], rest);
      std::string note;
      if (command->name != "commit" && !edit_draft(draft, command->name, rest, ports, note))
        throw Error(words[0].column, fmt::format("{} has no place in a patch; 'source' runs scripts", quoted(command->name)));
    } catch (const Error& e) {
      throw Error(path.column, fmt::format("{}:{}:{}: {}", printable(path.text, 300), line->number, e.column(), e.what()));
    }
  }
  try {
    draft.end_reading();
  } catch (const Error& e) {
    throw Error(path.column, fmt::format("{}: {}", printable(path.text, 300), e.what()));
  }
  return draft.patch();
}

} // namespace chronus::control
