// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. A patch: instances, cables and values, by name. A draft and a revision are patches.
#pragma once
#include <chronus/module.hpp>
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chronus::control {

/// What a parameter is set to: one number for all lanes, a spread (`55..820`, evenly on the parameter's scale) or a list
/// (`[110 165 220]`, in turn). Numbers are in the parameter's own unit; a switch holds the index of its choice.
struct Setting {
  enum class Kind : std::uint8_t { one, spread, list } kind = Kind::one;
  std::vector<float> numbers; ///< 1, 2 or at least 1
  bool operator==(const Setting&) const = default;
};

/// The value of one lane. Spreads run from numbers[0] at lane 0 to numbers[1] at the last lane; lists repeat.
float lane_value(const Setting& setting, const ParamSpec& spec, int lane, int lanes);

/// One a parameter, in the table's order. Copies share them until one is set, so that a copy of a large patch takes no longer than its
/// names, and what two patches share need not be compared.
class Settings {
public:
  Settings() = default;
  Settings(std::vector<Setting> all) : all_(std::make_shared<const std::vector<Setting>>(std::move(all))) {}
  std::size_t size() const { return all_ ? all_->size() : 0; }
  const Setting& operator[](std::size_t i) const { return (*all_)[i]; }
  auto begin() const { return all_ ? all_->begin() : std::vector<Setting>::const_iterator{}; }
  auto end() const { return all_ ? all_->end() : std::vector<Setting>::const_iterator{}; }
  void set(std::size_t i, Setting value) {
    std::vector<Setting> all = *all_;
    all.at(i) = std::move(value);
    all_ = std::make_shared<const std::vector<Setting>>(std::move(all));
  }
  bool operator==(const Settings& other) const { return all_ == other.all_ || std::ranges::equal(*this, other); }

private:
  std::shared_ptr<const std::vector<Setting>> all_;
};

struct Instance {
  const ModuleSpec* type = nullptr;
  int lanes = 0;                     ///< asked for with lanes=N; 0: the widest of its inputs and lists
  Settings settings;
  std::vector<bool> gates;           ///< by lane; empty = all closed; size 1 = all lanes alike
  bool operator==(const Instance&) const = default;
};

/// The end of a cable. `out` is the module that is always there (ports 0 = every output, 1… = out.1 …).
struct Sink {
  std::string module;
  int port = 0;
  bool is_param = false; ///< port is then the index of a parameter
  auto operator<=>(const Sink&) const = default;
};
struct Source {
  std::string module; ///< or `in`, whose port 0 is in.1
  int port = 0;
  auto operator<=>(const Source&) const = default;
};
struct Cable {
  Source from;
  Sink to;
  float by = 1;               ///< of a modulation: in the parameter's unit, per ±1 of the source
  std::uint32_t ordinal = 0;  ///< its permanent place among the cables at its sink; decides the order of sums
  bool operator==(const Cable&) const = default;
};

inline constexpr const char* out_name = "out";
inline constexpr const char* in_name = "in";

/// Instances by name and cables in the order in which they were made.
struct Patch {
  std::map<std::string, Instance, std::less<>> instances;
  std::vector<Cable> cables;
  std::map<Sink, std::uint32_t> next_ordinal; ///< the next free place at each sink; never goes back
  bool operator==(const Patch&) const = default;
};

/// Lanes of every instance: the most of what it asks for, of its lists, and of what feeds it. Throws Error when two widths
/// above one that differ meet at one module. \return by name
std::map<std::string, int, std::less<>> lanes_of(const Patch& patch);

/// The same, in the order of the instances. Linear in modules and cables.
std::vector<int> lane_counts(const Patch& patch);

/// A cable whose adding closes a cycle that no `may_close_cycle` module is in, if there is any: its index in `cables`.
std::optional<std::size_t> closes_cycle(const Patch& patch);

} // namespace chronus::control
