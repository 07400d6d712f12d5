// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The table of commands, and how a line finds its row.
#include "commands.hpp"
#include "text.hpp"
#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <vector>

namespace chronus::control {

std::span<const Command> command_table() {
  using enum Arg;
  namespace c = commands;
  constexpr std::size_t any = 100'000;
  static const Command table[] = {
      {"create", "ID TYPE [PARAM=VALUE ...] [lanes=N]", {new_name, type, assignment}, 2, any, When::now, false,
       "add a module to the draft",
       "ID is a name of your own: a lower case letter, then letters, digits and _. Parameters that are left out have their initial value. "
       "lanes=N asks for N voices (1 to 256).", c::edit},
      {"delete", "ID", {module}, 1, 1, When::now, false, "take a module and its cables out of the draft", "", c::edit},
      {"connect", "A B [C ...] [by=AMOUNT]", {source, sink, sink}, 2, any, When::now, false, "lay cables from each to the next",
       "The port may be left out where a module has one. The sink out is every output port, out.1 the first alone; a module with several "
       "outputs is spread over them. A module with several inputs takes one output into all of them, or as many outputs one to one. A sink may be a parameter: it then moves by AMOUNT, in its own unit (1 where left out), "
       "for each 1 of the source. Cables into one port add up.", c::edit},
      {"disconnect", "A B", {source, sink}, 2, 2, When::now, false, "take cables out",
       "Without ports, every audio cable from A to B.", c::edit},
      {"set", "ID.PARAM VALUE", {parameter, value}, 2, 2, When::now, false, "set a parameter",
       "With a draft open the value is staged and holds from the swap on; without one it is applied now, smoothed. "
       "VALUE may differ by lane: a..b spreads evenly, [a b c] gives values in turn.", c::set},
      {"gate", "ID[#LANE] on|off", {Arg::gate, on_off}, 2, 2, When::now, false, "open or close a gate",
       "All lanes, or the one behind #. With a draft open it is staged, as with set.", c::gate},
      {"live set", "ID.PARAM VALUE", {parameter, value}, 2, 2, When::now, false, "set a parameter now, even with a draft open", "", c::live_set},
      {"live gate", "ID[#LANE] on|off", {Arg::gate, on_off}, 2, 2, When::now, false, "open or close a gate now, even with a draft open", "", c::live_gate},
      {"commit", "[fade T] [at T] [force]", {commit_word}, 0, 5, When::now, true, "make the draft live",
       "The draft is built and primed beside the sound, and is refused if it would hurt: it then stays open and live stays as it was. "
       "fade is the length of the cross-fade (10 ms; 0 is a cut), at a time on the script's clock, force accepts silence.", c::commit},
      {"abort", "", {}, 0, 0, When::now, false, "drop the draft", "", c::abort},
      {"diff", "", {}, 0, 0, When::now, false, "show what the draft changes", "", c::diff},
      {"undo", "[fade T]", {commit_word}, 0, 2, When::now, true, "take the last commit back",
       "What it built and the values that it changed; values that were set since on other parameters stay. Refused with a draft open.", c::undo},
      {"redo", "[fade T]", {commit_word}, 0, 2, When::now, true, "make again what undo took back", "", c::redo},
      {"wait", "T", {time}, 1, 1, When::now, false, "move the script's clock",
       "T is in seconds, or has a unit: 2, 2s, 10ms. At the prompt: wait.", c::wait},
      {"list", "[PATTERN]", {module}, 0, 1, When::answered_at, false, "list modules and cables", "With PATTERN those whose name is like it: f* begins with f.", c::list},
      {"show", "[ID]", {module}, 0, 1, When::answered_at, false, "show one module, or where things stand", "", c::show},
      {"modules", "", {}, 0, 0, When::answered_at, false, "list the module types", "", c::modules},
      {"help", "[WORD]", {topic}, 0, 2, When::now, false, "explain a command, a module type, or type.param", "", c::help},
      {"stats", "", {}, 0, 0, When::at_playhead, false, "show the engine's counters",
       "starved: frames that were due without a block for them. late: ops that came after their frame. "
       "failovers: how often a slot went missing and another was heard. refused: commits that priming refused. slipped: swaps that moved to a later frame. "
       "clipped: samples above full scale that the guard held down.", c::stats},
      {"record start", "FILE", {file}, 1, 1, When::answered_at, false, "record the outputs into a WAV file",
       "32-bit float, from exactly this frame on. A sound file that is there is replaced when the take is whole; until then the take grows beside it, as FILE.part-XXXXXX. "
       "Refused for a file of another kind, a script that runs, what is being rendered, and a take that is still being written.", c::record_start},
      {"record stop", "", {}, 0, 0, When::at_playhead, false, "end the recording", "", c::recorded, c::record_stop},
      {"blackbox", "FILE", {file}, 1, 1, When::at_playhead, false, "write down what has just been heard",
       "The last 10 s of the outputs go to FILE.wav; FILE.json tells of each cycle of the callback, the counters, the patch, and the frames where the sound "
       "seems to break off.", c::blackbox},
      {"source", "FILE", {file}, 1, 1, When::now, false, "run the lines of a file here",
       "On this clock, as if they stood in the place of this line. FILE is looked for beside the file that says it, then where the program was started; "
       "~ is the home folder. It may be a pipe.", c::source},
      {"save", "FILE", {file}, 1, 1, When::now, false, "write the patch as a script",
       "The draft, when one is open; else what is current. Onto a file that is there only where this patch was loaded from it or saved to it, and nobody has changed it since: "
       "else use save!. The old file stays whole until the new one is.", c::save},
      {"save!", "FILE", {file}, 1, 1, When::now, false, "write the patch onto a script that is there",
       "As save, whatever patch that script holds. A file that is no script is never replaced.", c::save_over},
      {"load", "FILE", {file}, 1, 1, When::now, false, "replace the draft by a saved patch",
       "Nothing is heard until commit; a commit in the file is passed over. FILE is looked for as by source. To run a file as a script use source.", c::load},
      {"fault", "stall|nan|throw [SLOT] [T]", {fault_kind, slot, time}, 1, 3, When::at_playhead, false, "make a worker fail, to see that it is not heard",
       "Only with --faults. SLOT is live, spare or a number; T is how long a stall lasts (300 ms).", c::fault},
      {"panic", "", {}, 0, 0, When::now, false, "close every gate and silence", "Gates that are queued are purged. At the prompt it overtakes a wait.", c::panic},
      {"quit", "", {}, 0, 0, When::at_playhead, false, "leave", "The sound fades out in 20 ms. At the prompt a draft that is open has to be left twice.", c::quit},
  };
  return table;
}

std::size_t words_of(const Command& command) { return command.name.find(' ') == std::string_view::npos ? 1 : 2; }

std::string_view usual_name(std::string_view word) {
  constexpr std::pair<std::string_view, std::string_view> others[] = {{"exit", "quit"}, {"bye", "quit"}, {"ls", "list"}, {"?", "help"}};
  const auto known = std::ranges::find(others, word, &std::pair<std::string_view, std::string_view>::first);
  return known == std::end(others) ? word : known->second;
}

const Command* find_command(std::span<const Word> given) {
  std::vector<Word> words(given.begin(), given.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(given.size(), 2)));
  words[0].text = usual_name(words[0].text);
  const std::string two = words.size() > 1 ? words[0].text + " " + words[1].text : words[0].text;
  std::string choices;
  for (const Command& c : command_table()) {
    if (c.name == words[0].text || c.name == two) return &c;
    if (c.name.starts_with(words[0].text + " ")) choices += (choices.empty() ? "" : " or ") + std::string(c.name.substr(words[0].text.size() + 1));
  }
  if (choices.empty()) return nullptr;
  if (words.size() == 1) throw Error(words[0].column, fmt::format("{}: say {}", words[0].text, choices));
  throw Error(words[1].column, fmt::format("{}: {} is not {}", words[0].text, quoted(words[1].text), choices));
}

void check_count(const Command& command, const Word& name, std::span<const Word> words) {
  if (words.size() < command.least) throw Error(name.column, fmt::format("too few words: {} {}", command.name, command.usage));
  if (words.size() > command.most)
    throw Error(words[command.most].column, fmt::format("{} is one word too many: {}{}{}", quoted(words[command.most].text), command.name,
                                                        command.usage.empty() ? "" : " ", command.usage));
}

Error unknown_command(const Word& word) {
  std::vector<std::string_view> names;
  for (const Command& c : command_table()) names.push_back(c.name.substr(0, c.name.find(' ')));
  const std::string hint = did_you_mean(word.text, names);
  return {word.column, fmt::format("unknown command {}{}", quoted(word.text), hint.empty() ? " ('help' lists them)" : hint)};
}

} // namespace chronus::control
