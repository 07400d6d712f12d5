// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. Text that came from outside, made fit for a message; and the nearest of the words that would have been right.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chronus::control {

/// Bytes of the UTF-8 character at `at`; 0 when there is none that is valid.
std::size_t character_length(std::string_view text, std::size_t at);

/// The code point there; no_character when there is none that is valid.
inline constexpr std::uint32_t no_character = 0xffffffff;
std::uint32_t character_at(std::string_view text, std::size_t at);

/// A terminal obeys it, or it turns round what stands beside it: C0, DEL, C1, marks of direction, line separators.
bool obeyed(std::uint32_t code);

/// What a character beyond ASCII is called that nobody sees: "no-break space"; empty for all others.
std::string_view invisible_name(std::uint32_t code);

/// What a terminal cannot print, or would obey, stands as \xHH; what is longer than `limit` bytes ends in "...".
std::string printable(std::string_view text, std::size_t limit = 80);

/// The same for all that leaves: its line ends and tabs stay, and it has no limit.
std::string printable_lines(std::string_view text);

/// 'text', printable.
std::string quoted(std::string_view text);

/// " (did you mean 'x'?)" for the nearest candidate by edit distance, or nothing when none is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& candidates);

/// "1 module", "2 modules"; `many` where no s makes it.
std::string counted(std::int64_t n, std::string_view one, std::string_view many = {});

/// "a, b, c".
std::string joined(const std::vector<std::string_view>& words);

} // namespace chronus::control
