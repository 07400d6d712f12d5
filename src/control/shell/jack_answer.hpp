// SPDX-License-Identifier: GPL-3.0-or-later
// Written by an errand thread, read by the main thread once the errand is over.
#pragma once
#include "jack_client.hpp"
#include "server_probe.hpp"
#include <utility>
#include <vector>

namespace chronus::control {

struct JackClient::Answer {
  Probed probed = Probed::opens;
  std::shared_ptr<JackConnection> connection; ///< of an open
  bool good = false;                          ///< of a start
  int priority = 0;                           ///< of a start
  std::vector<std::pair<Wire, bool>> wired;   ///< which stand
  bool asked = false;                         ///< the user asked for them
};

} // namespace chronus::control
