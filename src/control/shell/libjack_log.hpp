// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread writes, the main thread reads. What libjack would otherwise print over the prompt.
#pragma once
#include <string>

namespace chronus::control {

/// Before the first jack_client_open. libjack calls from every thread, the process thread included, and from within its own
/// locks, so a line goes into one of a fixed number of places without a lock; when all are full it is dropped.
void capture_libjack_messages();

/// Main thread. The oldest line. \return false when there is none
bool take_libjack_message(std::string& line);

} // namespace chronus::control
