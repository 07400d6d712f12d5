// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. Which steps may rest: see render::Rests.
#pragma once
#include "steps.hpp"

namespace chronus::control {

/// Of a list of steps that one thread runs in this order; the tiles have their places. Linear in steps and their inputs.
render::Rests may_rest(const Steps& steps, const std::vector<const Draught*>& list, const std::vector<render::Pack>& packs, std::size_t tile_floats);

} // namespace chronus::control
