// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. Values as text: the shortest that reads back to the same float.
#include "values.hpp"
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace chronus::control {
namespace {

std::string shortest(float value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

/// The value in thousands, when that is exact after reading it back.
std::optional<std::string> thousands(float value) {
  const std::string text = shortest(static_cast<float>(value / 1000.0));
  double back = 0;
  std::from_chars(text.data(), text.data() + text.size(), back);
  return static_cast<float>(back * 1000) == value ? std::optional(text) : std::nullopt;
}

} // namespace

std::string number_text(float value, Unit unit, std::string_view blank) {
  const std::string plain = shortest(value);
  const auto with = [&](const std::string& number, std::string_view suffix) { return fmt::format("{}{}{}", number, blank, suffix); };
  if (unit == Unit::none || unit == Unit::amplitude) return plain;
  const auto large = value != 0 ? thousands(value) : std::nullopt;
  if (unit == Unit::hertz) {
    if (large && large->size() + 1 < plain.size()) return with(*large, "kHz");
    return with(plain, "Hz");
  }
  if (large && large->size() < plain.size() + 1 && std::abs(value) >= 1000) return with(*large, "s");
  return with(plain, "ms");
}

std::string setting_text(const Setting& setting, const ParamSpec& spec, std::string_view blank) {
  const auto one = [&](float value) {
    if (!spec.choices.empty()) return std::string(spec.choices[static_cast<std::size_t>(value)]);
    return number_text(value, spec.unit, blank);
  };
  if (setting.kind == Setting::Kind::one) return one(setting.numbers[0]);
  if (setting.kind == Setting::Kind::spread) return one(setting.numbers[0]) + ".." + one(setting.numbers[1]);
  std::string text = "[";
  for (std::size_t i = 0; i < setting.numbers.size(); ++i) text += (i > 0 ? " " : "") + one(setting.numbers[i]);
  return text + "]";
}

} // namespace chronus::control
