// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. Modules of one lane that stand side by side in a patch (the sines of a bank, the filters of voices that a
// script made one by one) share packs, a seat each, and are run together in lanes.
#pragma once
#include "wiring.hpp"

namespace chronus::control {

/// Members that share a pack, by seat: of one type, as deep in the patch, with inputs and modulations alike, each fed by one
/// source for all or by the members of one other pack, seat by seat. What has histories or closes a cycle stays alone, and so
/// does what would share with too few to be worth it. Sums keep their ordinals, so no bit changes.
std::vector<std::vector<int>> shared_packs(const Wiring& wiring);

} // namespace chronus::control
