// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. readline's history library, and a private folder for its file.
#include "history.hpp"
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <readline/history.h>
#include <sys/stat.h>
#include <unistd.h>

namespace chronus::control {
namespace {

/// Makes the folders above a file; those that are new are private.
void make_folders(const std::string& file) {
  for (auto slash = file.find('/', 1); slash != file.npos; slash = file.find('/', slash + 1)) mkdir(file.substr(0, slash).c_str(), 0700);
}

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

} // namespace

std::string history_path() {
  if (const char* file = std::getenv("CHRONUS_HISTFILE")) return file;
  // The XDG base directory specification: a relative path is to be ignored.
  if (const char* state = variable("XDG_STATE_HOME"); state && state[0] == '/') return std::string(state) + "/chronus/history";
  if (const char* home = variable("HOME")) return std::string(home) + "/.local/state/chronus/history";
  return {};
}

History::History(std::string path) : path_(std::move(path)) {
  using_history();
  stifle_history(lines);
  if (!path_.empty()) read_history(path_.c_str());
}

History::~History() {
  if (path_.empty() || added_ == 0) return;
  make_folders(path_);
  const int fd = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600); // append_history wants a file to be there
  if (fd < 0) return;
  close(fd);
  if (append_history(added_, path_.c_str()) == 0) history_truncate_file(path_.c_str(), lines);
}

void History::add(const std::string& line) {
  if (line.find_first_not_of(" \t") == line.npos) return;
  if (history_length > 0) {
    const auto* last = history_get(history_base + history_length - 1);
    if (last && line == last->line) return;
  }
  add_history(line.c_str());
  if (added_ < lines) ++added_;
}

} // namespace chronus::control
