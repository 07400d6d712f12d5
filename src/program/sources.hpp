// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Feeds standard input to a session as it asks for lines.
#pragma once
#include "../control/session.hpp"
#include "../control/shell/line_reader.hpp"

namespace chronus::program {

/// Steps the session until it waits for something that it cannot get from `reader` (null: there is no input).
inline control::Session::State advance(control::Session& session, control::LineReader* reader) {
  for (;;) {
    const control::Session::State state = session.step();
    if (state.wait != control::Session::Wait::input || !reader) return state;
    if (reader->ended()) session.close();
    else if (auto line = reader->next()) session.feed_line(std::move(line->text), line->overlong);
    else return state;
  }
}

} // namespace chronus::program
