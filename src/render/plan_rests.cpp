// SPDX-License-Identifier: GPL-3.0-or-later
// A worker's thread, once primed. What need not be run of a plan: see Rests.
#include "plan.hpp"

namespace chronus::render {

/// Whether a pack is deaf or not is known before the segment, as nothing opens a gate within it.
void Plan::find_rests(std::span<const Step> list, Rests& rests) noexcept CHRONUS_REALTIME {
  for (const Rests::May& m : rests.may) {
    const Step& s = list[m.step];
    const Pack* pack = s.kind == StepKind::run ? &packs[s.pack] : nullptr;
    Rests::Why why = Rests::none;
    if (m.deaf) {
      if (!pack->muted && pack->kernels->deaf(pack->state)) why = Rests::deaf;
    } else if (!pack || (!pack->muted && !pack->ramping)) {
      const std::uint32_t* reader = rests.readers.data() + m.first_reader;
      why = Rests::unheard;
      for (std::uint32_t i = 0; i < m.readers; ++i)
        if (rests.now[reader[i]] == Rests::none) why = Rests::none;
    }
    rests.now[m.step] = why;
  }
}

/// Silence comes in, and so silence comes out.
bool Plan::rests_now(const Pack& pack, const Rests& rests) const noexcept CHRONUS_REALTIME {
  if (!pack.kernels->rests || pack.muted || pack.ramping) return false;
  for (int i = 0; i < pack.input_count; ++i)
    if (rests.tiles[place(pack.inputs[i])] == Rests::sound) return false;
  return pack.kernels->rests(pack.state);
}

/// \return whether that was done
bool Plan::pass(const Step& step, Frame frame, int frames) noexcept CHRONUS_REALTIME {
  const Pack& pack = packs[step.pack];
  return pack.kernels->pass({&context, frame, frames, pack.state, nullptr, nullptr, pack.values, pack.histories, pack.connected, false});
}

} // namespace chronus::render
