// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. What a command answers, for people and as JSON.
#include "reply.hpp"
#include "host.hpp"
#include "text.hpp"
#include <cerrno>
#include <cmath>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

namespace chronus::control {
namespace {

/// What a terminal would obey is escaped as JSON does it; a byte that is not UTF-8 stands as the four characters \xHH.
std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character_length(text, i);
    const std::uint32_t code = character_at(text, i);
    if (length == 0) out += fmt::format("\\\\x{:02x}", static_cast<unsigned char>(text[i]));
    else if (code == '"' || code == '\\') out += fmt::format("\\{}", text[i]);
    else if (code == '\n') out += "\\n";
    else if (code == '\t') out += "\\t";
    else if (code >= 0x10000 && obeyed(code))
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
    else if (obeyed(code)) out += fmt::format("\\u{:04x}", code);
    else out += text.substr(i, length);
    i += std::max<std::size_t>(length, 1);
  }
  return out + '"';
}

void append(std::string& body, std::string_view json) {
  if (!body.empty()) body += ',';
  body += json;
}

int write_error = 0; ///< the first that was met

void write_through(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    else if (n < 0 && errno == EAGAIN) {
      pollfd p{fd, POLLOUT, 0};
      ::poll(&p, 1, 1000);
    } else if (n < 0 && errno != EINTR) {
      if (errno != EPIPE && write_error == 0) write_error = errno;
      return;
    }
  }
}

/// The one place where text goes out: whoever wrote a part of it, the terminal obeys none of it.
void leave_by(int fd, std::string_view text) { write_through(fd, printable_lines(text)); }

/// The line and a caret under the column; columns are bytes, what is seen are characters.
std::string caret(const Reply& r) {
  std::string mark;
  for (std::size_t i = 0; i < r.source.size() && static_cast<int>(i) + 1 < r.column;) {
    mark += r.source[i] == '\t' ? '\t' : ' ';
    i += std::max<std::size_t>(character_length(r.source, i), 1);
  }
  return fmt::format("  {}\n  {}^\n", r.source, mark);
}

} // namespace

JsonObject& JsonObject::add(std::string_view key, std::string_view text) { return raw(key, json_string(text)); }

JsonObject& JsonObject::add(std::string_view key, double value) {
  return raw(key, std::isfinite(value) ? fmt::format("{}", value) : "null");
}

JsonObject& JsonObject::raw(std::string_view key, std::string_view json) {
  append(body_, json_string(key));
  body_ += ':';
  body_ += json;
  return *this;
}

JsonArray& JsonArray::add(std::string_view text) { return raw(json_string(text)); }

JsonArray& JsonArray::raw(std::string_view json) {
  append(body_, json);
  return *this;
}

void add_stats(JsonObject& object, const Stats& s) {
  object.add("revision", s.revision).add("live", s.live).add("spare", s.spare).add("starved", s.starved).add("late", s.late)
      .add("dropped", s.dropped).add("swaps", s.swaps).add("failovers", s.failovers).add("refused", s.refused).add("xruns", s.xruns)
      .add("load", s.load).add("prime_ms_last", s.prime_ms_last).add("lead", s.lead).add("slipped", s.slipped)
      .add("clipped", s.clipped);
}

Output Output::standard() {
  return {[](std::string_view text) { leave_by(STDOUT_FILENO, text); }, [](std::string_view text) { leave_by(STDERR_FILENO, text); }};
}

Output Output::errors() {
  return {[](std::string_view text) { leave_by(STDERR_FILENO, text); }, [](std::string_view text) { leave_by(STDERR_FILENO, text); }};
}

int Output::failed() noexcept { return write_error; }

void print(const Reply& r, bool json, Style style, const Output& output) {
  if (json) {
    JsonObject object;
    object.add("ok", r.ok()).add("command", r.command).add("frame", r.frame);
    if (!r.ok()) object.add("error", r.error).add("file", r.file).add("line", r.line).add("column", r.column);
    std::string text = "{" + object.body();
    if (!r.fields.empty()) text += "," + r.fields.body();
    output.out(text + "}\n");
  } else if (r.ok() && !r.text.empty()) output.out(r.text.ends_with('\n') ? r.text : r.text + "\n");
  if (r.ok()) return;
  const std::string error = printable(r.error, std::string::npos); // one line, whatever a name in it is made of
  if (style == Style::script || json) output.err(fmt::format("{}:{}:{}: {}\n", printable(r.file, 300), r.line, r.column, error));
  else output.err(fmt::format("error: {}\n{}", error, r.column > 0 && printable(r.source, 400) == r.source ? caret(r) : ""));
}

} // namespace chronus::control
