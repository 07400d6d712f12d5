// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The commands that look, for people in columns, and as JSON.
#include "commands.hpp"
#include "graph.hpp"
#include "text.hpp"
#include "values.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace chronus::control::commands {
namespace {

std::string cable_text(const Patch& patch, const Cable& c) {
  std::string text = fmt::format("{} -> {}", source_text(patch, c.from), sink_text(patch, c.to));
  if (c.to.is_param) text += " by " + number_text(c.by, patch.instances.at(c.to.module).type->params[static_cast<std::size_t>(c.to.port)].unit, " ");
  return text;
}

std::string cable_json(const Patch& patch, const Cable& c) {
  JsonObject o;
  o.add("from", source_text(patch, c.from)).add("to", sink_text(patch, c.to));
  if (c.to.is_param) o.add("by", static_cast<double>(c.by));
  return o.text();
}

/// A number where it is one; lists, spreads and choices as they are written.
std::string value_json(const Setting& value, const ParamSpec& spec) {
  JsonArray one;
  if (value.kind == Setting::Kind::one && spec.choices.empty()) return fmt::format("{}", static_cast<double>(value.numbers[0]));
  one.add(setting_text(value, spec));
  const std::string text = one.text();
  return text.substr(1, text.size() - 2);
}

/// `*` stands for any letters.
bool matches(std::string_view pattern, std::string_view name) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == name;
  if (!name.starts_with(pattern.substr(0, star))) return false;
  for (std::size_t at = star; at <= name.size(); ++at)
    if (matches(pattern.substr(star + 1), name.substr(at))) return true;
  return false;
}

/// f2 before f10.
bool comes_before(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number = [&](const std::string& s, std::size_t& at) {
      const std::size_t from = std::min(s.find_first_not_of('0', at), s.size());
      for (at = from; at < s.size() && digit(s[at]); ++at) {}
      return std::string_view(s).substr(from, at - from);
    };
    const std::string_view m = number(a, i), n = number(b, j);
    if (m.size() != n.size()) return m.size() < n.size();
    if (m != n) return m < n;
  }
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

std::string gate_text(const Instance& instance, int lanes) {
  const auto open = std::count(instance.gates.begin(), instance.gates.end(), true);
  if (open == 0) return "closed";
  if (open == static_cast<long>(instance.gates.size())) return "open";
  return fmt::format("{} of {} open", open, lanes);
}

void show_state(Call& call) {
  Session& s = call.session;
  const Patch& p = s.patch();
  call.reply.fields.add("revision", s.host().revision()).add("draft", s.editing()).add("modules", p.instances.size())
      .add("cables", p.cables.size()).add("undo", s.workspace().undo_depth()).add("redo", s.workspace().redo_depth());
  call.reply.text = fmt::format("revision {}, {}\n{}, {}; {} to undo, {} to redo", s.host().revision(),
                                s.editing() ? "a draft is open" : "no draft is open", counted(p.instances.size(), "module"),
                                counted(p.cables.size(), "cable"), counted(s.workspace().undo_depth(), "commit"), s.workspace().redo_depth());
}

} // namespace

void list(Call& call) {
  const Patch& p = call.session.patch();
  const std::string_view pattern = call.words.empty() ? std::string_view("*") : std::string_view(call.words[0].text);
  using Entry = std::pair<const std::string, Instance>;
  std::vector<const Entry*> entries;
  for (const Entry& entry : p.instances)
    if (matches(pattern, entry.first)) entries.push_back(&entry);
  std::ranges::sort(entries, comes_before, [](const Entry* e) -> const std::string& { return e->first; });
  if (entries.empty() && !call.words.empty()) throw Error(call.words[0].column, fmt::format("no module's name is like {}", quoted(pattern)));
  Graph graph(p);
  const auto lanes = graph.widths();
  std::size_t name_width = 4, type_width = 4;
  for (const Entry* e : entries) {
    const auto& [name, instance] = *e;
    name_width = std::max(name_width, name.size());
    type_width = std::max(type_width, instance.type->name.size());
  }
  std::string text;
  JsonArray modules, cables;
  for (const Entry* e : entries) {
    const auto& [name, instance] = *e;
    std::string values;
    JsonObject params;
    for (std::size_t i = 0; i < instance.settings.size(); ++i) {
      const ParamSpec& spec = instance.type->params[i];
      values += fmt::format(" {}={}", spec.name, setting_text(instance.settings[i], spec));
      params.raw(spec.name, value_json(instance.settings[i], spec));
    }
    const int width = lanes.at(name);
    text += fmt::format("{:<{}}  {:<{}} {}{}\n", name, name_width, instance.type->name, type_width, width > 1 ? fmt::format(" lanes={}", width) : "", values);
    modules.raw(JsonObject().add("id", name).add("type", instance.type->name).add("lanes", width).raw("params", params.text()).text());
  }
  for (const Cable& c : p.cables) {
    if (!matches(pattern, c.from.module) && !matches(pattern, c.to.module)) continue;
    text += cable_text(p, c) + "\n";
    cables.raw(cable_json(p, c));
  }
  call.reply.text = text.empty() ? "the patch is empty" : text;
  call.reply.fields.add("draft", call.session.editing()).raw("modules", modules.text()).raw("cables", cables.text());
}

void show(Call& call) {
  if (call.words.empty()) return show_state(call);
  const Patch& p = call.session.patch();
  const Word& id = call.words[0];
  const Instance& instance = find_instance(p, id);
  Graph graph(p);
  const int width = graph.width(id.text);
  std::string text = fmt::format("{}: {}, {}\n", id.text, instance.type->name, counted(width, "lane"));
  JsonObject params;
  std::size_t column = 4;
  for (const ParamSpec& spec : instance.type->params) column = std::max(column, spec.name.size());
  for (std::size_t i = 0; i < instance.settings.size(); ++i) {
    const ParamSpec& spec = instance.type->params[i];
    text += fmt::format("  {:<{}}  {}\n", spec.name, column, setting_text(instance.settings[i], spec, " "));
    params.raw(spec.name, value_json(instance.settings[i], spec));
  }
  JsonArray cables;
  call.reply.fields.add("id", id.text).add("type", instance.type->name).add("lanes", width).raw("params", params.text());
  if (instance.type->has_gate()) {
    text += fmt::format("  {:<{}}  {}\n", "gate", column, gate_text(instance, width));
    call.reply.fields.add("gate", gate_text(instance, width));
  }
  for (const Cable& c : p.cables)
    if (c.from.module == id.text || c.to.module == id.text) {
      text += "  " + cable_text(p, c) + "\n";
      cables.raw(cable_json(p, c));
    }
  call.reply.text = text;
  call.reply.fields.raw("cables", cables.text());
}

void modules(Call& call) {
  JsonArray types;
  for (const ModuleSpec* m : all_modules()) {
    call.reply.text += fmt::format("{:<8}  {}\n", m->name, m->help);
    JsonArray inputs, outputs, params;
    JsonObject ranges;
    for (const PortSpec& p : m->inputs) inputs.add(p.name);
    for (const PortSpec& p : m->outputs) outputs.add(p.name);
    for (const ParamSpec& p : m->params) {
      JsonObject o;
      o.add("name", p.name).add("help", p.help).add("initial", static_cast<double>(p.initial));
      JsonArray choices;
      for (const std::string_view c : p.choices) choices.add(c);
      if (p.choices.empty()) o.add("low", static_cast<double>(p.range.low)).add("high", static_cast<double>(p.range.high));
      else o.raw("choices", choices.text());
      ranges.raw(p.name, o.text());
      params.add(p.name);
    }
    types.raw(JsonObject().add("type", m->name).add("help", m->help).raw("inputs", inputs.text()).raw("outputs", outputs.text())
                  .raw("params", params.text()).raw("ranges", ranges.text()).text());
  }
  call.reply.fields.raw("types", types.text());
}

void help(Call& call) {
  const Patch& p = call.session.patch();
  if (call.words.empty()) call.reply.text = help_overview();
  else if (const auto mine = p.instances.find(call.words[0].text); mine != p.instances.end())
    call.reply.text = fmt::format("{} is a module of yours:\n{}", mine->first, help_text({std::string(mine->second.type->name), call.words[0].column}));
  else call.reply.text = help_text(call.words[0]);
  call.reply.fields.add("text", call.reply.text);
}

void stats(Call& call) {
  const Stats s = call.session.host().stats();
  call.reply.frame = s.frame;
  add_stats(call.reply.fields, s);
  call.reply.text = fmt::format("frame {}, revision {}, live slot {}, spare {}\n"
                                "load {:.1f} %, lead {} frames, last primed in {:.1f} ms\n"
                                "starved {}, late {}, dropped {}, xruns {}\n"
                                "swaps {}, failovers {}, refused {}, slipped {}, clipped {}",
                                s.frame, s.revision, s.live, s.spare, s.load * 100, s.lead, s.prime_ms_last, s.starved, s.late, s.dropped,
                                s.xruns, s.swaps, s.failovers, s.refused, s.slipped, s.clipped);
}

} // namespace chronus::control::commands
