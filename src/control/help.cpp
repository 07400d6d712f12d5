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

namespace {

struct Topic {
  std::string_view name, text;
};
constexpr Topic topics[] = {
    {"draft", "An edit (create, delete, connect, disconnect; set and gate while a draft is open) changes the draft only, and nothing is heard of it. "
              "diff shows what it changes, commit makes it live at one frame, abort drops it. undo and redo go through what was committed. "
              "A script and the prompt have a draft each."},
    {"lanes", "A cable carries 1 to 256 lanes, which are voices. create ID TYPE lanes=N asks for them; what follows takes the widest of its inputs, also of those "
              "that move a parameter. freq=55..820 spreads a value over the lanes, freq=[110 165 220] gives one to each, gate ID#3 on opens the third. sum adds them up to one."},
    {"units", "440, 440Hz, 1.2k and A4+50ct are frequencies; 0.5, 50%, -6dB and -infdB are levels; 10ms, 2s, 500us, 1.5min and 1h are times, 64fr is a time in frames "
              "for commands. A bare time is in seconds for a command, in milliseconds for a parameter. Upper and lower case are alike."},
    {"gates", "An envelope (adsr) sounds while its gate is open: gate ID on, gate ID off, gate ID#2 on for one lane. panic closes all and shuts the outputs until "
              "a gate opens or another patch comes in."},
    {"time", "wait moves a script's clock, and nothing else does; at the prompt it waits. at T in a commit is on that clock. Waits add up exactly."},
    {"cables", "connect A B lays one; several into one port add up. connect A ID.PARAM by=X moves a parameter by X, in its unit, for each 1 of A. A cycle needs a delay in it. "
               "out is every output port, out.1 the first."},
    {"files", "save FILE writes the patch as a script, load FILE reads one into the draft, source FILE runs its lines. record start FILE and record stop write what is heard. "
              "A file of another kind is never written over."},
};

/// What people call things that have another name here.
constexpr std::pair<std::string_view, std::string_view> other_words[] = {
    {"filter", "svf biquad"}, {"lpf", "svf biquad"}, {"hpf", "svf biquad"}, {"lowpass", "svf biquad"}, {"highpass", "svf biquad"}, {"bandpass", "svf biquad"}, {"vcf", "svf biquad"},
    {"envelope", "adsr"}, {"env", "adsr"}, {"oscillator", "sine saw square noise"}, {"osc", "sine saw square noise"}, {"vco", "sine saw square"}, {"synth", "sine saw square"},
    {"pulse", "square"}, {"echo", "delay"}, {"vca", "gain"}, {"amp", "gain"}, {"volume", "gain"}, {"mixer", "mix sum"}, {"panner", "pan"}, {"vibrato", "lfo"},
    {"distortion", "drive"}, {"overdrive", "drive"}, {"room", "reverb"}, {"hall", "reverb"}, {"compressor", "limiter"}, {"hiss", "noise"},
};

/// Empty: it is none of these.
std::string topic_text(std::string_view word) {
  std::string text;
  for (const Topic& t : topics)
    if (t.name == word || (t.name.ends_with('s') && t.name.substr(0, t.name.size() - 1) == word)) text += fmt::format("{}\n{}", t.name, wrapped(t.text, "  "));
  for (const auto& [other, types] : other_words) {
    if (other != word) continue;
    for (std::size_t at = 0; at < types.size();) {
      const std::size_t end = std::min(types.find(' ', at), types.size());
      if (const ModuleSpec* m = find_module(types.substr(at, end - at))) text += fmt::format("{:<8}  {}\n", m->name, m->help);
      at = end + 1;
    }
  }
  return text;
}

} // namespace

std::string help_overview() {
  std::string text;
  for (const Command& c : command_table()) text += fmt::format("{:<13} {}\n", c.name, c.summary);
  return text + "\nhelp COMMAND, help TYPE, help TYPE.PARAM and help MODULE say more;\n'modules' lists the types. help draft, lanes, units, gates, time, cables and\nfiles explain these words.\n";
}

std::string help_text(const Word& topic) {
  std::string text;
  for (const Command& c : command_table())
    if (c.name == usual_name(topic.text) || c.name.starts_with(topic.text + " ")) text += command_help(c);
  const std::size_t dot = topic.text.find('.');
  const ModuleSpec* type = find_module(topic.text.substr(0, dot));
  if (type != nullptr && dot == std::string::npos) text += type_help(*type);
  if (type != nullptr && dot != std::string::npos)
    if (const ParamSpec* p = find_param(*type, std::string_view(topic.text).substr(dot + 1))) text += param_help(*type, *p);
  if (type == nullptr && dot == std::string::npos) text += topic_text(topic.text);
  if (!text.empty()) return text;
  std::vector<std::string_view> known;
  for (const Command& c : command_table()) known.push_back(c.name);
  for (const ModuleSpec* m : all_modules()) known.push_back(m->name);
  throw Error(topic.column, fmt::format("there is no help for {}{}", quoted(topic.text), did_you_mean(topic.text, known)));
}

} // namespace chronus::control
