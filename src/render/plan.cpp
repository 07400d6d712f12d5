// SPDX-License-Identifier: GPL-3.0-or-later
// A worker's thread, once primed. Runs the steps of a plan.
#include "plan.hpp"
#include <cstring>
#include <sys/mman.h>

namespace chronus::render {

Arena::Arena(std::size_t count) : floats(rounded(count)) {
  if (floats == 0) return;
  // Long ones in pages of 2 MiB: a delay line of 10 s is one page fault then, not five hundred.
  constexpr std::size_t huge = std::size_t{1} << 21;
  const std::size_t bytes = floats * sizeof(float), page = bytes >= huge / 2 ? huge : 64;
  data.reset(static_cast<float*>(std::aligned_alloc(page, (bytes + page - 1) / page * page)));
  if (data && page == huge) madvise(data.get(), (bytes + page - 1) / page * page, MADV_HUGEPAGE);
  if (data) std::memset(data.get(), 0, floats * sizeof(float));
}

void Plan::move_values(Pack& pack, Value* values, int frames) noexcept CHRONUS_REALTIME {
  const int width = pack.kernels->width, tile = block_frames * width;
  for (int v = 0; v < pack.value_count; ++v) values[v] = pack.values[v];
  if (pack.ramping) {
    for (int v = 0; v < pack.value_count; ++v) {
      pack.plan->ramp(pack.moving + v * tile, {pack.ramps + v * Ramp::words * width}, frames);
      values[v] = {pack.moving + v * tile, width};
    }
    pack.ramping -= pack.ramping < static_cast<std::uint32_t>(frames) ? pack.ramping : static_cast<std::uint32_t>(frames);
  }
  for (int m = 0; m < pack.modulation_count; ++m) {
    const Modulation& mod = pack.modulations[m];
    for (int v = mod.value; v < mod.value + (mod.choices ? mod.choices : 1); ++v)
      if (values[v].stride == 0) {
        pack.plan->hold(pack.moving + v * tile, {pack.ramps + v * Ramp::words * width}, frames);
        values[v] = {pack.moving + v * tile, width};
      }
    if (mod.choices) pack.plan->modulate_switch(pack.moving + mod.value * tile, tile, mod.choices, mod.cables, frames);
    else pack.plan->modulate(pack.moving + mod.value * tile, mod.cables, mod.low, mod.high, frames);
  }
}

void Plan::run_pack(const Step& step, Frame frame, int offset, int frames) noexcept CHRONUS_REALTIME {
  Pack& pack = packs[step.pack];
  const int width = pack.kernels->width, at = offset * width;
  const float* inputs[max_ports];
  float* outputs[max_ports];
  Value values[64];
  for (int i = 0; i < pack.input_count; ++i) inputs[i] = pack.inputs[i] + at;
  for (int i = 0; i < pack.output_count; ++i) outputs[i] = pack.outputs[i] + at;
  Segment s{&context, frame, frames, pack.state, inputs, outputs, pack.values, pack.histories, pack.connected, pack.split};
  if (step.kind != StepKind::write) {
    if (pack.ramping || pack.modulation_count) {
      // Cables lie at their place in the block, values at the segment's start.
      if (pack.modulation_count && offset) {
        Modulation shifted[64];
        for (int m = 0; m < pack.modulation_count; ++m) {
          shifted[m] = pack.modulations[m];
          shifted[m].cables += at;
        }
        const Modulation* whole = pack.modulations;
        pack.modulations = shifted;
        move_values(pack, values, frames);
        pack.modulations = whole;
      } else {
        move_values(pack, values, frames);
      }
      s.values = values;
    }
    if (pack.split) { // `write` needs the same values again
      Value* kept = pack.values + pack.value_count;
      for (int v = 0; v < pack.value_count; ++v) kept[v] = s.values[v];
      pack.kernels->read(s);
      return;
    }
  } else {
    s.values = pack.values + pack.value_count;
  }
  pack.kernels->run(s);
}

void Plan::run(Frame frame, int frames) noexcept CHRONUS_REALTIME {
  const int offset = static_cast<int>(frame % block_frames);
  for (const Step& s : steps) {
    const int at = offset * s.width;
    const PlanKernels& k = s.width == 1 ? *narrow : *wide;
    switch (s.kind) {
    case StepKind::run:
    case StepKind::read:
    case StepKind::write: run_pack(s, frame, offset, frames); break;
    case StepKind::splat: k.splat(s.to + at, s.a + offset, frames); break;
    case StepKind::add: k.add(s.to + at, s.a + at, s.b + at, frames); break;
    case StepKind::scale: k.scale(s.to + at, s.a + at, s.by, frames); break;
    case StepKind::clear:
      std::memset(s.to + offset * partial_sums, 0, static_cast<std::size_t>(frames) * partial_sums * sizeof(float));
      break;
    case StepKind::add_lanes:
      k.add_lanes(s.to + offset * partial_sums, s.a + at, s.first, s.lanes, frames);
      break;
    case StepKind::sum_lanes: narrow->sum_lanes(s.to + offset, s.a + offset * partial_sums, frames); break;
    case StepKind::output:
      for (int f = 0; f < frames; ++f) s.to[offset + f] = s.a[offset + f] + 0.0F; // no -0 leaves a plan
      break;
    }
  }
}

} // namespace chronus::render
