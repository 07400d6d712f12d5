// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. See state_folder.hpp.
#include "state_folder.hpp"
#include <cstdlib>
#include <fmt/format.h>
#include <sys/stat.h>

namespace chronus::control {
namespace {

const char* variable(const char* name) {
  const char* value = std::getenv(name);
  return value && *value ? value : nullptr;
}

} // namespace

std::string state_folder() {
  // The XDG base directory specification: a relative path is to be ignored.
  if (const char* state = variable("XDG_STATE_HOME"); state && state[0] == '/') return std::string(state) + "/chronus";
  if (const char* home = variable("HOME")) return std::string(home) + "/.local/state/chronus";
  return {};
}

void make_folders(const std::string& file) {
  for (auto slash = file.find('/', 1); slash != file.npos; slash = file.find('/', slash + 1)) mkdir(file.substr(0, slash).c_str(), 0700);
}

std::string file_name_of(const std::string& client) {
  std::string name;
  for (const char c : client)
    if (c == '/' || c == '.' || c == '%') name += fmt::format("%{:02X}", static_cast<unsigned>(c));
    else name += c;
  return name;
}

} // namespace chronus::control
