// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. One table of commands: dispatch, help, completion and the manual derive from it.
#pragma once
#include "error.hpp"
#include "session.hpp"

namespace chronus::control {

/// What may stand at a place; decides what completion offers.
enum class Arg : std::uint8_t {
  new_name, type, assignment, module, source, sink, parameter, value, gate, on_off, time, file, topic, commit_word, fault_kind, slot
};

/// The name of a command for the word that other programs have for it (exit, ls, ?); any other word is itself.
std::string_view usual_name(std::string_view word);

/// When a script's command is carried out, and when it is answered.
enum class When : std::uint8_t {
  now,         ///< both at once, ahead of the playhead
  answered_at, ///< carried out ahead, answered when the playhead is there
  at_playhead, ///< both when the playhead is there
};

struct Command {
  std::string_view name; ///< one word, or two where the second chooses
  std::string_view usage; ///< behind the name
  std::vector<Arg> args;  ///< the last repeats where `most` is above their number
  std::size_t least, most;
  When when;
  bool commits; ///< needs that no other commit is being decided
  std::string_view summary, help;
  void (*run)(Call& call);
  void (*ahead)(Call& call) = nullptr; ///< what of it is done ahead of the playhead, so that it holds at exactly its frame
};

std::span<const Command> command_table();

/// By the first words of a line; null when there is none.
const Command* find_command(std::span<const Word> words);
std::size_t words_of(const Command& command);
/// Throws Error for too few or too many words behind the name.
void check_count(const Command& command, const Word& name, std::span<const Word> words);
Error unknown_command(const Word& word);

/// What `help` says about a command, a module type or type.param; Throws Error for another word.
std::string help_text(const Word& topic);
std::string help_overview();

namespace commands {
void edit(Call&);
void set(Call&);
void gate(Call&);
void live_set(Call&);
void live_gate(Call&);
void commit(Call&);
void abort(Call&);
void diff(Call&);
void undo(Call&);
void redo(Call&);
void wait(Call&);
void list(Call&);
void show(Call&);
void modules(Call&);
void help(Call&);
void stats(Call&);
void record_start(Call&);
void record_stop(Call&);
void recorded(Call&);
void source(Call&);
void save(Call&);
void save_over(Call&);
void load(Call&);
void blackbox(Call&);
void fault(Call&);
void panic(Call&);
void quit(Call&);
} // namespace commands

} // namespace chronus::control
