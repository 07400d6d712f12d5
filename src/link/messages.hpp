// SPDX-License-Identifier: GPL-3.0-or-later
// All threads. One plain struct a message, grouped by the ring it goes through.
#pragma once
#include "counters.hpp"
#include <chronus/units.hpp>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace chronus::render {
class Plan;
}

namespace chronus::link {

struct RecordTap;

inline constexpr std::uint16_t all_lanes = 0xFFFF;

enum class OpKind : std::uint8_t { set, gate };

/// What a worker applies to a plan at a frame. `module` is the stable id of an instance's name.
struct Op {
  OpKind kind;
  bool immediate; ///< a set that does not ramp
  std::uint16_t param, lane;
  std::uint32_t module;
  float value;
};

// ---- control → rt ------------------------------------------------------------------------------------------------------
enum class OrderKind : std::uint8_t { op, panic, record_start, record_stop, fade_out, fault };
/// Made on purpose, for tests: a worker hangs for a while, a module of its plan gives NaN, or the worker throws.
enum class FaultKind : std::uint8_t { stall, nan, throws };

struct Order {
  OrderKind kind;
  Frame frame;            ///< 0: as soon as it can be
  std::uint64_t sequence; ///< order among all sources at one frame
  std::uint64_t revision; ///< an op on a module that comes with this revision waits for its swap
  Op op;
  std::uint32_t frames;   ///< of a fade
  RecordTap* tap;         ///< of record_start
  FaultKind fault;
  std::int8_t slot;       ///< of a fault: a slot, live_slot or spare_slot
  std::uint32_t microseconds;
};

/// Offline, targets with an op that waits for a swap: control refuses more, the callback has room for them.
inline constexpr std::size_t most_waiting_ops = 8000;

inline constexpr std::int8_t live_slot = -1, spare_slot = -2;

/// Made by control, borrowed by rt until its swap has been reported.
struct Commit {
  std::uint64_t revision, sequence;
  Frame at;   ///< 0: as soon as it can be
  Frame fade;
  render::Plan* plans[max_slots]; ///< copies of the new plan, taken from the front; null ones at the end
  render::Plan* base;             ///< with the spare off: a copy of the plan before, for the slot that is to follow it
  std::uint64_t history_floats;   ///< how much a snapshot of it has to copy in slices
};

/// A plan like that of `revision`, for a slot that was lost: rt asks for it. Null: there is none to be had.
struct Supply {
  render::Plan* plan;
  std::uint64_t revision;
};

// ---- rt → control ------------------------------------------------------------------------------------------------------
enum class EventKind : std::uint8_t {
  swap,     ///< the swap frame of a commit is decided
  done,     ///< rt needs this commit no longer; plans left in it were not used
  wants,    ///< a slot was lost and could follow again with a plan of `revision`
  returned, ///< `plan` came too late
};
struct Event {
  EventKind kind;
  Frame frame;
  Commit* commit;
  std::uint64_t revision;
  render::Plan* plan;
};

// ---- rt → worker -------------------------------------------------------------------------------------------------------
enum class TaskKind : std::uint8_t {
  op,
  panic,  ///< close every gate, forget every state
  cut,    ///< carry over into `plan`, which plays from `frame`
  retire, ///< `frame` is the first that this slot does not play
  attach, ///< a plan comes from another worker's hands, or begins anew where `plan` is given; it plays from `frame`
  fault,  ///< `fault`, for tests; a stall lasts `microseconds`
  give,   ///< copy everything at `frame` into `plan`, then hand it to slot `other`
};
struct Task {
  TaskKind kind;
  std::uint8_t other;
  FaultKind fault;
  std::uint32_t generation; ///< of cut, attach: tells that the worker has come so far
  std::uint32_t epoch;      ///< of cut, attach: marks the blocks that follow
  Frame frame;
  union {
    Op op;
    render::Plan* plan;
    std::uint32_t microseconds;
  };
};

// ---- worker → control --------------------------------------------------------------------------------------------------
/// A module gave what is not finite or absurdly large: it was reset, and is silent for a while.
struct Fault {
  Frame frame;
  std::uint32_t module; ///< its stable id
  float value;          ///< the first of them
};

// ---- worker → worker, worker → control: plans change hands -------------------------------------------------------------
struct Handover {
  render::Plan* plan;
  Frame frame;
  std::uint32_t generation;
};

static_assert(std::is_trivially_copyable_v<Order> && std::is_trivially_copyable_v<Event> && std::is_trivially_copyable_v<Task>);

} // namespace chronus::link
