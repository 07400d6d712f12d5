// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. A session on an engine without sound, and what it printed.
#pragma once
#include "../../src/control/session.hpp"
#include "fake_host.hpp"
#include <sstream>

namespace chronus::test {

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// An offline script by default: nothing is waited for but the playhead.
struct Talk {
  FakeHost host;
  control::Workspace workspace{host};
  std::string out, err;
  control::Session session;

  explicit Talk(control::SessionOptions options = {})
      : session(workspace, std::move(options), {[this](std::string_view t) { out += t; }, [this](std::string_view t) { err += t; }}) {}

  /// Feeds the lines and steps until nothing more can be done at this playhead.
  control::Session::State say(std::string_view text) {
    session.feed(text);
    session.feed("\n");
    return step();
  }
  control::Session::State step() {
    control::Session::State state{};
    do state = session.step();
    while (state.wait == control::Session::Wait::nothing);
    return state;
  }
  /// The error that the lines give, as it was printed; empty when they give none.
  std::string complaint(std::string_view text) {
    err.clear();
    say(text);
    return err;
  }
};

} // namespace chronus::test
