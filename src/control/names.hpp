// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. From a written name to what it names in a patch; every miss is an Error at the word, with the nearest hit.
#pragma once
#include "lexer.hpp"
#include "patch.hpp"

namespace chronus::control {

/// JACK ports that the patch may name.
struct Ports {
  int outs = 2, ins = 0;
};

inline constexpr std::size_t max_name_bytes = 64;

/// A name for a new module: [a-z][a-z0-9_]*, not `in` or `out`.
void check_new_name(const Word& word);

const Instance& find_instance(const Patch& patch, const Word& word);
/// By name or alias. \return the index in the type's table
int find_param(const ModuleSpec& type, const Word& word, const std::string& of);
const ModuleSpec& find_type(const Word& word);

/// A word cut at its first dot.
struct Dotted {
  Word module;
  std::optional<Word> member;
};
Dotted cut_dotted(const Word& word);

/// `ID.PARAM`.
struct ParamName {
  std::string module;
  const Instance* instance;
  int param;
  const ParamSpec& spec() const { return instance->type->params[static_cast<std::size_t>(param)]; }
  std::string text() const { return module + "." + std::string(spec().name); }
};
ParamName find_param_name(const Patch& patch, const Word& word);

/// The outputs that a word names: one, or all of a module with several where only its name is given.
std::vector<Source> find_sources(const Patch& patch, const Word& word, Ports ports);
/// The sinks that a word names: one, or all audio inputs of a module with several where only its name is given; bare `out` is
/// port 0.
std::vector<Sink> find_sinks(const Patch& patch, const Word& word, Ports ports);
/// In the middle of a chain a word is a sink and then a source; a port or parameter that it names serves the sides it is on.
bool names_output(const Patch& patch, const Word& word);
bool names_sink(const Patch& patch, const Word& word);

/// `ID` or `ID#LANE`; lane -1 = all, else from 0.
struct GateName {
  std::string module;
  const Instance* instance;
  int lane;
};
GateName find_gate(const Patch& patch, const Word& word);
bool parse_on_off(const Word& word);

/// As the language writes them: the port is left out where the module has one.
std::string source_text(const Patch& patch, const Source& source);
std::string sink_text(const Patch& patch, const Sink& sink);

} // namespace chronus::control
