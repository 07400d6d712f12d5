// SPDX-License-Identifier: GPL-3.0-or-later
// JACK process thread. See inputs.hpp.
#include "inputs.hpp"

namespace chronus::rt {

Inputs::Inputs(int ports) : ports_(ports), kept_(new float[static_cast<std::size_t>(ports) * capacity]()) {}

void Inputs::capture(const float* const* in, Frame playhead, int frames) noexcept CHRONUS_REALTIME {
  // JACK hands on whatever another client sends: what is no sound must not look like a module's fault.
  for (int p = 0; p < ports_; ++p)
    for (int i = 0; i < frames; ++i) {
      const float x = in ? in[p][i] : 0;
      kept_[place(p, playhead + static_cast<Frame>(i))] = x < absurd && x > -absurd ? x : 0;
    }
  until_ = playhead + static_cast<Frame>(frames);
}

void Inputs::push(link::BlockRing& to, Frame& done, Frame until, Frame delay) const noexcept CHRONUS_REALTIME {
  for (; ports_ && done < until; done += block_frames) {
    float* cell = to.claim();
    if (!cell) break;
    for (int p = 0; p < ports_; ++p)
      for (int f = 0; f < block_frames; ++f) {
        const Frame heard = done + static_cast<Frame>(f), from = heard - delay;
        const bool there = heard >= delay && from < until_ && from + capacity > until_;
        cell[p * block_frames + f] = there ? kept_[place(p, from)] : 0;
      }
    if (to.keep({.frame = done})) to.publish();
  }
  to.publish();
}

} // namespace chronus::rt
