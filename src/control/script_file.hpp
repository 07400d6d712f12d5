// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Files of the language: read whole, or from a pipe as it comes; written whole or not at all.
#pragma once
#include "draft.hpp"
#include "paths.hpp"
#include <ctime>
#include <optional>

namespace chronus::control {

inline constexpr std::size_t max_file_bytes = 16 * 1024 * 1024, max_waiting_bytes = 64 * 1024 * 1024;

/// A descriptor that is closed with the last who has it.
using SharedDescriptor = std::shared_ptr<const int>;

struct ScriptFile {
  std::string path, text;
  FileId id;
  SharedDescriptor pipe; ///< null: a file, and its text is whole
};

/// The path that a script's word means: with the home folder for ~, and beside the file that says it (whose folder is `beside`)
/// before the working folder.
Word script_path(const Word& path, const std::string& beside);

/// The text of a file; of a pipe nothing yet. Throws Error at the word for a folder, a device, what is too large or not readable.
ScriptFile open_script(const Word& path);

/// Whole; a pipe's writer is waited for up to a second.
ScriptFile read_script(const Word& path);

/// What has come through a pipe. \return false: nothing just now; empty text: its end. Throws Error at column 0.
bool read_pipe(const ScriptFile& script, std::string& text, int wait_ms = 0);

/// The old file stays whole until the new one is; see AtomicFile. Throws Error at the word.
void write_script(const Word& path, std::string_view text);

/// It is empty, or its first line that is no comment is one of the language.
bool looks_like_script(const std::string& path);

/// Files that a patch came from or went to, as they were then.
class PatchFiles {
public:
  void forget() { known_.clear(); }
  void add(const std::string& path);
  enum class Known : std::uint8_t { no, changed, yes };
  Known knows(const std::string& path) const;

private:
  struct Stamp {
    dev_t device;
    ino_t inode;
    off_t size;
    timespec changed;
  };
  static std::optional<Stamp> stamp(const std::string& path);
  std::map<std::string, Stamp> known_; ///< by their paths behind all links
};

/// The line that makes this module, with the settings that are not its type's initial ones; without gates and a newline.
std::string create_text(const std::string& name, const Instance& instance);

/// A script that makes this patch from nothing. Reading it and writing it again gives the same bytes.
std::string patch_script(const Patch& patch);

/// The patch that such a script makes: create, connect, set and gate lines; a commit is passed over. Throws Error at the word,
/// with the place in the file in its text.
Patch read_patch(const Word& path, Ports ports);

/// Carries out one edit. \return false when the words are no edit; `note`: what a user should know
bool edit_draft(Draft& draft, std::string_view command, std::span<const Word> words, Ports ports, std::string& note);

} // namespace chronus::control
