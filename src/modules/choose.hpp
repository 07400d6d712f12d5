// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. The instruction set that this run computes sound with.
#pragma once
#include <chronus/module.hpp>

namespace chronus {

enum class InstructionSet { portable, avx2, avx512 };

/// The widest that the machine has, or a lower one named by the environment's CHRONUS_ISA. Constant after the first call.
InstructionSet instruction_set();
const char* name(InstructionSet isa);

} // namespace chronus
