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
      if (!pack->muted && pack->kernels->deaf(pack->segment.state)) why = Rests::deaf;
    } else if (!pack || (!pack->muted && !pack->ramping)) {
      const std::uint32_t* reader = rests.readers.data() + m.first_reader;
      why = Rests::unheard;
      for (std::uint32_t i = 0; i < m.readers; ++i)
        if (rests.now[reader[i]] == Rests::none) why = Rests::none;
    }
    rests.now[m.step] = why;
  }
}

/// Silence comes in, and so silence comes out; or it is deaf. Where it has to be run, what it will read is there.
bool Plan::rests_now(const Pack& pack, bool deaf, Rests& rests, int offset, int frames) noexcept CHRONUS_REALTIME {
  bool sound = false, owed = false;
  for (int i = 0; i < pack.input_count; ++i) {
    const Rests::Silence is = rests.tiles[pack.input_places[i]];
    sound = sound || is == Rests::sound;
    owed = owed || is == Rests::owed;
  }
  if (!pack.ramping && (deaf || (!sound && pack.kernels->rests && !pack.muted && pack.kernels->rests(pack.segment.state)))) return true;
  if (owed) need_inputs(pack, &rests, offset, frames);
  need_cables(pack, &rests, offset, frames);
  return false;
}

/// \return whether that was done
bool Plan::pass(const Step& step, Frame frame, int frames) noexcept CHRONUS_REALTIME {
  const Pack& pack = packs[step.pack];
  Segment s = pack.at(frame, frames);
  s.inputs = nullptr;
  s.outputs = nullptr;
  return pack.kernels->pass(s);
}

} // namespace chronus::render
