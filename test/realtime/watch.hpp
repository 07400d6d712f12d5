// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Counts what real-time sections must not call: they are watched by functions of the same name that stand before libc's.
#pragma once
#include <cstdint>

namespace chronus::test {

/// Calls inside a real-time section of any thread, since the start.
std::uint64_t violations();
/// Names of what was called, each once, for the message.
const char* violators();
/// Sections that have been entered: a watch that sees none watches nothing.
std::uint64_t sections();

} // namespace chronus::test
