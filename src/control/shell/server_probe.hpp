// SPDX-License-Identifier: GPL-3.0-or-later
// Errand threads ask, a process of its own tries. libjack may never return from opening a client, and holds its own lock then:
// so a program that need not survive opens one first.
#pragma once
#include <string>

namespace chronus::control {

enum class Probed : unsigned char { opens, no_server, no_answer };

/// Runs `program`, which is to call be_probe, and ends it after 3 s. Where no process can be had the server is taken to open.
Probed probe_server(const std::string& program);

/// The one argument of a probe; no option of the user's.
inline constexpr const char* probe_word = "--jack-probe";
/// \return the exit status
int be_probe();

/// A server that no client can be opened at may be there nonetheless. \return why this process cannot use it; empty: there is none
std::string out_of_reach(const std::string& server);

} // namespace chronus::control
