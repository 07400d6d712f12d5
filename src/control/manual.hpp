// SPDX-License-Identifier: GPL-3.0-or-later
// While the program is built. The parts of the manual that derive from the tables, in mdoc.
#pragma once
#include <string>
#include <string_view>

namespace chronus::control {

/// The list that stands in chronus(1) under COMMANDS.
std::string manual_commands();
/// The whole of chronus-modules(7). `date` as mdoc writes it ("May 1, 2025").
std::string manual_modules(std::string_view date);

} // namespace chronus::control
