// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Arguments → the way to run → exit status.
#include "control/error.hpp"
#include "control/manual.hpp"
#include "control/shell/server_probe.hpp"
#include "program/program.hpp"
#include <chronus/denormals.hpp>
#include <fmt/format.h>
#include <string_view>

int main(int argc, char** argv) {
  using namespace chronus;
  if (argc == 2 && argv[1] == std::string_view(control::probe_word)) return control::be_probe();
  control::Signals signals; // before any thread
  flush_denormals();
  control::Options options;
  try {
    options = control::parse_options(argc, argv);
  } catch (const control::Error& e) {
    fmt::print(stderr, "chronus: {}\n", e.what());
    return program::bad_usage;
  }
  if (options.help) {
    fmt::print("{}", control::help_text());
    return program::all_well;
  }
  if (options.version) {
    fmt::print("chronus {}\n", CHRONUS_VERSION);
    return program::all_well;
  }
  return options.render.empty() ? program::run_live(options, signals) : program::run_offline(options, signals);
}
