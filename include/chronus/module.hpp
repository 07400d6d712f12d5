// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread. What a module is: a constexpr table (ports, parameters, help) and kernels that a worker runs.
// Help, completion, range errors, saving, smoothing, the manual and the conformance test all derive from the table.
#pragma once
#include <chronus/realtime.hpp>
#include <chronus/units.hpp>
#include <cstddef>
#include <span>
#include <string_view>

namespace chronus {

struct PortSpec {
  std::string_view name, help;
};

/// A parameter is a number (choices empty) or a switch: its value is then the index of a choice, and a kernel reads one
/// weight for each choice, so that a change of choice cross-fades.
struct ParamSpec {
  std::string_view name;
  Unit unit;
  Range range;
  float initial;
  Scale scale;
  float smoothing_ms; ///< a set value is reached by a straight ramp of this length
  std::string_view help;
  std::span<const std::string_view> choices = {};
  std::string_view alias = {};
  Range moved = {}; ///< how far cables may move it where that is further than its range

  constexpr Range reach() const { return moved.low < moved.high ? moved : range; }
};
/// The `moved` of a pitch: through 0 and beyond half the rate; see Pitch.
inline constexpr Range any_pitch{-absurd, absurd};

/// Frames per second, and what never changes while a plan lives.
struct Context {
  double rate;
};

/// What a pack of lanes is told once, before its first frame. Lanes [first_lane, first_lane + lanes) of the instance are in it;
/// the pack's further lanes run but are not heard.
struct Birth {
  const Context* context;
  std::uint64_t seed; ///< from the instance's name
  int first_lane, lanes;
};

/// One lane's past: frame f is at data[f % capacity]. What is older than `valid_from` reads as silence, so that forgetting all
/// of it is one assignment. `capacity` is the reach the type asked for, plus the slack that a snapshot needs.
struct History {
  float* data;
  Frame capacity;
  Frame valid_from;
};

/// A parameter over one segment: stride 0 = constant, else one value (width floats) a frame; then `moves` has a word a lane,
/// all bits set where the lane's value moves somewhere between here and the block's end or has moved since its beginning,
/// none where it stands. What a kernel makes of a value that stands must not depend on what other lanes do.
struct Value {
  const float* data;
  std::ptrdiff_t stride;
  const std::int32_t* moves;
};

/// One pack of one instance over 1 to 64 frames that do not cross the block grid. Inputs and outputs point at the segment's
/// first frame: frames × width floats, frame by frame, aligned to width floats. Inputs never alias outputs.
struct Segment {
  const Context* context;
  Frame frame; ///< absolute, of the first frame
  int frames;
  void* state;
  const float* const* inputs; ///< one a port; an unconnected port reads zeros
  float* const* outputs;
  const Value* values;  ///< see Index::value
  History* histories;   ///< [lane * histories_per_lane + which]
  std::uint32_t connected; ///< bit i: input i has a cable
  bool in_cycle;        ///< a type with `read`: this instance closes a cycle; outputs are made by `read`, before the inputs are known
};

/// How one width of a type runs. State is trivially copyable and made of 32-bit words, each standing width times in a row
/// (one a lane), so that one lane's state can be carried to a pack of another width.
struct Kernels {
  int width;
  std::size_t state_bytes;
  void (*start)(void* state, const Birth&) noexcept CHRONUS_REALTIME;
  void (*run)(const Segment&) noexcept CHRONUS_REALTIME;
  void (*read)(const Segment&) noexcept CHRONUS_REALTIME;                 ///< null: may not close a cycle
  void (*gate)(void* state, int lane, bool on) noexcept CHRONUS_REALTIME; ///< null: has no gate
  /// Whether it need not run, as it would give silence and stay as it is: while silence comes in, or (deaf) whatever comes in.
  /// All lanes of the pack. Null: never. A type without inputs has no `rests`.
  bool (*rests)(const void* state) noexcept CHRONUS_REALTIME;
  bool (*deaf)(const void* state) noexcept CHRONUS_REALTIME;
  /// As run, where nobody hears what comes out and all values stand: there are neither inputs nor outputs then.
  /// \return false: it has to run. Null: always. A type that has both inputs and a state has none.
  bool (*pass)(const Segment&) noexcept CHRONUS_REALTIME;
};

struct ModuleSpec {
  std::string_view name, alias, help;
  std::span<const PortSpec> inputs, outputs;
  std::span<const ParamSpec> params;
  std::span<const Kernels> kernels;   ///< narrow to wide; the first has width 1
  bool source = false;                ///< sounds without an input
  bool sums = false;                  ///< always has one lane: what comes in is the sum of its lanes
  bool trusted = false;               ///< cannot give anything but sound while its inputs are sound, whatever its values: not watched
  double weight = 4;                  ///< cycles that a frame of one pack takes, roughly: by it work is divided among threads
  int histories_per_lane = 0;
  double history_seconds = 0;         ///< the longest reach into the past

  constexpr bool has_gate() const { return kernels.front().gate != nullptr; }
  constexpr bool may_close_cycle() const { return kernels.front().read != nullptr; }
  /// Values a kernel reads: one a number, one for each choice a switch.
  constexpr int value_count() const {
    int n = 0;
    for (const auto& p : params) n += p.choices.empty() ? 1 : static_cast<int>(p.choices.size());
    return n;
  }
};

// ---- looking up names while compiling: a misspelt name does not compile ----------------------------------------------
struct InputIndex { int index; };
struct OutputIndex { int index; };
struct ParamIndex { int index, value; };

void no_port_or_parameter_has_that_name(); // never defined: calling it in a consteval function is the error message

consteval InputIndex input(std::span<const PortSpec> table, std::string_view name) {
  for (std::size_t i = 0; i < table.size(); ++i)
    if (table[i].name == name) return {static_cast<int>(i)};
  no_port_or_parameter_has_that_name();
  return {0};
}
consteval OutputIndex output(std::span<const PortSpec> table, std::string_view name) { return {input(table, name).index}; }
consteval ParamIndex param(std::span<const ParamSpec> table, std::string_view name) {
  int value = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].name == name) return {static_cast<int>(i), value};
    value += table[i].choices.empty() ? 1 : static_cast<int>(table[i].choices.size());
  }
  no_port_or_parameter_has_that_name();
  return {0, 0};
}

// ---- rules that a table must keep; the compiler prints the name of the one that is broken -----------------------------
void a_parameters_initial_value_is_outside_its_range();
void everything_must_have_a_help_text();
void names_are_lower_case_letters_digits_and_underscores();
void names_must_be_unique_among_outputs_and_among_inputs_and_parameters();
void a_logarithmic_parameter_must_have_a_positive_range();
void a_switch_ranges_over_its_choices();
void cables_must_be_able_to_move_a_number_all_over_its_range();
void the_first_kernels_must_have_width_one();
void a_module_must_have_an_output();

constexpr void check_name(std::string_view s) {
  bool good = !s.empty() && s[0] >= 'a' && s[0] <= 'z';
  for (char c : s) good = good && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  if (!good) names_are_lower_case_letters_digits_and_underscores();
}

consteval ModuleSpec checked(ModuleSpec m) {
  check_name(m.name);
  if (m.help.empty()) everything_must_have_a_help_text();
  if (m.outputs.empty()) a_module_must_have_an_output();
  if (m.kernels.empty() || m.kernels.front().width != 1) the_first_kernels_must_have_width_one();
  std::string_view names[64];
  std::size_t count = 0;
  auto claim = [&](std::string_view name) {
    check_name(name);
    for (std::size_t i = 0; i < count; ++i)
      if (names[i] == name) names_must_be_unique_among_outputs_and_among_inputs_and_parameters();
    names[count++] = name;
  };
  for (const auto& p : m.outputs) claim(p.name);
  count = 0; // a way out may be called as a way in: left, right
  for (const auto& p : m.inputs) claim(p.name);
  for (const auto& p : m.params) {
    claim(p.name);
    if (!p.alias.empty()) claim(p.alias);
    if (p.help.empty()) everything_must_have_a_help_text();
    if (!(p.range.low <= p.initial && p.initial <= p.range.high)) a_parameters_initial_value_is_outside_its_range();
    if (p.scale == Scale::logarithmic && !(p.range.low > 0)) a_logarithmic_parameter_must_have_a_positive_range();
    if (!p.choices.empty() && (p.range.low != 0 || p.range.high != static_cast<float>(p.choices.size() - 1)))
      a_switch_ranges_over_its_choices();
    if (p.reach().low > p.range.low || p.reach().high < p.range.high ||
        (p.moved.low < p.moved.high && !p.choices.empty()))
      cables_must_be_able_to_move_a_number_all_over_its_range();
  }
  for (const auto& p : m.inputs)
    if (p.help.empty()) everything_must_have_a_help_text();
  for (const auto& p : m.outputs)
    if (p.help.empty()) everything_must_have_a_help_text();
  return m;
}

/// Every type, in the order of src/modules/meson.build, with the kernels for this machine's widest instruction set.
/// Any thread; constant after the first call.
std::span<const ModuleSpec* const> all_modules();

/// By name or alias; null when there is none.
const ModuleSpec* find_module(std::string_view name);

} // namespace chronus
