// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. The gates of an instance, as a patch has them: none = all closed, one = all lanes alike, else by lane.
#pragma once
#include <cstddef>
#include <vector>

namespace chronus::control {

bool is_open(const std::vector<bool>& gates, std::size_t lane);

/// `now`, with what changed from `before` to `after` changed too: a lane that did not change there stays as it is now.
std::vector<bool> with_change(const std::vector<bool>& now, const std::vector<bool>& before, const std::vector<bool>& after);

} // namespace chronus::control
