// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. Numbers with units, from text. No locale is asked.
#include "values.hpp"
#include "error.hpp"
#include "text.hpp"
#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <utility>

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

/// Without regard to upper and lower case, of ASCII.
bool same_letters(std::string_view a, std::string_view b) {
  const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, small, small);
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
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, octave);
  if (error != std::errc{} || octave < -1 || octave > 10) return std::nullopt;
  double away = 0; // A4+50ct, A4-1st
  if (end != last) {
    const auto [after, bad] = std::from_chars(*end == '+' ? end + 1 : end, last, away);
    const std::string_view unit(after, static_cast<std::size_t>(last - after));
    const bool cents = same_letters(unit, "ct"), semitones = same_letters(unit, "st");
    if ((*end != '+' && *end != '-') || bad != std::errc{} || (!cents && !semitones)) return std::nullopt;
    if (cents) away /= 100;
  }
  return static_cast<float>(440 * std::exp2((semitone + 12 * (octave + 1) - 69 + away) / 12.0));
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
  const auto is = [&](std::string_view name) { return same_letters(n.suffix, name); };
  const auto times = [&](double factor) { return static_cast<float>(n.value * factor); };
  if (n.suffix.empty()) return n.plain;
  switch (unit) {
  case Unit::milliseconds:
    if (is("ms")) return n.plain;
    if (is("s") || is("sec")) return times(1000);
    if (is("us") || is("\xc2\xb5s") || is("\xce\xbcs")) return times(0.001);
    if (is("min")) return times(60'000);
    if (is("h")) return times(3'600'000);
    return std::nullopt;
  case Unit::hertz:
    if (is("Hz")) return n.plain;
    if (is("kHz")) return times(1000);
    break;
  case Unit::amplitude:
    if (is("dB")) return static_cast<float>(std::pow(10.0, n.value / 20));
    if (is("%")) return times(0.01);
    break;
  case Unit::none:
    if (is("%")) return times(0.01);
    break;
  }
  return is("k") ? std::optional(times(1000)) : std::nullopt;
}

float parse_number(const Word& word, Unit unit, const std::string& subject) {
  if (word.text.empty()) throw Error(word.column, subject + ": a value is missing");
  if (unit == Unit::hertz)
    if (const auto pitch = note(word.text)) return *pitch;
  if (unit == Unit::amplitude && (same_letters(word.text, "-infdB") || same_letters(word.text, "-inf"))) return 0;
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
  // No time at all is the shortest that the type has.
  if (spec.unit == Unit::milliseconds && value == 0 && spec.range.low > 0 && spec.range.low < 1) return spec.range.low;
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

std::string value_hint(const Word& word, const ParamSpec& spec, const std::string& subject) {
  const auto n = scan(word.text);
  if (!n || !n->suffix.empty() || !spec.choices.empty()) return "";
  if (spec.unit == Unit::amplitude && n->value < -1)
    return fmt::format("{}: {} turns the signal over and makes it louder; for {} dB write {}dB", subject, word.text, word.text, word.text);
  if (word.text.starts_with('+')) return fmt::format("{}: {} is the value {} itself, not {} more", subject, word.text, word.text.substr(1), word.text.substr(1));
  return "";
}

float parse_amount(const Word& word, const ParamSpec& spec, const std::string& subject) {
  const auto scanned = scan(word.text);
  if (!scanned && !word.text.empty()) // a note is a place, not a distance
    throw Error(word.column, fmt::format("{}: {} is not an amount (300, 1.2k)", subject, quoted(word.text)));
  return parse_number(word, spec.unit, subject);
}

namespace {

struct TimeUnit {
  std::string_view name;
  std::int64_t numerator, denominator; ///< seconds
};
constexpr TimeUnit time_units[] = {{"", 1, 1}, {"s", 1, 1}, {"sec", 1, 1}, {"ms", 1, 1000}, {"us", 1, 1'000'000}, {"\xc2\xb5s", 1, 1'000'000}, {"\xce\xbcs", 1, 1'000'000}, {"min", 60, 1}, {"h", 3600, 1}};

/// The decimal that `text` begins with, exact up to 15 places; the rest of it in `end`. Digits behind these are rounded off.
ExactTime exact_decimal(std::string_view text, std::size_t length, std::int64_t times, std::int64_t over) {
  const std::string_view digits = text.substr(0, length);
  if (digits.find_first_of("eE") != std::string_view::npos) { // 1e-3: what a double says
    double value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return {static_cast<ExactTime::Wide>(value * static_cast<double>(times) / static_cast<double>(over) * 1e12 + 0.5), 1'000'000'000'000};
  }
  ExactTime::Wide numerator = 0, denominator = 1;
  bool behind_point = false;
  for (const char c : digits) {
    if (c == '.') behind_point = true;
    else if (!behind_point || denominator < ExactTime::finest) {
      numerator = numerator * 10 + (c - '0');
      if (behind_point) denominator *= 10;
    }
  }
  return {numerator * times, denominator * over};
}

} // namespace

ExactTime parse_exact_time(const Word& word, double rate, const std::string& subject) {
  const auto n = scan(word.text);
  const auto complain = [&](const std::string& what) { throw Error(word.column, fmt::format("{}: {} {}", subject, quoted(word.text), what)); };
  const auto unit = n ? std::ranges::find_if(time_units, [&](const TimeUnit& u) { return same_letters(u.name, n->suffix); }) : std::end(time_units);
  const bool in_frames = n && same_letters(n->suffix, "fr");
  if (!n || (unit == std::end(time_units) && !in_frames)) complain("is not a time (2, 2s, 10ms, 1.5min, 64fr)");
  if (n->value < 0) complain("is negative");
  const double scale = in_frames ? 1 / rate : static_cast<double>(unit->numerator) / static_cast<double>(unit->denominator);
  if (!(n->value * scale <= max_seconds)) complain(fmt::format("is over the limit of {:.0f} s", max_seconds));
  std::string_view text = word.text;
  while (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  const std::size_t length = text.size() - n->suffix.size();
  if (in_frames) return exact_decimal(text, length, 1000, std::llround(rate * 1000));
  return exact_decimal(text, length, unit->numerator, unit->denominator);
}

double parse_seconds(const Word& word, double rate, const std::string& subject) { return parse_exact_time(word, rate, subject).seconds(); }

Frame parse_time(const Word& word, double rate, const std::string& subject) { return parse_exact_time(word, rate, subject).frames(rate); }

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
