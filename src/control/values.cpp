// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. Numbers with units, from text. No locale is asked.
#include "values.hpp"
#include "error.hpp"
#include "text.hpp"
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace chronus::control {
namespace {

struct Number {
  double value;
  float plain;             ///< the same text, rounded once
  std::string_view suffix;
};

/// A decimal number and what stands behind it; nothing when the text does not begin with one (inf, nan and hex do not).
std::optional<Number> scan(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
  const auto digit = [&](std::size_t i) { return i < digits.size() && digits[i] >= '0' && digits[i] <= '9'; };
  if (!digit(0) && !(digits.starts_with('.') && digit(1))) return std::nullopt;
  Number n{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n.value);
  if (error != std::errc{}) return std::nullopt;
  if (std::from_chars(text.data(), end, n.plain).ec != std::errc{}) n.plain = static_cast<float>(n.value);
  n.suffix = text.substr(static_cast<std::size_t>(end - text.data()));
  return n;
}

/// Equal temperament, A4 = 440 Hz.
std::optional<float> note(std::string_view text) {
  static constexpr int steps[] = {9, 11, 0, 2, 4, 5, 7};
  if (text.empty()) return std::nullopt;
  const char letter = static_cast<char>(text[0] | 0x20);
  if (letter < 'a' || letter > 'g') return std::nullopt;
  text.remove_prefix(1);
  int semitone = steps[letter - 'a'];
  if (text.starts_with('#')) ++semitone;
  if (text.starts_with('b')) --semitone;
  if (text.starts_with('#') || text.starts_with('b')) text.remove_prefix(1);
  int octave = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), octave);
  if (error != std::errc{} || end != text.data() + text.size() || octave < -1 || octave > 10) return std::nullopt;
  return static_cast<float>(440 * std::exp2((semitone + 12 * (octave + 1) - 69) / 12.0));
}

const char* expected(Unit unit) {
  switch (unit) {
  case Unit::hertz: return "a frequency (440, 440Hz, 1.2k, A4)";
  case Unit::amplitude: return "a level (0.5, -6dB)";
  case Unit::milliseconds: return "a time (10, 10ms, 2s)";
  case Unit::none: break;
  }
  return "a number (0.5, 1.2k)";
}

std::optional<float> in_unit(const Number& n, Unit unit) {
  const auto is = [&](std::string_view a, std::string_view b = {}) { return n.suffix == a || (!b.empty() && n.suffix == b); };
  if (n.suffix.empty()) return n.plain;
  if (unit == Unit::milliseconds) {
    if (is("ms")) return n.plain;
    return is("s") ? std::optional(static_cast<float>(n.value * 1000)) : std::nullopt;
  }
  if (is("k") || (unit == Unit::hertz && is("kHz", "khz"))) return static_cast<float>(n.value * 1000);
  if (unit == Unit::hertz && is("Hz", "hz")) return n.plain;
  if (unit == Unit::amplitude && is("dB", "db")) return static_cast<float>(std::pow(10.0, n.value / 20));
  return std::nullopt;
}

float parse_number(const Word& word, Unit unit, const std::string& subject) {
  if (word.text.empty()) throw Error(word.column, subject + ": a value is missing");
  if (unit == Unit::hertz)
    if (const auto pitch = note(word.text)) return *pitch;
  const auto scanned = scan(word.text);
  const auto value = scanned ? in_unit(*scanned, unit) : std::nullopt;
  if (!value) throw Error(word.column, fmt::format("{}: {} is not {}", subject, quoted(word.text), expected(unit)));
  if (!std::isfinite(*value)) throw Error(word.column, fmt::format("{}: {} is too large a number", subject, quoted(word.text)));
  return *value;
}

float parse_one(const Word& word, const ParamSpec& spec, const std::string& subject) {
  if (!spec.choices.empty()) {
    for (std::size_t i = 0; i < spec.choices.size(); ++i)
      if (spec.choices[i] == word.text) return static_cast<float>(i);
    const std::vector<std::string_view> all(spec.choices.begin(), spec.choices.end());
    if (word.text.empty()) throw Error(word.column, fmt::format("{}: a value is missing: {}", subject, joined(all)));
    throw Error(word.column, fmt::format("{}: {} is none of {}{}", subject, quoted(word.text), joined(all), did_you_mean(word.text, all)));
  }
  const float value = parse_number(word, spec.unit, subject);
  const auto complain = [&](const char* side, float bound) {
    throw Error(word.column, fmt::format("{}: {} is {} {}", subject, number_text(value, spec.unit, " "), side, number_text(bound, spec.unit, " ")));
  };
  if (value > spec.range.high) complain("above", spec.range.high);
  if (value < spec.range.low) complain("below", spec.range.low);
  return value;
}

} // namespace

Setting parse_setting(const Word& word, const ParamSpec& spec, const std::string& subject) {
  const std::string& text = word.text;
  if (text.starts_with('[')) {
    if (text.back() != ']' || text.find(']') + 1 != text.size())
      throw Error(word.column, fmt::format("{}: {} is not a list ([110 165 220])", subject, quoted(text)));
    Setting list{Setting::Kind::list, {}};
    for (std::size_t i = 1; i + 1 < text.size();) {
      const std::size_t end = std::min(text.find_first_of(" \t]", i), text.size() - 1);
      if (end > i) list.numbers.push_back(parse_one(word.part(i, end - i), spec, subject));
      i = end + 1;
    }
    if (list.numbers.empty()) throw Error(word.column, subject + ": the list is empty");
    if (list.numbers.size() > static_cast<std::size_t>(max_lanes))
      throw Error(word.column, fmt::format("{}: a list of {} values is over the limit of {} lanes", subject, list.numbers.size(), max_lanes));
    return list;
  }
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return {Setting::Kind::one, {parse_one(word, spec, subject)}};
  if (!spec.choices.empty()) throw Error(word.column, subject + ": a choice cannot be spread; give a list ([a b])");
  const float first = parse_one(word.part(0, dots), spec, subject);
  return {Setting::Kind::spread, {first, parse_one(word.part(dots + 2), spec, subject)}};
}

float parse_amount(const Word& word, const ParamSpec& spec, const std::string& subject) {
  const auto scanned = scan(word.text);
  if (!scanned && !word.text.empty()) // a note is a place, not a distance
    throw Error(word.column, fmt::format("{}: {} is not an amount (300, 1.2k)", subject, quoted(word.text)));
  return parse_number(word, spec.unit, subject);
}

double parse_seconds(const Word& word, const std::string& subject) {
  const auto n = scan(word.text);
  const bool ms = n && n->suffix == "ms";
  if (!n || (!ms && n->suffix != "" && n->suffix != "s"))
    throw Error(word.column, fmt::format("{}: {} is not a time (2, 2s, 10ms)", subject, quoted(word.text)));
  const double seconds = ms ? n->value / 1000 : n->value;
  if (std::signbit(seconds) && seconds != 0) throw Error(word.column, fmt::format("{}: {} is negative", subject, quoted(word.text)));
  if (seconds > max_seconds) throw Error(word.column, fmt::format("{}: {} is over the limit of {:.0f} s", subject, quoted(word.text), max_seconds));
  return std::abs(seconds);
}

Frame parse_time(const Word& word, double rate, const std::string& subject) {
  return static_cast<Frame>(std::llround(parse_seconds(word, subject) * rate));
}

int parse_count(const Word& word, int low, int high, const std::string& subject) {
  int value = 0;
  const char* end = word.text.data() + word.text.size();
  const auto result = std::from_chars(word.text.data(), end, value);
  if (word.text.empty() || result.ptr != end || result.ec == std::errc::invalid_argument)
    throw Error(word.column, fmt::format("{}: {} is not a whole number", subject, quoted(word.text)));
  if (result.ec != std::errc{} || value < low || value > high)
    throw Error(word.column, fmt::format("{}: {} is outside the limits {} to {}", subject, quoted(word.text), low, high));
  return value;
}

} // namespace chronus::control
