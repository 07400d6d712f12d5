// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The option table as people read it: --help, and the manual.
#include "options.hpp"
#include <fmt/format.h>

namespace chronus::control {
namespace {

std::string written(const OptionSpec& spec) {
  if (spec.argument.empty()) return fmt::format("--{}", spec.name);
  if (spec.argument[0] == '[') return fmt::format("--{}[={}]", spec.name, spec.argument.substr(1, spec.argument.size() - 2));
  return fmt::format("--{} {}", spec.name, spec.argument);
}

/// A sentence from a line of help.
std::string sentence(std::string_view help) {
  std::string text(help);
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return fmt::format("{}.", text);
}

/// One mdoc argument: choices such as on|off are words to be typed, anything else is a name.
std::string mdoc_argument(std::string_view argument) {
  if (argument.find('|') == argument.npos) return fmt::format("Ar {}", argument);
  std::string text = "Cm ";
  for (char c : argument) {
    if (c == '|') text += " | ";
    else text += c;
  }
  return text;
}

} // namespace

std::string help_text() {
  std::string text = "usage: chronus [OPTION...] [SCRIPT...]    without a SCRIPT: standard input\n";
  std::string_view group;
  for (const auto& spec : option_table()) {
    if (spec.group.empty()) continue;
    if (spec.group != group) {
      group = spec.group;
      text += fmt::format("{}:\n", group);
    }
    text += fmt::format("  {:<22}{}\n", written(spec), spec.help);
  }
  return text + "--help, --version: this, or the version. See also help at the prompt, chronus(1)\n";
}

std::string manual_options() {
  std::string text = ".Bl -tag -width Ds\n";
  for (const auto& spec : option_table()) {
    text += fmt::format(".It Fl -{}", spec.name);
    if (spec.argument.starts_with('[')) text += fmt::format(" Ns Op = Ns Ar {}", spec.argument.substr(1, spec.argument.size() - 2));
    else if (!spec.argument.empty()) text += fmt::format(" {}", mdoc_argument(spec.argument));
    text += fmt::format("\n{}\n", sentence(spec.help));
    if (!spec.manual.empty()) text += fmt::format("{}\n", spec.manual);
  }
  return text + ".El\n";
}

} // namespace chronus::control
