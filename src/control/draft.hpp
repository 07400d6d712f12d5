// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. A patch being edited: each edit is checked at once and changes all that it says, or nothing.
#pragma once
#include "delta.hpp"
#include "graph.hpp"
#include "names.hpp"
#include <memory>
#include <set>

namespace chronus::control {

inline constexpr std::size_t max_modules = 65'536, max_cables = 262'144;

class Draft {
public:
  explicit Draft(const Patch& current) : base_(current), patch_(current) { index(); }

  const Patch& patch() const { return patch_; }
  /// What the draft started from.
  const Patch& base() const { return base_; }
  int width(const std::string& module) { return graph_.width(module); }

  /// Edits. Words are those behind the command. Each throws Error and has then changed nothing.
  /// \return what a user should know, if there is anything
  std::string create(std::span<const Word> words);
  void remove(const Word& id);
  std::string connect(std::span<const Word> words, Ports ports);
  void disconnect(const Word& from, const Word& to, Ports ports);
  std::string set(const Word& target, const Word& value);
  void gate(const Word& target, bool on);

  /// The draft brought to what is current by now: values set and revisions made meanwhile are kept where the draft does not
  /// touch them. Throws Error where both changed the same.
  Patch brought_to(const Patch& current) const;
  /// A revision that someone else made; what it changed must not be overwritten.
  void missed(std::shared_ptr<const Delta> delta) { missed_.push_back(std::move(delta)); }

  /// A whole patch is read into it: how many lanes meet where is checked at the end, for in between it may not fit.
  void begin_reading() { graph_.put_off_widths(); }
  void end_reading() { graph_.check_widths(); }

  /// Puts a whole patch in the place of what was edited; cables that the base has too keep their place in its sums.
  void replace(Patch patch);

private:
  void index();
  bool add_cable(Cable cable, int column, std::vector<Cable>& replaced);
  void drop_last_cable();

  Patch base_, patch_;
  Graph graph_;
  std::set<std::pair<Source, Sink>> wired_;
  std::vector<std::shared_ptr<const Delta>> missed_;
};

/// What a `set` stores: never fewer lanes than the value before it asked for, so that setting a value keeps the voices.
Setting keep_lanes(const Instance& instance, int param, Setting value);
/// The gates of an instance after one of them was moved. \return in its shortest form
std::vector<bool> moved_gate(const std::vector<bool>& gates, int lane, int lanes, bool on);

} // namespace chronus::control
