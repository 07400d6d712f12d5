// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. What may stand at the cursor of a half typed line.
#pragma once
#include "patch.hpp"
#include <string>
#include <string_view>
#include <vector>

namespace chronus::control {

struct Candidates {
  std::size_t start = 0;          ///< where in the line the word to be replaced begins
  std::vector<std::string> words; ///< whole words, sorted; one that ends in '.' or '=' goes on
  bool file_names = false;        ///< files are wanted: the caller knows how to list them
};

/// `cursor` counts bytes from 0. `patch` is what names refer to; `outs` and `ins` the number of JACK ports.
Candidates complete(std::string_view line, std::size_t cursor, const Patch& patch, int outs, int ins);

} // namespace chronus::control
