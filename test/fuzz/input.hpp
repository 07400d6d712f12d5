// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzing. What both targets share: an input is a script whose first comment may choose modes, and no line of it reaches a file of ours.
#pragma once
#include "control/commands.hpp"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace chronus::fuzz {

[[noreturn]] inline void finding(const std::string& text) {
  fmt::print(stderr, "finding: {}\n", text);
  std::abort();
}
inline void require(bool holds, const std::string& text) {
  if (!holds) finding(text);
}

/// A folder of its own for the two files that a script may name: a and b.
inline void enter_scratch_folder() {
  static std::string folder;
  if (folder.empty()) {
    folder = std::filesystem::temp_directory_path() / "chronus-fuzz.XXXXXX";
    if (!::mkdtemp(folder.data()) || ::chdir(folder.c_str()) != 0) finding(folder + ": no scratch folder");
    std::atexit([] {
      std::error_code ignored;
      std::filesystem::remove_all(folder, ignored);
    });
  }
  for (const char* name : {"a", "b"}) ::unlink(name);
}

struct Input {
  std::string modes; ///< the first line, if it is a comment
  std::vector<control::Line> lines;

  Input(const std::uint8_t* bytes, std::size_t size) {
    control::LineBuffer buffer;
    // In two pieces: where a stream is cut must not matter.
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    buffer.feed(text.substr(0, size / 2));
    buffer.feed(text.substr(size / 2));
    buffer.close();
    while (auto line = buffer.next()) lines.push_back(std::move(*line));
    if (!lines.empty() && lines[0].text.starts_with('#')) modes = lines[0].text;
  }
  bool mode(std::string_view word) const { return modes.find(word) != std::string::npos; }
};

/// A line as the session will understand it; no command: it is blank or wrong.
struct Understood {
  std::vector<control::Word> words;
  const control::Command* command = nullptr;

  explicit Understood(const control::Line& line) {
    try {
      if (!line.too_long) words = control::split(line.text);
      if (!words.empty()) command = control::find_command(words);
    } catch (const control::Error&) {
      words.clear();
    }
  }
  bool is(std::string_view name) const { return command && command->name == name; }
  /// Words behind the command's name.
  std::span<const control::Word> rest() const { return std::span(words).subspan(std::min(words.size(), control::words_of(*command))); }
  bool names_foreign_file() const {
    return command && std::ranges::find(command->args, control::Arg::file) != command->args.end() &&
           std::ranges::any_of(rest(), [](const control::Word& w) { return w.text != "a" && w.text != "b"; });
  }
};

/// The same modules, values and cables; the places that are free in sums may differ.
inline bool same_sound(const control::Patch& a, const control::Patch& b) {
  const auto sorted = [](std::vector<control::Cable> cables) {
    std::ranges::sort(cables, {}, [](const control::Cable& c) { return std::tie(c.to, c.ordinal, c.from); });
    return cables;
  };
  return a.instances == b.instances && sorted(a.cables) == sorted(b.cables);
}

} // namespace chronus::fuzz
