// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. What may stand at the cursor of a half typed line.
#include "complete.hpp"
#include "commands.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace chronus::control {
namespace {

class Finder {
public:
  Finder(std::string_view word, const Patch& patch, int outs, int ins) : word_(word), patch_(patch), outs_(outs), ins_(ins) {}

  void offer(std::string_view candidate) {
    if (candidate.starts_with(word_)) found.emplace_back(candidate);
  }
  void instances(std::string_view suffix = "") {
    for (const auto& [name, instance] : patch_.instances) offer(name + std::string(suffix));
  }
  void types() {
    for (const ModuleSpec* m : all_modules()) offer(m->name);
  }
  /// `ID.` first, then what is behind the dot.
  template <class Members> void members(Members of, bool name_alone) {
    const std::size_t dot = word_.find('.');
    const auto it = patch_.instances.find(word_.substr(0, dot));
    if (dot == std::string_view::npos || it == patch_.instances.end()) {
      for (const auto& [name, instance] : patch_.instances) {
        if (name_alone) offer(name);
        offer(name + ".");
      }
      return;
    }
    of(*it->second.type, [&](std::string_view member) { offer(fmt::format("{}.{}", it->first, member)); });
  }
  void ports(const char* always, int count) {
    offer(always);
    if (word_.find('.') == std::string_view::npos) return;
    for (int i = 1; i <= count; ++i) offer(fmt::format("{}.{}", always, i));
  }
  void at(Arg arg, std::span<const Word> before, Candidates& c);

  std::vector<std::string> found;

private:
  void assignments(std::span<const Word> before);
  void values(std::span<const Word> before);
  std::string_view word_;
  const Patch& patch_;
  int outs_, ins_;
};

void Finder::assignments(std::span<const Word> before) {
  const ModuleSpec* type = before.size() > 2 ? find_module(before[2].text) : nullptr;
  if (type == nullptr) return;
  for (const ParamSpec& p : type->params) {
    if (word_.starts_with(std::string(p.name) + "="))
      for (std::string_view choice : p.choices) offer(fmt::format("{}={}", p.name, choice));
    else offer(std::string(p.name) + "=");
  }
  offer("lanes=");
}

void Finder::values(std::span<const Word> before) {
  const Dotted d = cut_dotted(before.back());
  const auto it = patch_.instances.find(d.module.text);
  if (it == patch_.instances.end() || !d.member) return;
  for (const ParamSpec& p : it->second.type->params)
    if (p.name == d.member->text || p.alias == d.member->text)
      for (std::string_view choice : p.choices) offer(choice);
}

void Finder::at(Arg arg, std::span<const Word> before, Candidates& c) {
  const auto params = [](const ModuleSpec& m, auto add) { for (const ParamSpec& p : m.params) add(p.name); };
  const auto inputs = [&](const ModuleSpec& m, auto add) {
    for (const PortSpec& p : m.inputs) add(p.name);
    params(m, add);
  };
  const auto outputs = [](const ModuleSpec& m, auto add) { for (const PortSpec& p : m.outputs) add(p.name); };
  switch (arg) {
  case Arg::type: return types();
  case Arg::assignment: return assignments(before);
  case Arg::module: return instances();
  case Arg::source:
    members(outputs, true);
    if (ins_ > 0) ports(in_name, ins_);
    return;
  case Arg::sink:
    members(inputs, true);
    if (before.size() > 2) offer("by=");
    return ports(out_name, outs_);
  case Arg::parameter: return members(params, false);
  case Arg::value: return values(before);
  case Arg::gate:
    for (const auto& [name, instance] : patch_.instances)
      if (instance.type->has_gate()) offer(name);
    return;
  case Arg::on_off:
    for (const char* w : {"on", "off"}) offer(w);
    return;
  case Arg::commit_word:
    if (before.back().text == "fade" || before.back().text == "at") return;
    offer("fade");
    if (before[0].text == "commit")
      for (const char* w : {"at", "force"}) offer(w);
    return;
  case Arg::fault_kind:
    for (const std::string_view w : fault_kinds) offer(w);
    return;
  case Arg::slot:
    for (const char* w : {"live", "spare"}) offer(w);
    return;
  case Arg::topic:
    for (const Command& row : command_table()) offer(row.name.substr(0, row.name.find(' ')));
    types();
    if (const std::size_t dot = word_.find('.'); dot != std::string_view::npos)
      if (const ModuleSpec* m = find_module(word_.substr(0, dot)))
        for (const ParamSpec& p : m->params) offer(fmt::format("{}.{}", m->name, p.name));
    return;
  case Arg::file: c.file_names = true; return;
  case Arg::new_name:
  case Arg::time: return;
  }
}

} // namespace

Candidates complete(std::string_view line, std::size_t cursor, const Patch& patch, int outs, int ins) {
  Candidates c;
  const std::string_view typed = line.substr(0, cursor);
  c.start = last_word(typed);
  Finder finder(typed.substr(c.start), patch, outs, ins);
  try {
    const std::vector<Word> before = split(typed.substr(0, c.start));
    for (const Command& row : command_table()) {
      const std::size_t cut = row.name.find(' ');
      if (before.empty()) finder.offer(row.name.substr(0, cut));
      else if (before[0].text == row.name.substr(0, cut)) {
        const std::size_t names = words_of(row);
        if (before.size() < names) finder.offer(row.name.substr(cut + 1));
        else if (names == 1 || row.name.substr(cut + 1) == before[1].text) {
          const std::size_t place = before.size() - names;
          if (!row.args.empty() && place < row.most) finder.at(row.args[std::min(place, row.args.size() - 1)], before, c);
        }
      }
    }
  } catch (const Error&) { // after what is no line there is nothing to offer
  }
  std::sort(finder.found.begin(), finder.found.end());
  finder.found.erase(std::unique(finder.found.begin(), finder.found.end()), finder.found.end());
  c.words = std::move(finder.found);
  return c;
}

} // namespace chronus::control
