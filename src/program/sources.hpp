// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Feeds standard input to a session as it asks for lines.
#pragma once
#include "../control/session.hpp"
#include "../control/shell/line_reader.hpp"
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace chronus::program {

inline constexpr int most_at_once = 256; ///< lines; a writer that is faster than the music is held up

/// The scripts of the command line, in order, without "-"; of a pipe nothing has been read. Throws Error for one that cannot be read: nothing has begun then.
inline std::vector<control::ScriptFile> read_scripts(const std::vector<std::string>& paths) {
  std::vector<control::ScriptFile> scripts;
  for (const std::string& path : paths)
    if (path != "-") scripts.push_back(control::open_script(control::script_path({path, 0}, {})));
  return scripts;
}

/// Why standard input ended before its end; empty: it did not.
inline std::string input_error(const control::LineReader& reader) {
  return reader.error() ? std::string("standard input: ") + std::strerror(reader.error()) : std::string();
}

/// Steps the session until it waits for something that it cannot get from `reader` (null: there is no input).
inline control::Session::State advance(control::Session& session, control::LineReader* reader) {
  for (;;) {
    const control::Session::State state = session.step();
    if (state.wait != control::Session::Wait::input || !reader) return state;
    if (reader->ended()) {
      session.close();
      continue;
    }
    // What has come together goes in together: the session then knows whether somebody waits for an answer.
    int fed = 0;
    for (; fed < most_at_once; ++fed) {
      auto line = reader->next();
      if (!line) break;
      session.feed_line(std::move(line->text), line->overlong);
    }
    if (fed == 0 && !reader->ended()) return state;
  }
}

} // namespace chronus::program
