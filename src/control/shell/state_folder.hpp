// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Where the program keeps what outlasts it.
#pragma once
#include <string>

namespace chronus::control {

/// $XDG_STATE_HOME/chronus, else ~/.local/state/chronus. Empty: nowhere.
std::string state_folder();

/// Makes the folders above a file; those that are new are private.
void make_folders(const std::string& file);

/// A client's name as a part of a file's name: '/', '.' and '%' stand as %XX.
std::string file_name_of(const std::string& client);

} // namespace chronus::control
