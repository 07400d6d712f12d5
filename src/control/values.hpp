// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. Numbers with units, both ways: what is printed here reads back to the same bits. No locale is asked.
#pragma once
#include "exact_time.hpp"
#include "lexer.hpp"
#include "patch.hpp"

namespace chronus::control {

/// The longest time that may be written: some thirty years.
inline constexpr double max_seconds = 1e9;

/// A value of a parameter: a number, a choice by name, `a..b` or `[a b c]`. `subject` begins every message ("tone.freq").
/// Throws Error at the part that is wrong, or out of range.
Setting parse_setting(const Word& word, const ParamSpec& spec, const std::string& subject);

/// What a user may have meant by a value that is accepted as it stands: `-6` for a level, `+10`. Empty: nothing to say.
std::string value_hint(const Word& word, const ParamSpec& spec, const std::string& subject);

/// How far a cable moves a parameter: in its unit, of either sign, of any size.
float parse_amount(const Word& word, const ParamSpec& spec, const std::string& subject);

/// `2`, `2s`, `10ms`, `10us`, `1min`, `1h` or `64fr` (frames). `subject` is the word before it ("wait").
ExactTime parse_exact_time(const Word& word, double rate, const std::string& subject);
/// The same to the nearest frame.
Frame parse_time(const Word& word, double rate, const std::string& subject);
/// The same in seconds.
double parse_seconds(const Word& word, double rate, const std::string& subject);

/// A whole number from low to high.
int parse_count(const Word& word, int low, int high, const std::string& subject);

/// The shortest text that reads back to the same float; `blank` stands between number and unit in messages, never in files.
std::string number_text(float value, Unit unit, std::string_view blank = "");
/// As the language writes it.
std::string setting_text(const Setting& setting, const ParamSpec& spec, std::string_view blank = "");

} // namespace chronus::control
