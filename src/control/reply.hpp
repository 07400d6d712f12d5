// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. What a command answers, for people and as JSON.
#pragma once
#include <chronus/units.hpp>
#include <concepts>
#include <functional>
#include <string>
#include <string_view>

namespace chronus::control {

/// A JSON object, made in the order in which fields are added.
class JsonObject {
public:
  JsonObject& add(std::string_view key, std::string_view text);
  JsonObject& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }
  JsonObject& add(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  JsonObject& add(std::string_view key, double value); ///< null when it is not finite
  template <std::integral T> JsonObject& add(std::string_view key, T value) { return raw(key, std::to_string(value)); }
  JsonObject& raw(std::string_view key, std::string_view json);
  bool empty() const { return body_.empty(); }
  const std::string& body() const { return body_; }
  std::string text() const { return "{" + body_ + "}"; }

private:
  std::string body_;
};

class JsonArray {
public:
  JsonArray& add(std::string_view text);
  JsonArray& raw(std::string_view json);
  std::string text() const { return "[" + body_ + "]"; }

private:
  std::string body_;
};

struct Stats;
/// All but the frame.
void add_stats(JsonObject& object, const Stats& stats);

struct Reply {
  std::string command;
  Frame frame = 0;
  std::string text;      ///< for people; may be empty
  JsonObject fields;
  std::string error;     ///< empty: it was done
  std::string file, source; ///< where the line stands, and the line
  int line = 0, column = 0;
  bool ok() const { return error.empty(); }
};

/// Where answers go. Each call is whole lines.
struct Output {
  std::function<void(std::string_view)> out, err;
  /// File descriptors 1 and 2, written through at once; a reader that went away is no fault.
  static Output standard();
  /// As standard(), but answers go to descriptor 2 as well: 1 carries the sound.
  static Output errors();
  /// An answer could not be written, for another reason than that its reader went away (a full disk): 0, or errno.
  static int failed() noexcept;
};

enum class Style : std::uint8_t { script, prompt };
void print(const Reply& reply, bool json, Style style, const Output& output);

} // namespace chronus::control
