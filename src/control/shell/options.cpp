// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The option table and its reading by getopt_long.
#include "options.hpp"
#include "../error.hpp"
#include "../text.hpp"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <fmt/format.h>
#include <getopt.h>
#include <regex.h>

namespace chronus::control {
namespace {

/// What an apply function throws: parse_options puts the option's name before it.
struct Refused {
  std::string text;
};

template <class T> T number(std::string_view word, T low, T high, std::string_view unit) {
  T value{};
  const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
  bool good = code == std::errc{} && end == word.data() + word.size() && value >= low && value <= high;
  if constexpr (std::is_floating_point_v<T>) good = good && std::isfinite(value);
  if (!good) throw Refused{fmt::format("{} is not a number of {} from {} to {}", quoted(word), unit, low, high)};
  return value;
}

bool on_or_off(std::string_view word) {
  if (word == "on") return true;
  if (word == "off") return false;
  throw Refused{fmt::format("{} is neither on nor off", quoted(word))};
}

void client_name(Options& o, std::string_view word) {
  if (word.empty()) throw Refused{"a client needs a name"};
  if (word.find(':') != word.npos) throw Refused{fmt::format("{} has a colon, which parts a client from its port", quoted(word))};
  if (word.size() > 63) throw Refused{fmt::format("{} is longer than 63 characters", quoted(word))};
  for (char c : word)
    if (static_cast<unsigned char>(c) < 32) throw Refused{"a client's name has no control characters"};
  o.name = word;
}

/// regcomp writes out each repetition, {1,100} within {1,100} ten thousand times: how many copies all counts together make.
double repetitions(std::string_view pattern) {
  double copies = 1;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') ++i;
    else if (pattern[i] == '{') {
      const std::string counts(pattern.substr(i + 1, pattern.find('}', i) - i - 1));
      const auto comma = counts.find(',');
      copies *= std::max({1.0, std::atof(counts.c_str()), comma == std::string::npos ? 0 : std::atof(counts.c_str() + comma + 1)});
    }
  }
  return copies;
}

void port_pattern(Options& o, std::string_view word) {
  constexpr std::size_t longest = 1024;
  constexpr double most_repetitions = 1000;
  if (word.size() > longest) throw Refused{fmt::format("the pattern is over {} characters long", longest)};
  if (repetitions(word) > most_repetitions)
    throw Refused{fmt::format("{}: its repetitions multiply to more than {:.0f}", quoted(word), most_repetitions)};
  regex_t compiled;
  const std::string text(word);
  if (const int code = regcomp(&compiled, text.c_str(), REG_EXTENDED | REG_NOSUB); code != 0) {
    char why[120];
    regerror(code, &compiled, why, sizeof why);
    throw Refused{fmt::format("{}: {}", quoted(word), why)};
  }
  regfree(&compiled);
  o.connect = text;
}

void end_of_file(Options& o, std::string_view word) {
  if (word == "quit") o.eof = Eof::quit;
  else if (word == "stay") o.eof = Eof::stay;
  else throw Refused{fmt::format("{} is neither quit nor stay", quoted(word))};
}

void render_file(Options& o, std::string_view word) {
  if (word.empty()) throw Refused{"needs a file name"};
  o.render = word;
}

using O = Options;
using W = std::string_view;
constexpr OptionSpec table[] = {
  {"render", "FILE", "offline", "run the script as fast as it goes, write a float WAV",
   "No JACK server is needed.\nThe file is 32-bit float, RF64 above 4 GB.\nIt gets its name when it is whole: until then a sound file of that name "
   "stays as it was, and so it does when a --strict script fails.\nWhat is there and is no sound file is never written over.\n"
   "FILE - is standard output; answers then go to standard error.\nA pipe or a device is written straight, once the sound is whole; a pipe without a reader is waited for.\n"
   "At the end its length and peak are told on standard error, but not with --json.", render_file},
  {"seconds", "S", "offline", "how long to render (default: to the script's end)", "",
   [](O& o, W w) { o.seconds = number<double>(w, 0, 604800, "seconds"); }, true},
  {"rate", "HZ", "offline", "sample rate (48000)", "Live, the JACK server sets it.",
   [](O& o, W w) { o.rate = number<double>(w, 8000, 384000, "Hz"); }, true},
  {"period", "N", "offline", "frames asked for in each cycle (256)", "The sound does not depend on it.",
   [](O& o, W w) { o.period = number<int>(w, 1, 8192, "frames"); }, true},
  {"outs", "N", "engine", "output ports: out_1, out_2, ... (2)", "", [](O& o, W w) { o.outs = number<int>(w, 1, 64, "ports"); }},
  {"ins", "N", "engine", "input ports: in_1, in_2, ... (0)", "", [](O& o, W w) { o.ins = number<int>(w, 0, 64, "ports"); }},
  {"lead", "FRAMES", "engine", "how far workers may render ahead (two periods)",
   "From 64 to 16384 frames, and never less than a period.\nWithout it: two periods where they have up to 256 frames, one where it has 512 or more.\nA longer lead rides over a busier machine; what comes in, and what you type, is heard later by as much.",
   [](O& o, W w) { o.lead = static_cast<Frame>(number<int>(w, 64, 16384, "frames")); }},
  {"slots", "N", "engine", "worker slots, 2 to 4 (2)", "With 3 there is a spare during a swap too.",
   [](O& o, W w) { o.slots = number<int>(w, 2, 4, "slots"); }},
  {"workers", "N", "engine", "threads a slot, 1 to 8 (1)", "A large patch whose parts do not depend on each other is divided among them.\nThe sound is the same, bit for bit.",
   [](O& o, W w) { o.workers = number<int>(w, 1, 8, "threads"); }},
  {"spare", "on|off", "engine", "a second slot renders along, to fail over to (on)", "", [](O& o, W w) { o.spare = on_or_off(w); }},
      {"guard", "on|off", "engine", "nothing above 1 dB over full scale leaves (on)",
       "What stays within full scale passes bit for bit.\nA constant offset above 0.1 for 2 s, or a signal that has blown up, is muted until "
       "another patch comes in or it has been sound for a second.", [](O& o, W w) { o.guard = on_or_off(w); }},
      {"rollback", "on|off", "engine", "go back to the last good patch by itself (on)",
       "Live, when a module is still at fault a second after it was silenced, or the patch takes more than its time.", [](O& o, W w) { o.rollback = on_or_off(w); }},
  {"name", "NAME", "JACK", "client name (chronus)", "The server makes it unique by a suffix such as -01.", client_name},
  {"connect", "[PATTERN]", "JACK", "wire the outputs at the start (no wiring otherwise)",
   "Without a pattern the physical playback ports are meant, else the input ports whose names match this extended regular expression.",
   port_pattern},
  {"resume", "", "JACK", "begin with the last patch of a program that was killed",
   "It is the last revision of the program of this name, with the values that were set since, and becomes the first commit, before any script.",
   [](O& o, W) { o.resume = true; }},
  {"json", "", "script", "answer each command with one JSON object on one line", "", [](O& o, W) { o.json = true; }},
  {"eof", "quit|stay", "script", "at the end of a pipe: leave, or go on sounding",
   "The default is to stay while a patch sounds, and to say so.", end_of_file},
  {"strict", "", "script", "stop at the first error", "", [](O& o, W) { o.strict = true; }},
  {"faults", "", "script", "enable the fault command, for tests", "", [](O& o, W) { o.faults = true; }},
  {"blackbox", "[FOLDER]", "script", "write down what was heard around a fault",
   "Where a block was missing or a module at fault, FOLDER/NAME-FRAME.wav and .json are written as by the command blackbox, at most once a minute.\n"
   "Without FOLDER they go beside the journal.",
   [](O& o, W w) { o.blackbox = w; }},
  {"help", "", "", "print the options and leave", "", [](O& o, W) { o.help = true; }},
  {"version", "", "", "print the version and leave", "", [](O& o, W) { o.version = true; }},
};

/// getopt_long tells of a bad option only that it is bad: this finds the words for it.
Error complaint(std::string_view word, int kind) {
  const std::string shown = printable(word.substr(0, word.find('=')));
  const std::string_view name = shown;
  if (kind == ':') return Error(0, fmt::format("{}: needs an argument", name));
  std::string like;
  for (const auto& spec : table) {
    if (name == fmt::format("--{}", spec.name)) return Error(0, fmt::format("{}: takes no argument", name));
    if (name.size() > 2 && name.starts_with("--") && spec.name.starts_with(name.substr(2))) like += fmt::format(" --{}", spec.name);
  }
  if (!like.empty()) return Error(0, fmt::format("{}: could be{}", name, like));
  std::vector<std::string_view> names; // without dashes, which would count as letters that are right
  for (const auto& spec : table) names.push_back(spec.name);
  return Error(0, fmt::format("{}: no such option{}", name, name.starts_with("--") ? did_you_mean(name.substr(2), names) : ""));
}

} // namespace

std::span<const OptionSpec> option_table() { return table; }

Options parse_options(int argc, char* const argv[]) {
  std::vector<option> longs;
  std::vector<std::string> names; // getopt_long wants terminated strings
  for (const auto& spec : table) names.emplace_back(spec.name);
  for (std::size_t i = 0; i < std::size(table); ++i) {
    const auto argument = table[i].argument;
    const int has = argument.empty() ? no_argument : argument[0] == '[' ? optional_argument : required_argument;
    longs.push_back({names[i].c_str(), has, nullptr, static_cast<int>(256 + i)});
  }
  longs.push_back({});

  Options options;
  const OptionSpec* offline = nullptr;
  optind = 0; // glibc: start afresh
  opterr = 0;
  while (true) {
    const int word = optind ? optind : 1;
    const int got = getopt_long(argc, argv, ":hV", longs.data(), nullptr);
    if (got == -1) break;
    if (got == 'h') options.help = true;
    else if (got == 'V') options.version = true;
    else if (got < 256) {
      const bool short_one = optopt > 0 && optopt < 256;
      throw complaint(short_one ? fmt::format("-{}", static_cast<char>(optopt)) : std::string(argv[std::max(word, optind - 1)]), got);
    } else {
      const auto& spec = table[got - 256];
      try {
        spec.apply(options, optarg ? optarg : "");
      } catch (const Refused& refused) {
        throw Error(0, fmt::format("--{}: {}", spec.name, refused.text));
      }
      if (spec.offline) offline = &spec;
    }
  }
  for (int i = optind; i < argc; ++i) {
    if (!*argv[i]) throw Error(0, "'': a script needs a file name");
    options.scripts.emplace_back(argv[i]);
  }
  if (offline && options.render.empty() && !options.help && !options.version)
    throw Error(0, fmt::format("--{}: only with --render; live, the JACK server decides", offline->name));
  if (options.blackbox && !options.render.empty()) throw Error(0, "--blackbox: only live; in a script the command blackbox does it");
  if (options.resume && !options.render.empty()) throw Error(0, "--resume: only live; a render is a script's alone");
  return options;
}

} // namespace chronus::control
