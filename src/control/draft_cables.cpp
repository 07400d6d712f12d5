// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The edits of a draft that are about cables.
#include "draft.hpp"
#include "error.hpp"
#include "text.hpp"
#include "values.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace chronus::control {
namespace {

/// A chain's two neighbours as single cables, without their amounts. One output feeds all inputs of a module; as many outputs as
/// inputs go one to one; outputs go to the program's by turns.
std::vector<Cable> cables_between(const Patch& patch, const Word& from, const Word& to, Ports ports, bool from_is_middle, bool to_is_middle) {
  const Dotted a = cut_dotted(from), b = cut_dotted(to);
  const std::vector<Source> sources = find_sources(patch, from_is_middle && !names_output(patch, from) ? a.module : from, ports);
  const bool only_output = names_output(patch, to) && !names_sink(patch, to);
  const std::vector<Sink> sinks = find_sinks(patch, to_is_middle && only_output ? b.module : to, ports);
  const bool to_all = sinks[0].module == out_name && sinks[0].port == 0;
  if (sources.size() > 1 && !to_all && sources.size() != sinks.size()) {
    std::string names;
    for (const Source& s : sources) names += (names.empty() ? "" : ", ") + source_text(patch, s);
    throw Error(from.column, fmt::format("{} has {} outputs; say which: {}", a.module.text, sources.size(), names));
  }
  std::vector<Cable> cables;
  for (std::size_t i = 0; i < std::max(sources.size(), sinks.size()); ++i) {
    Sink at = sinks[i % sinks.size()];
    if (to_all && sources.size() > 1) at.port = static_cast<int>(i) % ports.outs + 1;
    cables.push_back({sources[i % sources.size()], at});
  }
  return cables;
}

} // namespace

void Draft::drop_last_cable() {
  const Cable cable = patch_.cables.back();
  patch_.cables.pop_back();
  wired_.erase({cable.from, cable.to});
  if (cable.ordinal == 0) patch_.next_ordinal.erase(cable.to);
  else patch_.next_ordinal[cable.to] = cable.ordinal;
  graph_.disconnect(cable);
}

/// \return whether the cable is new; one that was there gets the new amount, and is kept in `replaced` as it was
bool Draft::add_cable(Cable cable, int column, std::vector<Cable>& replaced) {
  if (wired_.contains({cable.from, cable.to})) {
    Cable& there = *std::find_if(patch_.cables.begin(), patch_.cables.end(), [&](const Cable& c) { return c.from == cable.from && c.to == cable.to; });
    if (there.by != cable.by) {
      replaced.push_back(there);
      there.by = cable.by;
    }
    return false;
  }
  if (patch_.cables.size() >= max_cables) throw Error(column, fmt::format("a patch is limited to {} cables", max_cables));
  graph_.connect(cable, column);
  cable.ordinal = patch_.next_ordinal[cable.to]++;
  wired_.insert({cable.from, cable.to});
  patch_.cables.push_back(std::move(cable));
  return true;
}

std::string Draft::connect(std::span<const Word> words, Ports ports) {
  std::vector<Word> chain;
  std::optional<Word> amount;
  for (const Word& word : words) {
    if (!word.text.starts_with("by=")) chain.push_back(word);
    else if (amount) throw Error(word.column, "by is given twice");
    else amount = word.part(3);
  }
  if (chain.size() < 2) throw Error(words.back().column, "connect needs a source and a sink (connect A B [C ...] [by=AMOUNT])");
  struct Wanted { Cable cable; int column; };
  std::vector<Wanted> wanted;
  bool modulates = false;
  for (std::size_t i = 0; i + 1 < chain.size(); ++i)
    for (Cable& c : cables_between(patch_, chain[i], chain[i + 1], ports, i > 0, i + 2 < chain.size())) {
      if (c.to.is_param) {
        const ParamSpec& spec = patch_.instances.at(c.to.module).type->params[static_cast<std::size_t>(c.to.port)];
        if (amount) c.by = parse_amount(*amount, spec, sink_text(patch_, c.to) + " by");
        modulates = true;
      }
      wanted.push_back({std::move(c), chain[i + 1].column});
    }
  if (amount && !modulates) throw Error(amount->column - 3, "by= is for a cable into a parameter");
  std::size_t made = 0, known = 0;
  std::vector<Cable> replaced;
  try {
    for (Wanted& w : wanted) (add_cable(w.cable, w.column, replaced) ? made : known)++;
  } catch (const Error&) {
    for (; made > 0; --made) drop_last_cable();
    for (auto r = replaced.rbegin(); r != replaced.rend(); ++r)
      std::find_if(patch_.cables.begin(), patch_.cables.end(), [&](const Cable& c) { return c.from == r->from && c.to == r->to; })->by = r->by;
    throw;
  }
  if (!replaced.empty()) return "the amount was changed";
  return known > 0 ? "already connected" : "";
}

void Draft::disconnect(const Word& from, const Word& to, Ports ports) {
  const std::vector<Source> sources = find_sources(patch_, from, ports);
  const Dotted sink_word = cut_dotted(to);
  std::vector<Sink> sinks;
  const bool whole = !sink_word.member && sink_word.module.text != in_name;
  if (!whole) sinks = find_sinks(patch_, to, ports);
  else if (to.text == out_name)
    for (int port = 0; port <= ports.outs; ++port) sinks.push_back({out_name, port});
  else
    for (std::size_t i = 0; i < find_instance(patch_, to).type->inputs.size(); ++i) sinks.push_back({to.text, static_cast<int>(i)});
  const auto any = [&](const Cable& c) {
    return std::find(sources.begin(), sources.end(), c.from) != sources.end() && std::find(sinks.begin(), sinks.end(), c.to) != sinks.end();
  };
  const auto gone = std::erase_if(patch_.cables, [&](const Cable& c) {
    if (!any(c)) return false;
    graph_.disconnect(c);
    wired_.erase({c.from, c.to});
    return true;
  });
  if (gone > 0) return;
  std::string feeds;
  for (const Cable& c : patch_.cables)
    if (c.from.module == cut_dotted(from).module.text && feeds.size() < 200) feeds += (feeds.empty() ? "" : ", ") + sink_text(patch_, c.to);
  throw Error(to.column, fmt::format("there is no cable from {} to {}{}", from.text, to.text, feeds.empty() ? "" : "; it feeds " + feeds));
}

} // namespace chronus::control
