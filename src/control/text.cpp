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

std::string printable(std::string_view text, std::size_t limit) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    if (out.size() >= limit) return out + "...";
    const std::size_t length = character_length(text, i);
    const auto first = static_cast<std::uint8_t>(text[i]);
    // Besides the C0 controls a terminal obeys U+0080 to U+009F.
    const bool control = first < 0x20 || first == 0x7f || (length == 2 && first == 0xc2 && static_cast<std::uint8_t>(text[i + 1]) < 0xa0);
    if (length != 0 && !control) {
      out += text.substr(i, length);
      i += length;
      continue;
    }
    for (std::size_t n = std::max<std::size_t>(length, 1); n > 0; --n, ++i)
      out += fmt::format("\\x{:02x}", static_cast<std::uint8_t>(text[i]));
  }
  return out;
}

std::string quoted(std::string_view text) { return "'" + printable(text) + "'"; }

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
  int best = word.size() <= 3 ? 1 : 2;
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
