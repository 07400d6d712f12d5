// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. Text that came from outside, made fit for a message; and the nearest of the words that would have been right.
#include "text.hpp"
#include <algorithm>
#include <array>
#include <cstdint>
#include <fmt/format.h>

namespace chronus::control {

std::size_t character_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(i < text.size() ? text[i] : 0); };
  const std::uint32_t first = byte(at);
  if (first < 0x80) return at < text.size() ? 1 : 0;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || first > 0xf4) return 0;
  std::uint32_t code = first & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(at + i) & 0x3fu);
  }
  static constexpr std::array<std::uint32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < least[length] || code > 0x10ffff || surrogate ? 0 : length;
}

std::uint32_t character_at(std::string_view text, std::size_t at) {
  const std::size_t length = character_length(text, at);
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[at + i]); };
  if (length == 0) return no_character;
  std::uint32_t code = length == 1 ? byte(0) : byte(0) & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) code = code << 6 | (byte(i) & 0x3fu);
  return code;
}

bool obeyed(std::uint32_t code) {
  if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return true;                      // C0, DEL and C1
  if (code == 0x61c || code == 0x200e || code == 0x200f) return true;                 // marks of direction
  if ((code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)) return true; // separators, embeddings, isolates
  return code == 0xfeff || (code >= 0xfff9 && code <= 0xfffb) || (code >= 0xe0000 && code <= 0xe0fff);
}

namespace {

std::string escaped(std::string_view text, std::size_t limit, bool keeps_lines) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (out.size() >= limit) return out + "...";
    const std::size_t length = character_length(text, i);
    if ((length != 0 && !obeyed(character_at(text, i))) || (keeps_lines && (text[i] == '\n' || text[i] == '\t'))) {
      out += text.substr(i, length);
      i += length;
      continue;
    }
    for (std::size_t n = std::max<std::size_t>(length, 1); n > 0; --n, ++i)
      out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text[i]));
  }
  return out;
}

} // namespace

std::string printable(std::string_view text, std::size_t limit) { return escaped(text, limit, false); }

std::string printable_lines(std::string_view text) { return escaped(text, std::string::npos, true); }

std::string_view invisible_name(std::uint32_t code) {
  switch (code) {
  case 0x85: return "next line";
  case 0xa0: return "no-break space";
  case 0xad: return "soft hyphen";
  case 0x1680: return "ogham space mark";
  case 0x180e: return "mongolian vowel separator";
  case 0x2000:
  case 0x2002: return "en space";
  case 0x2001:
  case 0x2003: return "em space";
  case 0x2004: return "three-per-em space";
  case 0x2005: return "four-per-em space";
  case 0x2006: return "six-per-em space";
  case 0x2007: return "figure space";
  case 0x2008: return "punctuation space";
  case 0x2009: return "thin space";
  case 0x200a: return "hair space";
  case 0x200b: return "zero width space";
  case 0x200c: return "zero width non-joiner";
  case 0x200d: return "zero width joiner";
  case 0x2028: return "line separator";
  case 0x2029: return "paragraph separator";
  case 0x202f: return "narrow no-break space";
  case 0x205f: return "medium mathematical space";
  case 0x2060: return "word joiner";
  case 0x3000: return "ideographic space";
  case 0xfeff: return "byte order mark";
  default: break;
  }
  if (code < 0x80) return "";
  if (code < 0xa0) return "control character";
  return obeyed(code) ? "mark of direction" : "";
}

std::string quoted(std::string_view text) { return fmt::format("'{}'", printable(text)); }

namespace {

/// Insertions, deletions, replacements and swaps of neighbours; gives up above `limit`.
int distance(std::string_view a, std::string_view b, int limit) {
  const int n = static_cast<int>(a.size()), m = static_cast<int>(b.size());
  if (std::abs(n - m) > limit) return limit + 1;
  std::vector<int> before(m + 1), last(m + 1), row(m + 1);
  for (int j = 0; j <= m; ++j) last[j] = j;
  for (int i = 1; i <= n; ++i) {
    row[0] = i;
    int least = i;
    for (int j = 1; j <= m; ++j) {
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
      least = std::min(least, row[j]);
    }
    if (least > limit) return limit + 1;
    std::swap(before, last);
    std::swap(last, row);
  }
  return last[m];
}

} // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates) {
  if (word.empty() || word.size() > 64) return "";
  int best = word.size() <= 5 ? 1 : 2; // two letters of four are another word
  std::string_view nearest;
  for (std::string_view candidate : candidates) {
    const bool begins = word.size() >= 3 && candidate.starts_with(word);
    const int d = begins ? 1 : distance(word, candidate, best);
    if (d <= best && (nearest.empty() || d < best)) {
      best = d;
      nearest = candidate;
    }
    if (best == 0) break;
  }
  return nearest.empty() ? "" : fmt::format(" (did you mean {}?)", quoted(nearest));
}

std::string counted(std::int64_t n, std::string_view one, std::string_view many) {
  if (n == 1) return fmt::format("1 {}", one);
  return many.empty() ? fmt::format("{} {}s", n, one) : fmt::format("{} {}", n, many);
}

std::string joined(const std::vector<std::string_view>& words) {
  return fmt::format("{}", fmt::join(words, ", "));
}

} // namespace chronus::control
