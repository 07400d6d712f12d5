// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. readline's history library, and a private folder for its file.
#include "history.hpp"
#include "state_folder.hpp"
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <readline/history.h>
#include <unistd.h>

namespace chronus::control {

std::string history_path() {
  if (const char* file = std::getenv("CHRONUS_HISTFILE")) return file;
  const std::string folder = state_folder();
  return folder.empty() ? folder : folder + "/history";
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
