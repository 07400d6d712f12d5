// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Files of the language: read whole, written whole or not at all.
#pragma once
#include "draft.hpp"
#include <sys/types.h>

namespace chronus::control {

inline constexpr std::size_t max_file_bytes = 16 * 1024 * 1024;

struct ScriptFile {
  std::string path, text;
  dev_t device = 0;
  ino_t inode = 0;
  bool same_as(const ScriptFile& other) const { return device == other.device && inode == other.inode; }
};

/// Throws Error at the word for what is no regular file, too large, or not readable.
ScriptFile read_script(const Word& path);

/// By way of a file of another name, so that the old one stays whole until the new one is. Throws Error at the word.
void write_script(const Word& path, std::string_view text);

/// A script that makes this patch from nothing. Reading it and writing it again gives the same bytes.
std::string patch_script(const Patch& patch);

/// The patch that such a script makes: create, connect, set and gate lines; a commit is passed over. Throws Error at the word,
/// with the place in the file in its text.
Patch read_patch(const Word& path, Ports ports);

/// Carries out one edit. \return false when the words are no edit; `note`: what a user should know
bool edit_draft(Draft& draft, std::string_view command, std::span<const Word> words, Ports ports, std::string& note);

} // namespace chronus::control
