// SPDX-License-Identifier: GPL-3.0-or-later
// A worker's thread, once primed. A plan's state: how it starts, is carried over, copied, and changed by ops.
#include "plan.hpp"
#include <algorithm>
#include <cstring>

namespace chronus::render {

namespace {

void rest_at(const Pack& p, int value, int lane, float x) {
  const Ramp r{p.ramps + static_cast<std::ptrdiff_t>(value) * Ramp::words * p.kernels->width};
  const int w = p.kernels->width;
  r.current[lane] = r.target(w)[lane] = x;
  r.step(w)[lane] = 0;
  r.remaining(w)[lane] = 0;
}

/// One lane's words, each standing once for every lane.
void copy_lane(void* to, int to_width, int to_lane, const void* from, int from_width, int from_lane, std::size_t words) noexcept CHRONUS_REALTIME {
  auto* t = static_cast<std::uint32_t*>(to) + to_lane;
  const auto* f = static_cast<const std::uint32_t*>(from) + from_lane;
  for (std::size_t w = 0; w < words; ++w) t[w * static_cast<std::size_t>(to_width)] = f[w * static_cast<std::size_t>(from_width)];
}

int first_value(const ModuleSpec& type, int param) {
  int v = 0;
  for (int p = 0; p < param; ++p) v += type.params[static_cast<std::size_t>(p)].choices.empty() ? 1 : static_cast<int>(type.params[static_cast<std::size_t>(p)].choices.size());
  return v;
}

} // namespace

void Plan::initial_values(std::size_t index, std::uint64_t parameters) noexcept CHRONUS_REALTIME {
  const Member& m = members[index];
  int value = 0;
  for (std::size_t p = 0; p < m.type->params.size(); ++p) {
    const int count = m.type->params[p].choices.empty() ? 1 : static_cast<int>(m.type->params[p].choices.size());
    if (parameters >> p & 1)
      for (int v = value; v < value + count; ++v)
        for (std::uint32_t k = 0; k < m.packs; ++k) {
          const Pack& pack = packs[m.first_pack + k];
          const float* row = initial.data() + initial_at[index] + static_cast<std::size_t>(v) * m.lanes + pack.first_lane;
          if (m.seat >= 0) rest_at(pack, v, m.seat, row[0]);
          else
            for (int i = 0; i < pack.kernels->width; ++i) rest_at(pack, v, i, row[std::min<int>(i, pack.lanes - 1)]);
        }
    value += count;
  }
}

/// Where it is shared, one lane begins as it would alone.
void Plan::start_state(Pack& pack, const Voice& voice, Arena& seat_state) noexcept CHRONUS_REALTIME {
  const Member& m = members[voice.member];
  const std::uint64_t seed = seeds[voice.member];
  if (m.seat < 0) return pack.kernels->start(pack.segment.state, {&context, seed, pack.first_lane, pack.lanes});
  const Kernels& narrow = m.type->kernels.front();
  narrow.start(seat_state.data, {&context, seed, 0, 1});
  copy_lane(pack.segment.state, pack.kernels->width, m.seat, seat_state.data, 1, 0, narrow.state_bytes / 4);
}

/// Shared packs before anybody sits in them: the first member in every lane, also in those that stay empty.
void Plan::start_shared() noexcept CHRONUS_REALTIME {
  for (Pack& p : packs) {
    if (members[p.module].seat < 0) continue;
    p.kernels->start(p.segment.state, {&context, seeds[p.module], 0, p.kernels->width});
    for (int v = 0; v < p.value_count; ++v)
      for (int i = 0; i < p.kernels->width; ++i) rest_at(p, v, i, initial[initial_at[p.module] + static_cast<std::size_t>(v)]);
    p.ramping = 0;
    p.muted = false;
  }
}

void Plan::start_member(std::size_t index, Frame frame, bool keep_values, bool keep_rest) noexcept CHRONUS_REALTIME {
  const Member& m = members[index];
  if (!keep_rest) {
    for (std::uint32_t k = 0; k < m.packs; ++k) {
      Pack& p = packs[m.first_pack + k];
      Voice& voice = voice_of(m, k);
      start_state(p, voice, strands[0].seat_state);
      voice.muted_until = 0;
      if (m.seat < 0) p.muted = false;
    }
    for (std::uint32_t h = 0; h < m.histories; ++h) histories[m.first_history + h].valid_from = frame;
  }
  if (!keep_values) {
    initial_values(index, ~std::uint64_t{0});
    for (std::uint32_t k = 0; k < m.packs && m.seat < 0; ++k) packs[m.first_pack + k].ramping = 0;
  }
}

void Plan::start(Frame frame) noexcept CHRONUS_REALTIME {
  rests.forget(); // nothing is known of what a rehearsal left there
  by_strands_ = false;
  start_shared();
  for (std::size_t i = 0; i < members.size(); ++i) start_member(i, frame, false, false);
  // Gates that a carried instance already has open are opened too: nothing is carried here.
  for (const PrimeGate& g : gates)
    if (g.on) gate(members[g.member], g.lane, true);
}

/// One lane, from a seat or from a pack of its own to another.
void Plan::carry_seat(const Member& m, const Plan& before, const Member& old) noexcept CHRONUS_REALTIME {
  Pack& p = packs[m.first_pack];
  const Pack& q = before.packs[old.first_pack];
  const int to = std::max(m.seat, 0), from = std::max(old.seat, 0);
  copy_lane(p.segment.state, p.kernels->width, to, q.segment.state, q.kernels->width, from, p.kernels->state_bytes / 4 / static_cast<std::size_t>(p.kernels->width));
  copy_lane(p.ramps, p.kernels->width, to, q.ramps, q.kernels->width, from, static_cast<std::size_t>(p.value_count) * Ramp::words);
  p.ramping = std::max(m.seat < 0 ? 0 : p.ramping, q.ramping);
  Voice& voice = voice_of(m, 0);
  const Voice& was = before.voices[q.first_voice + static_cast<std::uint32_t>(from)];
  voice.muted_until = was.muted_until;
  voice.told = was.told;
  p.muted = (m.seat >= 0 && p.muted) || voice.muted_until;
}

void Plan::carry_from(Plan& before, Frame frame) noexcept CHRONUS_REALTIME {
  start_shared();
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Member& m = members[i];
    if (m.from < 0) {
      start_member(i, frame, false, false);
      continue;
    }
    const Member& old = before.members[static_cast<std::size_t>(m.from)];
    if (m.seat >= 0 || old.seat >= 0) {
      carry_seat(m, before, old);
    } else {
      for (std::uint32_t k = 0; k < m.packs; ++k) {
        Pack& p = packs[m.first_pack + k];
        const Pack& q = before.packs[old.first_pack + k];
        std::memcpy(p.segment.state, q.segment.state, p.kernels->state_bytes);
        std::memcpy(p.ramps, q.ramps, p.ramp_floats() * sizeof(float));
        p.ramping = q.ramping;
        p.muted = q.muted;
        Voice& voice = voices[p.first_voice];
        voice.muted_until = before.voices[q.first_voice].muted_until;
        voice.told = before.voices[q.first_voice].told;
      }
    }
    if (m.staged) initial_values(i, m.staged);
    for (std::uint32_t h = 0; h < m.histories; ++h) std::swap(histories[m.first_history + h], before.histories[old.first_history + h]);
    for (std::uint32_t h = 0; h < m.histories; ++h)
      history_memory[m.first_history + h].swap(before.history_memory[old.first_history + h]);
  }
  for (const PrimeGate& g : gates)
    if (!g.fresh || members[g.member].from < 0) gate(members[g.member], g.lane, g.on);
}

void Plan::copy_from(const Plan& other) noexcept CHRONUS_REALTIME {
  for (std::size_t i = 0; i < packs.size(); ++i) { // which may lie otherwise there, divided among other threads
    if (packs[i].kernels->state_bytes) std::memcpy(packs[i].segment.state, other.packs[i].segment.state, packs[i].kernels->state_bytes);
    std::memcpy(packs[i].ramps, other.packs[i].ramps, packs[i].ramp_floats() * sizeof(float));
    packs[i].ramping = other.packs[i].ramping;
    packs[i].muted = other.packs[i].muted;
  }
  for (std::size_t i = 0; i < voices.size(); ++i) {
    voices[i].muted_until = other.voices[i].muted_until;
    voices[i].told = other.voices[i].told;
  }
  for (std::size_t i = 0; i < histories.size(); ++i) histories[i].valid_from = other.histories[i].valid_from;
}

bool Plan::copy_histories(const Plan& other, Frame frame, std::uint64_t& done, std::uint64_t budget_floats) noexcept
    CHRONUS_REALTIME {
  std::uint64_t base = 0; // floats of the histories before this one
  for (std::size_t i = 0; i < histories.size(); ++i) {
    const History& from = other.histories[i];
    const Frame reach = from.capacity - history_slack; // older frames are never read
    const Frame first = std::max(histories[i].valid_from, frame > reach ? frame - reach : 0);
    const Frame count = frame > first ? frame - first : 0;
    while (done < base + count) {
      if (budget_floats == 0) return false;
      const Frame at = first + (done - base), place = at % from.capacity;
      const std::uint64_t n = std::min({base + count - done, from.capacity - place, budget_floats});
      std::memcpy(histories[i].data + place, from.data + place, n * sizeof(float));
      done += n;
      budget_floats -= n;
    }
    base += count;
  }
  return true;
}

void Plan::set(const Member& m, int param, int lane, float value, bool immediate) noexcept CHRONUS_REALTIME {
  const auto& spec = m.type->params[static_cast<std::size_t>(param)];
  const int choices = static_cast<int>(spec.choices.size()), first = first_value(*m.type, param);
  const std::uint32_t frames = ramp_frames[ramp_frames_at[static_cast<std::size_t>(&m - members.data())] + static_cast<std::size_t>(param)];
  each_lane(m, lane, [&](Pack& p, int i) {
    const int w = p.kernels->width;
    for (int v = first; v < first + std::max(choices, 1); ++v) {
      const float target = choices ? (v - first == static_cast<int>(value) ? 1.0F : 0.0F) : value;
      if (immediate || frames == 0) {
        rest_at(p, v, i, target);
        continue;
      }
      const Ramp r{p.ramps + static_cast<std::ptrdiff_t>(v) * Ramp::words * w};
      r.target(w)[i] = target;
      r.step(w)[i] = (target - r.current[i]) / static_cast<float>(frames);
      r.remaining(w)[i] = frames;
      p.ramping = std::max(p.ramping, frames);
    }
  });
}

void Plan::gate(const Member& m, int lane, bool on) noexcept CHRONUS_REALTIME {
  each_lane(m, lane, [&](Pack& p, int i) {
    if (p.kernels->gate && i < p.lanes) p.kernels->gate(p.segment.state, i, on);
  });
}

void Plan::apply(const link::Op& op) noexcept CHRONUS_REALTIME {
  if (op.module >= member_of_id.size() || member_of_id[op.module] < 0) return;
  const Member& m = members[static_cast<std::size_t>(member_of_id[op.module])];
  if (op.kind == link::OpKind::gate) gate(m, op.lane, op.value > 0);
  else if (op.param < m.type->params.size()) set(m, op.param, op.lane, op.value, op.immediate);
}

void Plan::panic(Frame frame) noexcept CHRONUS_REALTIME {
  for (std::size_t i = 0; i < members.size(); ++i) start_member(i, frame, true, false);
}

} // namespace chronus::render
