// SPDX-License-Identifier: GPL-3.0-or-later
// A worker's thread, once primed; before that the builder's. A patch in flat executable form: what a worker runs. No names.
#pragma once
#include "../link/apart.hpp"
#include "../link/messages.hpp"
#include "../link/strands.hpp"
#include "arena.hpp"
#include "kernels.hpp"
#include <algorithm>
#include <array>
#include <chronus/module.hpp>
#include <cstdint>
#include <memory>
#include <vector>

namespace chronus::render {

inline constexpr int max_ports = 8; ///< inputs or outputs of one type

/// Cables into one parameter of one pack, already summed: how they move its value, or the weights of its switch.
struct Modulation {
  const float* cables; ///< frames × width
  alignas(64) float by[16]; ///< by lane
  int value, choices;  ///< first value; 0 choices: a number
  float low, high;
};

/// What is silenced together when it is at fault: one instance's own pack, or one seat of a shared one.
struct Voice {
  std::uint32_t member;
  std::uint16_t first_lane, lanes; ///< in the pack
  Frame muted_until;               ///< after a fault; 0: it is heard
  Frame told;                      ///< when its fault was last told of
};

/// One pack: of one instance, or shared by several of one lane.
struct Pack {
  Segment segment;     ///< what its kernels are told of a whole block of the grid, but for which, and the values. Points into pack and plan: neither moves
  const Kernels* kernels;
  const PlanKernels* plan;
  float* ramps;        ///< value_count × Ramp::words × width
  Value* values;       ///< settled values: pointers to each ramp's current
  float* moving;       ///< value_count tiles for values that move; shared by all packs, but an own one where it closes a cycle
  const float* inputs[max_ports];
  float* outputs[max_ports];
  std::uint32_t input_places[max_ports], output_places[max_ports]; ///< in Rests::tiles
  const Modulation* modulations;
  std::uint16_t modulation_count, value_count, input_count, output_count;
  std::uint16_t first_lane, lanes; ///< of the instance; shared: 0, and the seats that are taken
  std::uint32_t first_voice, voices;
  std::uint32_t ramping; ///< frames until all ramps have landed
  std::uint32_t module;  ///< shared: the first
  bool watched;          ///< may give what is no sound
  bool muted;            ///< some voice is
  /// Frames from `frame` on, with values that stand; the ports are the whole block's.
  Segment at(Frame frame, int frames) const noexcept CHRONUS_REALTIME {
    Segment s = segment;
    s.frame = frame;
    s.frames = frames;
    s.values = values;
    return s;
  }
  std::size_t ramp_floats() const noexcept CHRONUS_REALTIME { return static_cast<std::size_t>(value_count) * Ramp::words * static_cast<std::size_t>(kernels->width); }
};

enum class StepKind : std::uint8_t { run, read, write, splat, add, scale, clear, add_lanes, take_seats, take_lane, sum_lanes, output, send, receive };

struct Step {
  StepKind kind;
  std::uint8_t width;
  std::uint16_t first, lanes; ///< of add_lanes; take_seats: first = the partial sum of the first lane; take_lane: first = the lane; output: first = the port; sum_lanes: lanes = rows
  std::uint32_t pack;         ///< of run, read, write; of send, receive: the crossing
  float* to;
  const float *a, *b;
  float by;
  union {
    std::int8_t place[16];     ///< of take_seats: the partial sum that each lane goes to, -1: none
    const float* const* tiles; ///< of sum_lanes: part by part; in `summed`
  };
};

/// A module's place in the plan: what carries over, and what an op finds by its id.
struct Member {
  std::uint32_t id;
  const ModuleSpec* type;
  std::uint16_t lanes, packs;
  std::uint32_t first_pack, first_history, histories;
  std::int32_t seat;          ///< its lane in a pack that it shares; -1: its packs are its own
  std::int32_t from;          ///< its index in the plan before, or -1: starts fresh
  std::uint64_t staged;       ///< bit p: parameter p does not carry its value over
};

/// What need not be run of a list of steps, from segment to segment, and changes no bit: what only deaf packs (closed envelopes)
/// hear, and what gives silence because silence comes in.
struct Rests {
  enum Why : std::uint8_t { none, unheard, deaf };
  struct May {
    std::uint32_t step, first_reader, readers; ///< of `readers`
    bool deaf;                                 ///< a pack that may be; else the step rests while all of its readers do
  };
  std::vector<May> may;               ///< readers first
  std::vector<std::uint32_t> readers; ///< steps
  std::vector<Why> now;               ///< by step, of this segment
  /// Of a tile: any; 0 or −0 in this segment; nothing but 0 in all of it; silence that nobody has written down yet.
  enum Silence : std::uint8_t { sound, silence, zeros, owed };
  std::vector<Silence> tiles;         ///< by 64 floats of `Plan::tiles`: of the tile that begins there
  std::size_t zeros_at = 0;           ///< the one that is never written
  /// Others have written to the tiles since.
  void forget() noexcept CHRONUS_REALTIME {
    std::fill(tiles.begin(), tiles.end(), sound);
    tiles[zeros_at] = zeros;
  }
};

/// What one thread at a time runs of a plan.
struct Strand {
  std::vector<Step> steps; ///< in the plan's order; none where there is but one strand
  Rests rests;             ///< of these
  Arena seat_state;        ///< one lane's, while it begins
  bool tainted = false, poisoned = false;
  std::array<link::Fault, 4> faults{};
  std::size_t fault_count = 0;
  std::size_t at = 0;       ///< the step that it goes on with
  float* outputs = nullptr; ///< the first's
  link::Apart apart;        ///< from the next one
};

/// From one strand to another: depth × frames × width. Width 0: only whether all is well there, and so that the first comes last.
struct Crossing {
  Arena places;
  link::Crossing state;
};

struct PrimeGate {
  std::uint32_t member;
  std::uint16_t lane;
  bool on, fresh; ///< fresh: only for an instance that starts
};

class Plan {
public:
  /// Everything at its beginning: states as built, ramps at rest, gates as asked, histories empty from `frame` on. Worker or builder.
  void start(Frame frame) noexcept CHRONUS_REALTIME;

  /// Takes over from the plan before, which stands at `frame`: states, ramps, and (by moving the pointers) histories of every
  /// module that both have. The rest starts. `before` is done for afterwards.
  void carry_from(Plan& before, Frame frame) noexcept CHRONUS_REALTIME;

  /// A copy of the small state of a plan built from the same revision. Histories follow by copy_histories.
  void copy_from(const Plan& other) noexcept CHRONUS_REALTIME;
  /// A bounded slice of them, oldest first: call until it returns true. Copies what was before `frame`, and is in time
  /// while no more than `history_slack` frames have been rendered since. `done` starts at 0 and is the caller's to keep.
  bool copy_histories(const Plan& other, Frame frame, std::uint64_t& done, std::uint64_t budget_floats) noexcept CHRONUS_REALTIME;
  std::uint64_t history_floats() const noexcept CHRONUS_REALTIME { return history_floats_; }

  void apply(const link::Op& op) noexcept CHRONUS_REALTIME;
  void panic(Frame frame) noexcept CHRONUS_REALTIME;

  /// `frames` frames from `frame` on, within one block of the grid, all strands by this thread. Inputs and outputs are at input(i)
  /// and output(i), at their place in the block.
  void run(Frame frame, int frames) noexcept CHRONUS_REALTIME;
  /// From now on it is run by strands, until the next `run`. Worker, while no other thread runs any.
  void begin_strands() noexcept CHRONUS_REALTIME;
  /// As run, but one strand of several, by one thread at a time. The first strand has the inputs and outputs, and is through with a
  /// segment last. \return false: it waits for another strand; call it again, for the same segment
  bool go_on(std::size_t strand, Frame frame, int frames) noexcept CHRONUS_REALTIME;

  /// As run, but all of it, as where everything sounds: what it costs at most.
  void run_all(Frame frame, int frames) noexcept CHRONUS_REALTIME;

  /// The segment that was run last is not what it should be: some pack is muted for a fault.
  bool tainted() const noexcept CHRONUS_REALTIME { return strands[0].tainted; }
  /// Calls body(fault) for those since the last time; what finds no place is told of when it happens again. No strand runs.
  template <class Body> void take_faults(Body&& body) noexcept CHRONUS_REALTIME {
    for (Strand& s : strands) {
      for (std::size_t i = 0; i < s.fault_count; ++i) body(s.faults[i]);
      s.fault_count = 0;
    }
  }
  /// The next segment begins with a NaN, in its first pack: a fault, for tests.
  void poison() noexcept CHRONUS_REALTIME { strands[0].poisoned = true; }

  /// As run, but only the steps from `first` up to `last`: a rehearsal can tell what each of them costs.
  void run_steps(std::size_t first, std::size_t last, Frame frame, int frames) noexcept CHRONUS_REALTIME {
    run_steps({steps.data() + first, last - first}, 0, strands[0], nullptr, frame, frames);
  }

  float* input(int port) noexcept CHRONUS_REALTIME { return input_tiles_ + port * block_frames; }
  const float* output(int port) const noexcept CHRONUS_REALTIME { return strands[0].outputs + port * block_frames; }
  /// From now on output(0) is there, and the others follow it.
  void play_to(float* outputs) noexcept CHRONUS_REALTIME { strands[0].outputs = outputs; }

  // ---- filled in by control::build, constant afterwards -----------------------------------------------------------------
  static constexpr Frame history_slack = 16384; ///< frames that a snapshot may take
  const PlanKernels *narrow = nullptr, *wide = nullptr;
  Context context{};
  int ins = 0, outs = 0;
  std::vector<Member> members;
  std::vector<std::int32_t> member_of_id;
  std::vector<std::uint64_t> seeds; ///< by member
  std::vector<Pack> packs;
  std::vector<Voice> voices;        ///< by pack, and there by seat
  std::vector<Step> steps;
  Rests rests; ///< of these, by one thread
  std::vector<PrimeGate> gates;
  std::vector<float> initial;       ///< by member: value_count × lanes, each value's lanes in a row; see initial_at
  std::vector<std::uint32_t> initial_at;
  std::vector<std::uint32_t> ramp_frames; ///< by member, and there by parameter: frames that a set of it takes; see ramp_frames_at
  std::vector<std::uint32_t> ramp_frames_at;
  std::vector<Value> value_table;
  std::vector<Modulation> modulation_table;
  std::vector<const float*> summed; ///< what steps add up
  std::vector<History> histories;
  std::vector<Arena> history_memory;
  Arena state, ramps, tiles;
  std::vector<Strand> strands;      ///< at least one
  std::vector<std::unique_ptr<Crossing>> crossings;
  double work = 0, parallel_time = 1; ///< s a block, roughly; the part of that which it takes with all threads
  std::uint64_t history_floats_ = 0;
  float* input_tiles_ = nullptr;

private:
  bool by_strands_ = false; ///< the segment that was run last
  void start_member(std::size_t index, Frame frame, bool keep_values, bool keep_rest) noexcept CHRONUS_REALTIME;
  void initial_values(std::size_t index, std::uint64_t parameters) noexcept CHRONUS_REALTIME;
  void set(const Member& m, int param, int lane, float value, bool immediate) noexcept CHRONUS_REALTIME;
  void gate(const Member& m, int lane, bool on) noexcept CHRONUS_REALTIME;
  void move_values(Pack& pack, Value* values, int offset, int frames) noexcept CHRONUS_REALTIME;
  std::size_t run_steps(std::span<const Step> steps, std::size_t from, Strand& strand, Rests* rests, Frame frame, int frames) noexcept CHRONUS_REALTIME;
  void find_rests(std::span<const Step> steps, Rests& rests) noexcept CHRONUS_REALTIME;
  bool rests_now(const Pack& pack, bool deaf, Rests& rests, int offset, int frames) noexcept CHRONUS_REALTIME;
  bool pass(const Step& step, Frame frame, int frames) noexcept CHRONUS_REALTIME;
  std::size_t place(const float* tile) const noexcept CHRONUS_REALTIME { return static_cast<std::size_t>(tile - tiles.data) / block_frames; }
  void spoil() noexcept CHRONUS_REALTIME;
  bool send(const Step& step, const Strand& strand, int offset, int frames) noexcept CHRONUS_REALTIME;
  bool receive(const Step& step, Strand& strand, int offset, int frames) noexcept CHRONUS_REALTIME;
  void run_pack(Pack& pack, StepKind kind, Strand& strand, Frame frame, int offset, int frames) noexcept CHRONUS_REALTIME;
  void run_values(Pack& pack, StepKind kind, Segment& segment, int offset) noexcept CHRONUS_REALTIME;
  void hush(float* tile, int width, Rests* rests, int offset, int frames) noexcept CHRONUS_REALTIME;
  /// Somebody reads what is in the tile, though it be silence.
  void need(const float* tile, int width, Rests* rests, int offset, int frames) noexcept CHRONUS_REALTIME {
    if (rests && rests->tiles[place(tile)] == Rests::owed) write_silence(tile, width, *rests, offset, frames);
  }
  void write_silence(const float* tile, int width, Rests& rests, int offset, int frames) noexcept CHRONUS_REALTIME;
  void need_inputs(const Pack& pack, Rests* rests, int offset, int frames) noexcept CHRONUS_REALTIME;
  void need_cables(const Pack& pack, Rests* rests, int offset, int frames) noexcept CHRONUS_REALTIME;
  void contain(Pack& pack, Strand& strand, float* const* outputs, Frame frame, int frames) noexcept CHRONUS_REALTIME;
  void silence(Pack& pack, Strand& strand, Voice& voice, float* const* outputs, Frame frame, int frames) noexcept CHRONUS_REALTIME;
  void come_in(Pack& pack, Strand& strand, Voice& voice, float* const* outputs, Frame frame, int frames) noexcept CHRONUS_REALTIME;
  void start_state(Pack& pack, const Voice& voice, Arena& seat_state) noexcept CHRONUS_REALTIME;
  void start_shared() noexcept CHRONUS_REALTIME;
  void carry_seat(const Member& member, const Plan& before, const Member& old) noexcept CHRONUS_REALTIME;
  Voice& voice_of(const Member& m, std::uint32_t pack) noexcept CHRONUS_REALTIME {
    return voices[packs[m.first_pack + pack].first_voice + static_cast<std::uint32_t>(m.seat < 0 ? 0 : m.seat)];
  }
  /// Calls body(pack, lane of it) for the lanes of a member: all of the width, or one.
  template <class Body> void each_lane(const Member& m, int lane, Body&& body) noexcept CHRONUS_REALTIME {
    for (std::uint32_t k = 0; k < m.packs; ++k) {
      Pack& p = packs[m.first_pack + k];
      const int begin = m.seat < 0 ? 0 : m.seat, end = m.seat < 0 ? p.kernels->width : m.seat + 1;
      for (int i = begin; i < end; ++i)
        if (lane == link::all_lanes || lane == p.first_lane + i - begin) body(p, i);
    }
  }
};

} // namespace chronus::render
