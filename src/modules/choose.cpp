// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. Picks the copy of the modules (and of the plan's own kernels) that was compiled for this machine.
#include "choose.hpp"
#include "../render/kernels.hpp"
#include <cstdlib>
#include <cstring>

namespace chronus {

#define CHRONUS_COPY(isa)                                                                                                  \
  namespace modules::isa { extern const std::span<const ModuleSpec* const> list; }                                           \
  namespace render::isa { extern const PlanKernels narrow, wide; }
CHRONUS_COPY(portable)
#if defined(CHRONUS_X86)
CHRONUS_COPY(avx2)
CHRONUS_COPY(avx512)
#endif

InstructionSet instruction_set() {
  static const InstructionSet chosen = [] {
#if defined(CHRONUS_X86)
    InstructionSet best = InstructionSet::portable;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) {
      best = InstructionSet::avx2;
      if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
          __builtin_cpu_supports("avx512vl"))
        best = InstructionSet::avx512;
    }
    if (const char* asked = std::getenv("CHRONUS_ISA")) { // a lower one may be asked for, to compare
      for (InstructionSet isa : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512})
        if (std::strcmp(asked, name(isa)) == 0 && isa < best) return isa;
    }
    return best;
#else
    return InstructionSet::portable;
#endif
  }();
  return chosen;
}

const char* name(InstructionSet isa) {
  switch (isa) {
  case InstructionSet::avx512: return "avx512";
  case InstructionSet::avx2: return "avx2";
  case InstructionSet::portable: break;
  }
  return "portable";
}

std::span<const ModuleSpec* const> all_modules() {
  switch (instruction_set()) {
#if defined(CHRONUS_X86)
  case InstructionSet::avx512: return modules::avx512::list;
  case InstructionSet::avx2: return modules::avx2::list;
#else
  case InstructionSet::avx512:
  case InstructionSet::avx2:
#endif
  case InstructionSet::portable: break;
  }
  return modules::portable::list;
}

const render::PlanKernels& render::plan_kernels(int width) {
  switch (instruction_set()) {
#if defined(CHRONUS_X86)
  case InstructionSet::avx512: return width == 1 ? avx512::narrow : avx512::wide;
  case InstructionSet::avx2: return width == 1 ? avx2::narrow : avx2::wide;
#else
  case InstructionSet::avx512:
  case InstructionSet::avx2:
#endif
  case InstructionSet::portable: break;
  }
  return width == 1 ? portable::narrow : portable::wide;
}

const ModuleSpec* find_module(std::string_view name) {
  for (const ModuleSpec* m : all_modules())
    if (m->name == name || (!m->alias.empty() && m->alias == name)) return m;
  return nullptr;
}

} // namespace chronus
