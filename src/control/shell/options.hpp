// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The command line: one table that parsing, --help and the manual's OPTIONS section derive from.
#pragma once
#include <chronus/units.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chronus::control {

enum class Eof : std::uint8_t { by_default, quit, stay };

struct Options {
  std::string render;           ///< empty: live
  double seconds = -1;          ///< below 0: to the script's end
  double rate = 48000;          ///< offline
  int period = 256;             ///< offline
  int outs = 2, ins = 0;
  std::string name = "chronus";
  std::optional<std::string> connect; ///< a regular expression over port names; empty: the physical ports
  std::optional<std::string> blackbox; ///< a folder; empty: the state folder
  Frame lead = 0;               ///< 0: one period
  int slots = 2, workers = 1;
  bool spare = true, guard = true, rollback = true;
  bool json = false, resume = false;
  Eof eof = Eof::by_default;
  bool faults = false, strict = false, help = false, version = false;
  std::vector<std::string> scripts; ///< `-` is standard input
};

struct OptionSpec {
  std::string_view name;
  std::string_view argument; ///< empty: a flag; `[…]`: may be left out
  std::string_view group;    ///< a heading of --help
  std::string_view help;     ///< one line of --help
  std::string_view manual;   ///< what the manual says beyond that line, in mdoc: each sentence a line of its own
  void (*apply)(Options&, std::string_view word);
  bool offline = false;      ///< means nothing without --render
};

std::span<const OptionSpec> option_table();

/// Throws Error with column 0; its text names the word that is wrong. Exit status 2 is for this.
Options parse_options(int argc, char* const argv[]);

/// What --help prints: at most 80 columns and 30 lines.
std::string help_text();

/// The list that stands in the manual's OPTIONS section, in mdoc.
std::string manual_options();

} // namespace chronus::control
