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
#if defined(CHRONUS_HAS_AVX2)
CHRONUS_COPY(avx2)
#endif
#if defined(CHRONUS_HAS_AVX512)
CHRONUS_COPY(avx512)
#endif

namespace {

/// Whether this build has a copy for the set: meson's option `isas`.
constexpr bool compiled([[maybe_unused]] InstructionSet isa) {
#if defined(CHRONUS_HAS_AVX2)
  if (isa == InstructionSet::avx2) return true;
#endif
#if defined(CHRONUS_HAS_AVX512)
  if (isa == InstructionSet::avx512) return true;
#endif
  return isa == InstructionSet::portable;
}

/// The widest set that this build has and this machine runs.
InstructionSet best_here() {
#if defined(CHRONUS_HAS_AVX2) || defined(CHRONUS_HAS_AVX512)
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
  const bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
                      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  if (avx512 && compiled(InstructionSet::avx512)) return InstructionSet::avx512;
  if (avx2 && compiled(InstructionSet::avx2)) return InstructionSet::avx2;
#endif
  return InstructionSet::portable;
}

} // namespace

InstructionSet instruction_set() {
  static const InstructionSet chosen = [] {
    const InstructionSet best = best_here();
    if (const char* asked = std::getenv("CHRONUS_ISA")) { // a lower one may be asked for, to compare
      for (InstructionSet isa : {InstructionSet::portable, InstructionSet::avx2, InstructionSet::avx512})
        if (std::strcmp(asked, name(isa)) == 0 && isa < best && compiled(isa)) return isa;
    }
    return best;
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
#if defined(CHRONUS_HAS_AVX512)
  case InstructionSet::avx512: return modules::avx512::list;
#endif
#if defined(CHRONUS_HAS_AVX2)
  case InstructionSet::avx2: return modules::avx2::list;
#endif
  default: break;
  }
  return modules::portable::list;
}

const render::PlanKernels& render::plan_kernels(int width) {
  switch (instruction_set()) {
#if defined(CHRONUS_HAS_AVX512)
  case InstructionSet::avx512: return width == 1 ? avx512::narrow : avx512::wide;
#endif
#if defined(CHRONUS_HAS_AVX2)
  case InstructionSet::avx2: return width == 1 ? avx2::narrow : avx2::wide;
#endif
  default: break;
  }
  return width == 1 ? portable::narrow : portable::wide;
}

const ModuleSpec* find_module(std::string_view name) {
  for (const ModuleSpec* m : all_modules())
    if (m->name == name || (!m->alias.empty() && m->alias == name)) return m;
  return nullptr;
}

} // namespace chronus
