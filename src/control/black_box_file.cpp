// SPDX-License-Identifier: GPL-3.0-or-later
// Any control thread. What a black box held, as a WAV and a JSON file.
#include "black_box.hpp"
#include "discontinuities.hpp"
#include "error.hpp"
#include "replaced_file.hpp"
#include "reply.hpp"
#include "shell/wav_file.hpp"
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <iterator>

namespace chronus::control {
namespace {

constexpr std::size_t most_listed = 1000;

std::string_view name(Break kind) {
  return kind == Break::jump ? "jump" : kind == Break::to_zero ? "to_zero" : "from_zero";
}

template <class T> std::string list(const T* values, int n) { return fmt::format("[{}]", fmt::join(values, values + n, ",")); }

/// One a line, for people and line tools too.
template <class Items, class Line> std::string array(const Items& items, std::size_t most, Line line) {
  std::string text = "[";
  for (std::size_t i = 0; i < std::min(most, items.size()); ++i) fmt::format_to(std::back_inserter(text), "{}\n  {}", i ? "," : "", line(items[i]));
  return text + "]";
}

std::string record_json(const link::FlightRecord& r) {
  return fmt::format(R"({{"frame":{},"frames":{},"silent":{},"live":{},"spare":{},"blocks":{},"load":[{:.4f}],"starved":{},"failovers":{},"ops":{}}})", r.frame,
                     r.frames, r.silent, r.live, r.spare, list(r.blocks, r.slots), fmt::join(r.load, r.load + r.slots, ","), r.starved, r.failovers, r.ops);
}

std::string counters_json(const Stats& s, const FlightLog& f) {
  JsonObject o;
  o.add("frame", s.frame);
  add_stats(o, s);
  return o.add("lost", f.lost).text();
}

constexpr std::string_view beginning = R"({"rate":)";

/// A file of ours may be replaced.
void check_ours(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (!file) return;
  char head[beginning.size()];
  const std::size_t n = std::fread(head, 1, sizeof head, file);
  std::fclose(file);
  if (n > 0 && std::string_view(head, n) != beginning) throw Error(0, path + ": is there already and was not written by blackbox: it is not replaced");
}

void write_text(const std::string& path, const std::string& text) {
  try {
    ReplacedFile file(path);
    int code = file.write(text);
    if (code == 0) code = file.put();
    if (code != 0) throw Error(0, std::strerror(code));
  } catch (const Error& e) {
    throw Error(0, fmt::format("{}: {}", path, e.what()));
  }
}

} // namespace

FlightReport write_flight(const FlightLog& f, const Stats& stats, const std::string& patch, const std::string& path) {
  const Frame frames = f.until - f.from;
  check_ours(path + ".json");
  WavWriter wav(path + ".wav", f.channels, f.rate, WavWriter::Appears::when_whole);
  wav.write(f.samples.data(), frames);
  if (!wav.close()) throw Error(0, wav.error());
  auto found = find_discontinuities(f.samples.data(), f.channels, f.from, frames, f.rate);
  // What the black box lost itself was heard all the same.
  std::erase_if(found, [&](const Discontinuity& d) {
    return std::ranges::any_of(f.gaps, [&](const auto& gap) { return d.frame >= gap.first && d.frame <= gap.second + 2; });
  });
  JsonObject o;
  o.add("rate", f.rate).add("outs", f.channels).add("from", f.from).add("until", f.until).raw("counters", counters_json(stats, f)).add("patch", patch);
  o.raw("gaps", array(f.gaps, f.gaps.size(), [](const auto& g) { return fmt::format("[{},{}]", g.first, g.second); }));
  o.add("discontinuities_found", found.size());
  o.raw("discontinuities", array(found, most_listed, [](const Discontinuity& d) {
    return fmt::format(R"({{"frame":{},"output":{},"kind":"{}","size":{:.6g},"usual":{:.6g}}})", d.frame, d.channel + 1, name(d.kind), d.size, d.usual);
  }));
  o.raw("cycles", array(f.records, f.records.size(), record_json));
  write_text(path + ".json", o.text() + "\n");
  return {frames, f.lost, found.size()};
}

} // namespace chronus::control
