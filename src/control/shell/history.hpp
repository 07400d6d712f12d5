// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The prompt's history and its file.
#pragma once
#include <string>

namespace chronus::control {

/// Where the history is kept: $CHRONUS_HISTFILE (empty: nowhere), else $XDG_STATE_HOME/chronus/history, else
/// ~/.local/state/chronus/history. Empty: nowhere.
std::string history_path();

/// Read when made; what was added since is appended when it goes, so that two sessions keep both their lines.
class History {
public:
  static constexpr int lines = 1000;
  explicit History(std::string path);
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;
  /// Blank lines and repeats of the last line are left out.
  void add(const std::string& line);

private:
  std::string path_;
  int added_ = 0;
};

} // namespace chronus::control
