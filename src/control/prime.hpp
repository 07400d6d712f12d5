// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. Priming: a rehearsal on the real plan, and the verdict. Nothing of it is heard.
#pragma once
#include "../render/plan.hpp"
#include "host.hpp"
#include "wiring.hpp"

namespace chronus::control {

/// What the wiring alone says about a patch.
struct Soundness {
  bool reaches_out = false; ///< some module has a way to an output
  bool must_sound = false;  ///< some way to an output has a sounding source and no closed gate
};
Soundness soundness(const Wiring& wiring);

/// "NaN", "infinity" or the number.
std::string fault_value(float value);

struct Rehearsal {
  const Wiring& wiring;  ///< the plan's
  bool force = false;    ///< silence is meant
  bool realtime = false; ///< refuse what costs too much, and what has no verdict after 500 ms
  double live_load = 0;  ///< what live takes of a core
  int slots = 1;         ///< that will run it at the same time
  int warmup = 8;        ///< blocks
};

/// What each pack costs of a block, in seconds: one block, run step by step.
std::vector<double> pack_costs(render::Plan& plan, Frame frame);

/// \param cost of each block of a rehearsal, in seconds
/// \return how many blocks there are up to the last that cost much more than the others, as one does that was held up; 0: none did
int held_up(const std::vector<double>& cost);

/// Runs the plan from its beginning; whoever plays it starts it anew, so nothing of the rehearsal remains.
Verdict prime(render::Plan& plan, const Rehearsal& rehearsal);

} // namespace chronus::control
