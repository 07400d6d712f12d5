// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. From a written name to what it names in a patch.
#include "names.hpp"
#include "error.hpp"
#include "text.hpp"
#include "values.hpp"
#include <fmt/format.h>

namespace chronus::control {
namespace {

std::vector<std::string_view> names_of(std::span<const PortSpec> ports) {
  std::vector<std::string_view> names;
  for (const PortSpec& p : ports) names.push_back(p.name);
  return names;
}

std::vector<std::string_view> names_of(std::span<const ParamSpec> params) {
  std::vector<std::string_view> names;
  for (const ParamSpec& p : params) names.push_back(p.name);
  return names;
}

int index_of(std::span<const PortSpec> ports, std::string_view name) {
  for (std::size_t i = 0; i < ports.size(); ++i)
    if (ports[i].name == name) return static_cast<int>(i);
  return -1;
}

int index_of(std::span<const ParamSpec> params, std::string_view name) {
  for (std::size_t i = 0; i < params.size(); ++i)
    if (params[i].name == name || (!params[i].alias.empty() && params[i].alias == name)) return static_cast<int>(i);
  return -1;
}

/// `.2` of `out.2` as a number from 1.
int external_port(const Word& word, const char* which, int count) {
  if (count == 0) throw Error(word.column, fmt::format("there is no port {}.{}: the program runs with --{}s 0", which, printable(word.text), which));
  return parse_count(word, 1, count, which);
}

} // namespace

void check_new_name(const Word& word) {
  const std::string& s = word.text;
  if (s == in_name || s == out_name) throw Error(word.column, fmt::format("{} is always there and cannot be created or deleted", quoted(s)));
  bool good = !s.empty() && s[0] >= 'a' && s[0] <= 'z';
  for (char c : s) good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  if (!good) throw Error(word.column, fmt::format("{} is not a name: a lower case letter, then letters, digits and _", quoted(s)));
  if (s.size() > max_name_bytes)
    throw Error(word.column, fmt::format("{}: a name of {} bytes is over the limit of {}", quoted(s), s.size(), max_name_bytes));
}

const Instance& find_instance(const Patch& patch, const Word& word) {
  const auto it = patch.instances.find(word.text);
  if (it != patch.instances.end()) return it->second;
  std::vector<std::string_view> names;
  for (const auto& [name, instance] : patch.instances)
    if (names.size() < 2000) names.push_back(name); // enough for a hint; a wrong line must stay cheap in a huge patch
  throw Error(word.column, fmt::format("there is no module {}{}", quoted(word.text), did_you_mean(word.text, names)));
}

int find_param(const ModuleSpec& type, const Word& word, const std::string& of) {
  const int index = index_of(type.params, word.text);
  if (index >= 0) return index;
  const auto names = names_of(type.params);
  if (names.empty()) throw Error(word.column, fmt::format("{} has no parameter {}: {} has none", of, quoted(word.text), type.name));
  const std::string hint = did_you_mean(word.text, names);
  throw Error(word.column, fmt::format("{} has no parameter {}{}", of, quoted(word.text), hint.empty() ? ": " + joined(names) : hint));
}

const ModuleSpec& find_type(const Word& word) {
  if (const ModuleSpec* type = find_module(word.text)) return *type;
  std::vector<std::string_view> names;
  for (const ModuleSpec* m : all_modules()) {
    names.push_back(m->name);
    if (!m->alias.empty()) names.push_back(m->alias);
  }
  const std::string hint = did_you_mean(word.text, names);
  throw Error(word.column, fmt::format("there is no module type {}{}", quoted(word.text), hint.empty() ? " ('modules' lists them)" : hint));
}

Dotted cut_dotted(const Word& word) {
  const std::size_t dot = word.text.find('.');
  if (dot == std::string::npos) return {word, std::nullopt};
  return {word.part(0, dot), word.part(dot + 1)};
}

ParamName find_param_name(const Patch& patch, const Word& word) {
  const Dotted d = cut_dotted(word);
  const Instance& instance = find_instance(patch, d.module);
  if (!d.member)
    throw Error(word.column, fmt::format("{}: which parameter? {}.PARAM, one of {}", quoted(word.text), word.text, joined(names_of(instance.type->params))));
  return {d.module.text, &instance, find_param(*instance.type, *d.member, d.module.text)};
}

std::vector<Source> find_sources(const Patch& patch, const Word& word, Ports ports) {
  const Dotted d = cut_dotted(word);
  if (d.module.text == out_name) throw Error(word.column, "out is a sink: nothing comes from it");
  if (d.module.text == in_name) {
    if (d.member) return {{in_name, external_port(*d.member, in_name, ports.ins) - 1}};
    if (ports.ins == 1) return {{in_name, 0}};
    if (ports.ins == 0) throw Error(word.column, "there is no input port: start with --ins N");
    throw Error(word.column, fmt::format("which input? in.1 to in.{}", ports.ins));
  }
  const auto outputs = find_instance(patch, d.module).type->outputs;
  std::vector<Source> all;
  for (std::size_t i = 0; i < outputs.size(); ++i)
    if (!d.member || outputs[i].name == d.member->text) all.push_back({d.module.text, static_cast<int>(i)});
  if (!all.empty()) return all;
  const auto names = names_of(outputs);
  throw Error(d.member->column, fmt::format("{} has no output {}{}", d.module.text, quoted(d.member->text),
                                            names.size() == 1 ? fmt::format(": its output is {}", names[0]) : ": " + joined(names)));
}

std::vector<Sink> find_sinks(const Patch& patch, const Word& word, Ports ports) {
  const Dotted d = cut_dotted(word);
  if (d.module.text == in_name) throw Error(word.column, "in is a source: nothing goes into it");
  if (d.module.text == out_name) return {{out_name, d.member ? external_port(*d.member, out_name, ports.outs) : 0}};
  const ModuleSpec& type = *find_instance(patch, d.module).type;
  auto names = names_of(type.inputs);
  const auto params = names_of(type.params);
  names.insert(names.end(), params.begin(), params.end());
  if (!d.member) {
    if (type.inputs.empty()) throw Error(word.column, fmt::format("{} has no audio input; say {}.PORT, one of {}", d.module.text, d.module.text, joined(names)));
    std::vector<Sink> all;
    for (std::size_t i = 0; i < type.inputs.size(); ++i) all.push_back({d.module.text, static_cast<int>(i)});
    return all;
  }
  if (const int port = index_of(type.inputs, d.member->text); port >= 0) return {{d.module.text, port}};
  if (const int param = index_of(type.params, d.member->text); param >= 0) return {{d.module.text, param, true}};
  const std::string hint = did_you_mean(d.member->text, names);
  throw Error(d.member->column, fmt::format("{} has no input or parameter {}{}", d.module.text, quoted(d.member->text), hint.empty() ? ": " + joined(names) : hint));
}

namespace {

const ModuleSpec* type_of_port(const Patch& patch, const Dotted& d) {
  const auto it = patch.instances.find(d.module.text);
  return d.member && it != patch.instances.end() ? it->second.type : nullptr;
}

} // namespace

bool names_output(const Patch& patch, const Word& word) {
  const Dotted d = cut_dotted(word);
  const ModuleSpec* type = type_of_port(patch, d);
  return type && index_of(type->outputs, d.member->text) >= 0;
}

bool names_sink(const Patch& patch, const Word& word) {
  const Dotted d = cut_dotted(word);
  const ModuleSpec* type = type_of_port(patch, d);
  return type && (index_of(type->inputs, d.member->text) >= 0 || index_of(type->params, d.member->text) >= 0);
}

GateName find_gate(const Patch& patch, const Word& word) {
  const std::size_t hash = word.text.find('#');
  const Word module = word.part(0, hash);
  const Instance& instance = find_instance(patch, module);
  if (!instance.type->has_gate()) throw Error(word.column, fmt::format("{} has no gate: it is a {}", module.text, instance.type->name));
  if (hash == std::string::npos) return {module.text, &instance, -1};
  return {module.text, &instance, parse_count(word.part(hash + 1), 1, max_lanes, module.text + "#") - 1};
}

bool parse_on_off(const Word& word) {
  if (word.text == "on" || word.text == "1") return true;
  if (word.text == "off" || word.text == "0") return false;
  throw Error(word.column, fmt::format("a gate is on or off, not {}", quoted(word.text)));
}

std::string source_text(const Patch& patch, const Source& source) {
  if (source.module == in_name) return fmt::format("in.{}", source.port + 1);
  const auto outputs = patch.instances.at(source.module).type->outputs;
  return outputs.size() == 1 ? source.module : fmt::format("{}.{}", source.module, outputs[static_cast<std::size_t>(source.port)].name);
}

std::string sink_text(const Patch& patch, const Sink& sink) {
  if (sink.module == out_name) return sink.port == 0 ? std::string(out_name) : fmt::format("out.{}", sink.port);
  const ModuleSpec& type = *patch.instances.at(sink.module).type;
  if (sink.is_param) return fmt::format("{}.{}", sink.module, type.params[static_cast<std::size_t>(sink.port)].name);
  return type.inputs.size() == 1 ? sink.module : fmt::format("{}.{}", sink.module, type.inputs[static_cast<std::size_t>(sink.port)].name);
}

} // namespace chronus::control
