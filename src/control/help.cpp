// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Help, from the tables.
#include "commands.hpp"
#include "text.hpp"
#include "values.hpp"
#include <fmt/format.h>

namespace chronus::control {
namespace {

constexpr std::size_t line_width = 78;

/// Broken at blanks; each line begins with `indent`.
std::string wrapped(std::string_view text, std::string_view indent) {
  std::string out;
  while (!text.empty()) {
    std::size_t end = std::min(text.size(), line_width - indent.size());
    if (end < text.size()) {
      const std::size_t blank = text.rfind(' ', end);
      if (blank != std::string_view::npos && blank > 0) end = blank;
    }
    out += fmt::format("{}{}\n", indent, text.substr(0, end));
    text.remove_prefix(end);
    while (text.starts_with(' ')) text.remove_prefix(1);
  }
  return out;
}

std::string initial_text(const ParamSpec& p) { return setting_text({Setting::Kind::one, {p.initial}}, p, " "); }

std::string range_text(const ParamSpec& p) {
  if (!p.choices.empty()) return joined({p.choices.begin(), p.choices.end()});
  return fmt::format("{} to {}", number_text(p.range.low, p.unit, " "), number_text(p.range.high, p.unit, " "));
}

std::string command_help(const Command& c) {
  return fmt::format("{}{}{}\n{}{}", c.name, c.usage.empty() ? "" : " ", c.usage, wrapped(std::string(c.summary) + ".", "  "), wrapped(c.help, "  "));
}

std::string param_help(const ModuleSpec& m, const ParamSpec& p) {
  std::string text = fmt::format("{}.{}: {}\n  {}; {} at first", m.name, p.name, p.help, range_text(p), initial_text(p));
  if (p.choices.empty() && p.unit == Unit::none) text += p.scale == Scale::logarithmic ? "; logarithmic" : "";
  if (p.moved.low < p.moved.high) text += "; cables may move it further, through 0 too";
  if (!p.alias.empty()) text += fmt::format("; also called {}", p.alias);
  return text + "\n";
}

std::string type_help(const ModuleSpec& m) {
  std::string text = fmt::format("{}: {}\n", m.name, m.help);
  if (!m.alias.empty()) text += fmt::format("  also called {}\n", m.alias);
  for (const PortSpec& p : m.inputs) text += fmt::format("  {:<10} input   {}\n", p.name, p.help);
  for (const PortSpec& p : m.outputs) text += fmt::format("  {:<10} output  {}\n", p.name, p.help);
  for (const ParamSpec& p : m.params) text += fmt::format("  {:<10} {} ({}; {})\n", p.name, p.help, initial_text(p), range_text(p));
  if (m.has_gate()) text += "  has a gate\n";
  if (m.may_close_cycle()) text += "  may close a cycle\n";
  return text;
}

const ParamSpec* find_param(const ModuleSpec& m, std::string_view name) {
  for (const ParamSpec& p : m.params)
    if (p.name == name || (!p.alias.empty() && p.alias == name)) return &p;
  return nullptr;
}

} // namespace

std::string help_overview() {
  std::string text;
  for (const Command& c : command_table()) text += fmt::format("{:<13} {}\n", c.name, c.summary);
  return text + "\nhelp COMMAND, help TYPE and help TYPE.PARAM say more; 'modules' lists the types.\n";
}

std::string help_text(const Word& topic) {
  std::string text;
  for (const Command& c : command_table())
    if (c.name == topic.text || c.name.starts_with(topic.text + " ")) text += command_help(c);
  const std::size_t dot = topic.text.find('.');
  const ModuleSpec* type = find_module(topic.text.substr(0, dot));
  if (type != nullptr && dot == std::string::npos) text += type_help(*type);
  if (type != nullptr && dot != std::string::npos)
    if (const ParamSpec* p = find_param(*type, std::string_view(topic.text).substr(dot + 1))) text += param_help(*type, *p);
  if (!text.empty()) return text;
  std::vector<std::string_view> known;
  for (const Command& c : command_table()) known.push_back(c.name);
  for (const ModuleSpec* m : all_modules()) known.push_back(m->name);
  throw Error(topic.column, fmt::format("there is no help for {}{}", quoted(topic.text), did_you_mean(topic.text, known)));
}

} // namespace chronus::control
