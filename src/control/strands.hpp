// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. Divides the steps of a plan among the threads of a slot.
#pragma once
#include "steps.hpp"
#include <span>

namespace chronus::control {

/// Gives each step to one of some strands, where that is worth it, for render::Team to run in `threads` threads; what one strand makes
/// for another crosses over. Nothing is computed in another way or order, so no bit changes. First come units: what had better stay
/// together (voices' modules pack by pack, the packs of one stretch of a sum, chains of one lane). Then each unit, those that need no
/// other before the rest and long ones before short ones, goes where it is over first (list scheduling; Graham, "Bounds on
/// multiprocessing timing anomalies", 1969), a tile on its way from strand to strand taking its time. Inputs and outputs are the first
/// strand's. `costs`: seconds that each pack takes of a block, where they have been measured.
void divide(Steps& steps, const Wiring& wiring, const std::vector<render::Pack>& packs, int threads, std::span<const double> costs = {});

} // namespace chronus::control
