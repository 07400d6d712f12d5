// SPDX-License-Identifier: GPL-3.0-or-later
// While the program is built. The parts of the manual that derive from the tables, in mdoc.
#include "manual.hpp"
#include "commands.hpp"
#include "text.hpp"
#include "values.hpp"
#include <fmt/format.h>
#include <utility>

namespace chronus::control {
namespace {

/// Text that stands in a line of its own: one sentence a line, and nothing in it is taken for a macro or an escape.
std::string prose(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool first = out.empty() || out.back() == '\n';
    if (text[i] == ' ' && i > 0 && i + 1 < text.size() && text[i - 1] == '.' && text[i + 1] != '.' && !out.ends_with("..")) out += '\n';
    else if (text[i] == '\\') out += "\\e";
    else if (first && (text[i] == '.' || text[i] == '\'')) out += fmt::format("\\&{}", text[i]);
    else out += text[i];
  }
  return out + "\n";
}

/// A usage line as macros: words in capitals are arguments, what is in brackets may be left out.
std::string usage_macros(const Command& c) {
  std::string out = ".It Ic " + std::string(c.name);
  std::string word;
  const auto flush = [&] {
    if (word.empty()) return;
    out += (word[0] >= 'A' && word[0] <= 'Z' ? " Ar " : " Cm ") + word;
    word.clear();
  };
  char before = ' ';
  for (char ch : c.usage) {
    const bool attached = std::exchange(before, ch) != ' ';
    if ((ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || ch == '=' || ch == '#') word += ch;
    else if (ch == '.' && !word.empty()) word += ch;
    else {
      flush();
      if (ch == '[') out += attached ? " Ns Oo" : " Oo";
      else if (ch == ']') out += " Oc";
      else if (ch == '|') out += " |"; // a delimiter of mdoc
      else if (ch == '.' && !out.ends_with("...")) out += out.ends_with('.') ? "." : " No .";
    }
  }
  flush();
  return out + "\n";
}

std::string range_of(const ParamSpec& p) {
  if (!p.choices.empty()) return joined({p.choices.begin(), p.choices.end()});
  return fmt::format("{} to {}", number_text(p.range.low, p.unit, " "), number_text(p.range.high, p.unit, " "));
}

std::string capital(std::string_view text) {
  std::string out(text);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out.ends_with('.') ? out : out + ".";
}

std::string manual_type(const ModuleSpec& m) {
  std::string text = fmt::format(".Ss {}\n{}", m.name, prose(capital(m.help)));
  if (!m.alias.empty()) text += fmt::format("Also called\n.Ic {} .\n", m.alias);
  if (m.has_gate()) text += "It has a gate.\n";
  if (m.may_close_cycle()) text += "It may close a cycle.\n";
  text += ".Bl -tag -width Ds\n";
  for (const PortSpec& p : m.inputs) text += fmt::format(".It Cm {} Pq input\n{}", p.name, prose(capital(p.help)));
  for (const PortSpec& p : m.outputs) text += fmt::format(".It Cm {} Pq output\n{}", p.name, prose(capital(p.help)));
  for (const ParamSpec& p : m.params) {
    text += fmt::format(".It Cm {} Ns = Ns Ar {}\n{}", p.name, p.choices.empty() ? "number" : "choice", prose(capital(p.help)));
    text += prose(fmt::format("{}; {} at first.", capital(range_of(p)).substr(0, range_of(p).size()), setting_text({Setting::Kind::one, {p.initial}}, p, " ")));
    if (p.moved.low < p.moved.high) text += "Cables may move it further, through 0 too.\n";
    if (!p.alias.empty()) text += fmt::format("Also called\n.Cm {} .\n", p.alias);
  }
  return text + ".El\n";
}

} // namespace

std::string manual_commands() {
  std::string text = ".Bl -tag -width Ds\n";
  for (const Command& c : command_table()) {
    text += usage_macros(c) + prose(capital(c.summary));
    if (!c.help.empty()) text += prose(c.help);
  }
  return text + ".El\n";
}

std::string manual_modules(std::string_view date) {
  std::string text = fmt::format(".Dd {}\n.Dt CHRONUS-MODULES 7\n.Os\n.Sh NAME\n.Nm chronus-modules\n.Nd the module types of chronus\n.Sh DESCRIPTION\n", date);
  text += "Modules are made with the command\n.Ic create\nof\n.Xr chronus 1 .\n"
          "Every parameter may also be the sink of a cable.\nNumbers take units: 440Hz, 1.2k, A4; -6dB; 10ms, 2s.\n";
  for (const ModuleSpec* m : all_modules()) text += manual_type(*m);
  return text + ".Sh SEE ALSO\n.Xr chronus 1\n";
}

} // namespace chronus::control
