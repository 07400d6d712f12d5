// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The commands about files, and those that act outside the plan.
#include "commands.hpp"
#include "text.hpp"
#include "values.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <sys/stat.h>

namespace chronus::control::commands {
namespace {

constexpr int longest_stall_s = 3600; // 32 bits of microseconds hold 4294 s

/// The engine does not know where the word stands.
template <class Act> auto pointing_at(const Word& word, Act act) {
  try {
    return act();
  } catch (const Error& e) {
    throw Error(e.column() > 0 ? e.column() : word.column, e.what());
  }
}

/// Where a command may write.
Word target(const Call& call) {
  Word path = call.words[0];
  path.text = expand_home(path.text);
  call.session.workspace().check_unused(path);
  return path;
}

/// A file that is there is replaced where this patch came from it or went to it before, or where `over` means it; and never one
/// that is no script.
void write_patch(Call& call, bool over) {
  const Word path = target(call);
  const Session& s = call.session;
  PatchFiles& mine = call.session.workspace().patch_files();
  struct stat about {};
  const bool there = ::stat(path.text.c_str(), &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0;
  const PatchFiles::Known known = there ? mine.knows(path.text) : PatchFiles::Known::yes;
  const auto refuse = [&](std::string_view why) { throw Error(path.column, fmt::format("{}: {}", printable(path.text, 300), why)); };
  if (known != PatchFiles::Known::yes && !looks_like_script(path.text)) refuse("is there already and is no chronus script: it is not replaced");
  if (!over && known == PatchFiles::Known::no) refuse("is there already; 'save! FILE' replaces it");
  if (!over && known == PatchFiles::Known::changed) refuse("has been changed since this patch was there; 'save! FILE' replaces it");
  write_script(path, patch_script(s.patch()));
  mine.add(path.text);
  const std::string what = s.editing() ? "the draft" : fmt::format("revision {}", call.session.host().revision());
  call.reply.text = fmt::format("{}: {}", printable(path.text, 300), what);
  call.reply.fields.add("path", printable(path.text, 300)).add("modules", s.patch().instances.size()).add("cables", s.patch().cables.size());
}

} // namespace

void source(Call& call) { call.session.include(call.words[0], call.reply); }

void save(Call& call) { write_patch(call, false); }

void save_over(Call& call) { write_patch(call, true); }

void load(Call& call) {
  const Word path = script_path(call.words[0], call.session.folder());
  Patch patch = read_patch(path, call.session.workspace().ports());
  call.reply.fields.add("modules", patch.instances.size()).add("cables", patch.cables.size());
  call.reply.text = fmt::format("{}, {} in the draft", counted(patch.instances.size(), "module"), counted(patch.cables.size(), "cable"));
  call.session.edit([&](Draft& draft) { draft.replace(std::move(patch)); });
  if (!call.session.editing()) call.reply.text = "it is what is current already: nothing to commit";
  call.session.workspace().patch_files().forget();
  call.session.workspace().patch_files().add(path.text);
}

void record_start(Call& call) {
  Session& s = call.session;
  const Word path = target(call);
  const Frame at = s.act(call.reply);
  pointing_at(path, [&] { s.host().record_start(path.text, at); });
  call.reply.text = "recording to " + printable(path.text, 300);
  call.reply.fields.add("path", printable(path.text, 300));
}

void record_stop(Call& call) {
  pointing_at(call.name, [&] { call.session.host().record_stop(call.session.options().prompt ? 0 : call.reply.frame); });
}

void recorded(Call& call) {
  const auto r = call.session.host().recorded();
  if (!r) return call.session.again();
  call.reply.text = fmt::format("{} recorded, {} lost{}", counted(r->frames, "frame"), r->gaps, r->whole ? "" : " so far; the disk has not taken the rest yet");
  call.reply.fields.add("frames", r->frames).add("gaps", r->gaps);
  if (!r->whole) call.reply.fields.add("note", "the disk has not taken the rest yet");
  if (!r->error.empty()) throw Error(call.name.column, "the recording ended early: " + r->error);
}

void blackbox(Call& call) {
  const Word& path = call.words[0];
  std::string stem = expand_home(path.text);
  for (const char* end : {".wav", ".json"})
    if (stem.ends_with(end)) stem.resize(stem.rfind('.'));
  for (const char* end : {".wav", ".json"}) call.session.workspace().check_unused({stem + end, path.column});
  const FlightReport r = pointing_at(path, [&] { return call.session.host().black_box(stem); });
  call.reply.text = fmt::format("{0}.wav, {0}.json: {1:.1f} s, {2}, {3}", printable(stem, 300),
                                static_cast<double>(r.frames) / call.session.host().rate(), counted(r.lost, "lost frame"),
                                counted(r.discontinuities, "discontinuity", "discontinuities"));
  call.reply.fields.add("path", printable(stem, 300)).add("frames", r.frames).add("lost", r.lost).add("discontinuities", r.discontinuities);
}

void fault(Call& call) {
  const Word& kind = call.words[0];
  if (std::ranges::find(fault_kinds, kind.text) == fault_kinds.end())
    throw Error(kind.column, fmt::format("fault: {} is none of {}", quoted(kind.text), fmt::join(fault_kinds, ", ")));
  const bool stalls = kind.text == "stall";
  std::string slot = "live";
  std::size_t next = 1;
  const auto is_slot = [](const std::string& t) { return t == "live" || t == "spare" || (t.size() == 1 && t[0] >= '0' && t[0] <= '9'); };
  // A lone digit is a slot where a time may still follow, so a bare time needs its slot or its unit.
  if (call.words.size() > 1 && is_slot(call.words[1].text)) slot = call.words[next++].text;
  const double seconds = next < call.words.size() ? parse_seconds(call.words[next], call.session.host().rate(), "fault") : 0;
  if (next + 1 < call.words.size()) throw Error(call.words[next + 1].column, fmt::format("{} is one word too many", quoted(call.words[next + 1].text)));
  if (!stalls && next < call.words.size()) throw Error(call.words[next].column, fmt::format("fault {} takes no time", kind.text));
  if (seconds > longest_stall_s) throw Error(call.words[next].column, fmt::format("fault stall: {} s at the most", longest_stall_s));
  const Frame at = call.session.options().prompt ? 0 : call.reply.frame;
  pointing_at(call.name, [&] { call.session.host().fault(kind.text, slot, stalls && next == call.words.size() ? 0.3 : seconds, at); });
}

void quit(Call& call) {
  if (call.session.may_leave()) return call.session.end();
  call.reply.text = "a draft is open and would be lost: commit it, or quit again";
}

} // namespace chronus::control::commands
