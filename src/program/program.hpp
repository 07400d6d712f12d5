// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The two ways to run: against a JACK server, or into a file as fast as it goes. Both drive the same engine.
#pragma once
#include "../control/shell/options.hpp"
#include "../control/shell/signals.hpp"

namespace chronus::program {

enum ExitStatus { all_well = 0, command_failed = 1, bad_usage = 2, no_server = 3 };

/// \return the exit status
int run_offline(const control::Options& options, control::Signals& signals);
int run_live(const control::Options& options, control::Signals& signals);

} // namespace chronus::program
