// SPDX-License-Identifier: GPL-3.0-or-later
// A worker's thread, once primed. Runs the steps of a plan.
#include "plan.hpp"
#include <cstdint>
#include <cstring>
#include <utility>

namespace chronus::render {

namespace {
/// How long a pack must be clean before it is heard again. A multiple of a block.
constexpr Frame mute_frames = 4096;

alignas(64) constexpr std::int32_t all_move[16] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
} // namespace

void Plan::move_values(Pack& pack, Value* values, int offset, int frames) noexcept CHRONUS_REALTIME {
  const int width = pack.kernels->width, tile = block_frames * width;
  for (int v = 0; v < pack.value_count; ++v) values[v] = pack.values[v];
  if (pack.ramping) {
    const bool last = offset + frames == block_frames;
    for (int v = 0; v < pack.value_count; ++v) {
      const Ramp ramp{pack.ramps + v * Ramp::words * width};
      pack.plan->ramp(pack.moving + v * tile, ramp, frames, last);
      values[v] = {pack.moving + v * tile, width, ramp.moves(width)};
    }
    const auto n = static_cast<std::uint32_t>(frames);
    pack.ramping = pack.ramping > n ? pack.ramping - n : last ? 0 : 1;
  }
  for (int m = 0; m < pack.modulation_count; ++m) {
    const Modulation& mod = pack.modulations[m];
    const float* cables = mod.cables + offset * width; // at their place in the block; values are at the segment's start
    float* to = pack.moving + mod.value * tile;
    if (mod.choices == 0) {
      Value& value = values[mod.value];
      pack.plan->modulate(to, value, cables, mod.by, mod.low, mod.high, frames);
      value = {to, width, all_move};
      continue;
    }
    for (int v = mod.value; v < mod.value + mod.choices; ++v) {
      if (values[v].stride == 0) pack.plan->hold(pack.moving + v * tile, {pack.ramps + v * Ramp::words * width}, frames);
      values[v] = {pack.moving + v * tile, width, all_move};
    }
    pack.plan->modulate_switch(to, tile, mod.choices, cables, mod.by, frames);
  }
}

/// Where some value of it moves, or it closes a cycle.
void Plan::run_values(Pack& pack, StepKind kind, Segment& s, int offset) noexcept CHRONUS_REALTIME {
  Value values[64];
  Value* const kept = pack.values + pack.value_count; // there only where it closes a cycle: `write` needs the same values as `read`
  if (kind == StepKind::write) {
    s.values = kept;
  } else if (pack.ramping || pack.modulation_count) {
    move_values(pack, values, offset, s.frames);
    s.values = values;
  }
  if (kind != StepKind::read) return pack.kernels->run(s);
  std::copy_n(s.values, pack.value_count, kept);
  pack.kernels->read(s);
}

void Plan::run_pack(Pack& pack, StepKind kind, Strand& strand, Frame frame, int offset, int frames) noexcept CHRONUS_REALTIME {
  Segment s = pack.at(frame, frames);
  const float* inputs[max_ports];
  float* outputs[max_ports];
  if (offset) {
    const int at = offset * pack.kernels->width;
    for (int i = 0; i < pack.input_count; ++i) inputs[i] = pack.inputs[i] + at;
    for (int i = 0; i < pack.output_count; ++i) outputs[i] = pack.outputs[i] + at;
    s.inputs = inputs;
    s.outputs = outputs;
  }
  if (kind == StepKind::run && !pack.ramping && !pack.modulation_count) pack.kernels->run(s);
  else run_values(pack, kind, s, offset);
  if (kind != StepKind::write && (pack.watched || strand.poisoned || pack.muted)) contain(pack, strand, s.outputs, frame, frames);
}

void Plan::hush(float* tile, int width, Rests* rests, int offset, int frames) noexcept CHRONUS_REALTIME {
  if (!rests) std::memset(tile + offset * width, 0, static_cast<std::size_t>(frames * width) * sizeof(float));
  else if (Rests::Silence& is = rests->tiles[place(tile)]; is != Rests::zeros) is = Rests::owed;
}

void Plan::write_silence(const float* tile, int width, Rests& rests, int offset, int frames) noexcept CHRONUS_REALTIME {
  std::memset(tiles.data + (tile - tiles.data) + offset * width, 0, static_cast<std::size_t>(frames * width) * sizeof(float));
  rests.tiles[place(tile)] = frames == block_frames ? Rests::zeros : Rests::silence;
}

void Plan::need_inputs(const Pack& pack, Rests* rests, int offset, int frames) noexcept CHRONUS_REALTIME {
  for (int i = 0; i < pack.input_count; ++i) need(pack.inputs[i], pack.kernels->width, rests, offset, frames);
}
void Plan::need_cables(const Pack& pack, Rests* rests, int offset, int frames) noexcept CHRONUS_REALTIME {
  for (int m = 0; m < pack.modulation_count; ++m) need(pack.modulations[m].cables, pack.kernels->width, rests, offset, frames);
}

/// What a pack gives goes on to others only if it is sound: a fault ends where it arises.
void Plan::contain(Pack& pack, Strand& strand, float* const* outputs, Frame frame, int frames) noexcept CHRONUS_REALTIME {
  if (strand.poisoned) outputs[0][0] = __builtin_nanf("");
  strand.poisoned = false;
  bool sane = true;
  for (int i = 0; i < pack.output_count; ++i) sane = sane && pack.plan->sane(outputs[i], frames);
  if (sane && !pack.muted) return;
  pack.muted = false;
  for (std::uint32_t i = 0; i < pack.voices; ++i) {
    Voice& voice = voices[pack.first_voice + i];
    if (!sane) silence(pack, strand, voice, outputs, frame, frames);
    if (voice.muted_until) come_in(pack, strand, voice, outputs, frame, frames);
    pack.muted = pack.muted || voice.muted_until;
  }
}

/// It has been clean since; after a while it may be heard again, and comes in over one block.
void Plan::come_in(Pack& pack, Strand& strand, Voice& voice, float* const* outputs, Frame frame, int frames) noexcept CHRONUS_REALTIME {
  strand.tainted = true;
  const int width = pack.kernels->width, end = voice.first_lane + voice.lanes;
  for (int f = 0; f < frames; ++f) {
    const Frame at = frame + static_cast<Frame>(f);
    const float level = at < voice.muted_until ? 0.0F : static_cast<float>(at - voice.muted_until + 1) / block_frames;
    for (int c = 0; c < pack.output_count; ++c)
      for (int i = voice.first_lane; i < end; ++i) outputs[c][f * width + i] *= level;
  }
  if (frame + static_cast<Frame>(frames) >= voice.muted_until + block_frames) voice.muted_until = 0;
}

/// Where a voice is at fault: zeros instead, and it begins anew; muted until it has been clean for mute_frames.
void Plan::silence(Pack& pack, Strand& strand, Voice& voice, float* const* outputs, Frame frame, int frames) noexcept CHRONUS_REALTIME {
  const int width = pack.kernels->width, end = voice.first_lane + voice.lanes;
  float value = 0;
  for (int c = 0; c < pack.output_count; ++c)
    for (int f = 0; f < frames; ++f)
      for (int i = voice.first_lane; i < end; ++i) {
        const float x = outputs[c][f * width + i];
        if (value == 0 && !(x < absurd && x > -absurd)) value = x;
      }
  if (value == 0) return;
  for (int c = 0; c < pack.output_count; ++c)
    for (int f = 0; f < frames; ++f)
      for (int i = voice.first_lane; i < end; ++i) outputs[c][f * width + i] = 0;
  const Member& m = members[voice.member];
  start_state(pack, voice, strand.seat_state);
  for (int h = 0; h < width * m.type->histories_per_lane; ++h) pack.segment.histories[h].valid_from = frame + static_cast<Frame>(frames);
  strand.tainted = true;
  const bool known = voice.muted_until && frame < voice.told + mute_frames;
  voice.muted_until = block_ceil(frame + static_cast<Frame>(frames)) + mute_frames;
  if (known || strand.fault_count == strand.faults.size()) return;
  voice.told = frame;
  strand.faults[strand.fault_count++] = {frame, m.id, value};
}

namespace {
/// No -0 leaves a plan.
void copy_out(float* to, const float* from, int frames) noexcept CHRONUS_REALTIME {
  for (int f = 0; f < frames; ++f) to[f] = from[f] + 0.0F;
}
void copy_lane(float* to, const float* from, int width, int frames) noexcept CHRONUS_REALTIME {
  for (int f = 0; f < frames; ++f) to[f] = from[f * width];
}
} // namespace

void Plan::run(Frame frame, int frames) noexcept CHRONUS_REALTIME {
  if (std::exchange(by_strands_, false)) rests.forget();
  strands[0].tainted = false;
  run_steps(steps, 0, strands[0], &rests, frame, frames);
  spoil();
}

void Plan::run_all(Frame frame, int frames) noexcept CHRONUS_REALTIME {
  strands[0].tainted = false;
  run_steps(steps, 0, strands[0], nullptr, frame, frames);
}

void Plan::begin_strands() noexcept CHRONUS_REALTIME {
  if (std::exchange(by_strands_, true)) return;
  for (Strand& s : strands) s.rests.forget();
}

bool Plan::go_on(std::size_t strand, Frame frame, int frames) noexcept CHRONUS_REALTIME {
  Strand& s = strands[strand];
  if (s.at == 0) s.tainted = false;
  s.at = run_steps(s.steps, s.at, s, &s.rests, frame, frames);
  if (s.at < s.steps.size()) return false;
  s.at = 0;
  if (strand == 0) spoil();
  return true;
}

/// A fault for tests that no pack ran to be hit by.
void Plan::spoil() noexcept CHRONUS_REALTIME {
  if (std::exchange(strands[0].poisoned, false)) strands[0].tainted = true;
}

/// \return false: it is full
bool Plan::send(const Step& step, const Strand& strand, int offset, int frames) noexcept CHRONUS_REALTIME {
  Crossing& c = *crossings[step.pack];
  if (c.state.full()) return false;
  if (step.width) {
    const std::size_t at = static_cast<std::size_t>(offset * step.width), tile = static_cast<std::size_t>(block_frames * step.width);
    std::memcpy(c.places.data + c.state.next() * tile + at, step.a + at, static_cast<std::size_t>(frames * step.width) * sizeof(float));
  }
  c.state.send(strand.tainted);
  return true;
}

/// \return false: nothing has come
bool Plan::receive(const Step& step, Strand& strand, int offset, int frames) noexcept CHRONUS_REALTIME {
  Crossing& c = *crossings[step.pack];
  if (c.state.empty()) return false;
  if (step.width) {
    const std::size_t at = static_cast<std::size_t>(offset * step.width), tile = static_cast<std::size_t>(block_frames * step.width);
    std::memcpy(step.to + at, c.places.data + c.state.oldest() * tile + at, static_cast<std::size_t>(frames * step.width) * sizeof(float));
  }
  strand.tainted = strand.tainted || c.state.tainted();
  c.state.take();
  return true;
}

/// `rests`: null where all is run. \return the first step that was not run, as it waits for another strand. Where one thread runs
/// all strands none waits: what is received was sent before, in the same segment.
std::size_t Plan::run_steps(std::span<const Step> list, std::size_t from, Strand& strand, Rests* rests, Frame frame, int frames) noexcept CHRONUS_REALTIME {
  const int offset = static_cast<int>(frame % block_frames);
  if (rests && from == 0) find_rests(list, *rests);
  const auto is_silent = [&](const float* tile) { return rests && rests->tiles[place(tile)] != Rests::sound; };
  const auto wrote = [&](const float* tile) {
    if (rests) rests->tiles[place(tile)] = Rests::sound;
  };
  const auto hush = [&](float* tile, int width) { Plan::hush(tile, width, rests, offset, frames); };
  const auto need = [&](const float* tile, int width) { Plan::need(tile, width, rests, offset, frames); };
  for (std::size_t i = from; i < list.size(); ++i) {
    const Step& s = list[i];
    const Rests::Why why = rests ? rests->now[i] : Rests::none;
    if (why == Rests::unheard && (s.kind != StepKind::run || pass(s, frame, frames))) continue;
    const int at = offset * s.width;
    const PlanKernels& k = s.width == 1 ? *narrow : *wide;
    switch (s.kind) {
    case StepKind::run: {
      Pack& pack = packs[s.pack];
      const bool hears = pack.input_count || pack.modulation_count;
      if (rests && (hears || why == Rests::deaf) && rests_now(pack, why == Rests::deaf, *rests, offset, frames)) {
        for (int o = 0; o < pack.output_count; ++o) hush(pack.outputs[o], s.width);
        break;
      }
      run_pack(pack, s.kind, strand, frame, offset, frames);
      for (int o = 0; rests && o < pack.output_count; ++o) rests->tiles[pack.output_places[o]] = Rests::sound;
      break;
    }
    case StepKind::read: {
      Pack& pack = packs[s.pack];
      need_cables(pack, rests, offset, frames);
      run_pack(pack, s.kind, strand, frame, offset, frames);
      for (int o = 0; o < pack.output_count; ++o) wrote(pack.outputs[o]);
      break;
    }
    case StepKind::write:
      need_inputs(packs[s.pack], rests, offset, frames);
      run_pack(packs[s.pack], s.kind, strand, frame, offset, frames);
      break;
    case StepKind::splat:
      if (is_silent(s.a)) hush(s.to, s.width);
      else k.splat(s.to + at, s.a + offset, frames), wrote(s.to);
      break;
    case StepKind::add:
      if (is_silent(s.a) && is_silent(s.b)) {
        if (s.to != s.a && s.to != s.b) hush(s.to, s.width);
      } else {
        need(s.a, s.width), need(s.b, s.width);
        k.add(s.to + at, s.a + at, s.b + at, frames);
        wrote(s.to);
      }
      break;
    case StepKind::scale:
      if (is_silent(s.a)) hush(s.to, s.width);
      else k.scale(s.to + at, s.a + at, s.by, frames), wrote(s.to);
      break;
    case StepKind::clear: hush(s.to, partial_sums); break;
    case StepKind::add_lanes:
      if (is_silent(s.a)) break;
      need(s.to, partial_sums);
      k.add_lanes(s.to + offset * partial_sums, s.a + at, s.first, s.lanes, frames);
      wrote(s.to);
      break;
    case StepKind::take_seats:
      if (is_silent(s.a)) hush(s.to, s.width);
      else k.take_seats(s.to + at, s.a + at, s.place, s.first, frames), wrote(s.to);
      break;
    case StepKind::take_lane:
      if (is_silent(s.a)) hush(s.to, 1);
      else copy_lane(s.to + offset, s.a + at + s.first, s.width, frames), wrote(s.to);
      break;
    case StepKind::sum_lanes: {
      const float* tiles[most_tiles];
      const int count = partial_sums / s.width * s.lanes;
      bool silent = true;
      for (int t = 0; t < count; ++t) silent = silent && is_silent(s.tiles[t]);
      if (silent) {
        hush(s.to, 1);
        break;
      }
      for (int t = 0; t < count; ++t) {
        need(s.tiles[t], s.width);
        tiles[t] = s.tiles[t] + at;
      }
      narrow->sum_lanes(s.to + offset, tiles, s.lanes, s.width, frames);
      wrote(s.to);
      break;
    }
    case StepKind::output:
      need(s.a, 1);
      copy_out(strand.outputs + s.first * block_frames + offset, s.a + offset, frames);
      break;
    case StepKind::send:
      if (s.width) need(s.a, s.width);
      if (!send(s, strand, offset, frames)) return i;
      break;
    case StepKind::receive:
      if (!receive(s, strand, offset, frames)) return i;
      if (s.width) wrote(s.to);
      break;
    }
  }
  return list.size();
}

} // namespace chronus::render
