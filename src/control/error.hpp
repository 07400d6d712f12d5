// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. The one exception type: thrown by what reads text, caught where a command is carried out.
#pragma once
#include <stdexcept>
#include <string>

namespace chronus::control {

/// `column` counts bytes from 1 in the line that was read; 0 = the error is about the whole line.
class Error : public std::runtime_error {
public:
  Error(int column, const std::string& text) : std::runtime_error(text), column_(column) {}
  int column() const noexcept { return column_; }

private:
  int column_;
};

} // namespace chronus::control
