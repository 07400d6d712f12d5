// SPDX-License-Identifier: GPL-3.0-or-later
// Tests only. A dummy JACK server of our own, and JACK's own tools to look at it from outside.
#pragma once
#include <functional>
#include <string>
#include <sys/types.h>
#include <vector>

/// False, with a message, where no jackd is installed: the test is then skipped.
bool jack_is_installed();

class JackServer {
public:
  explicit JackServer(int period = 256, int rate = 48000);
  ~JackServer();
  JackServer(const JackServer&) = delete;
  void start(int period, int rate = 48000);
  void end(int signal);
  void pause(bool on);

private:
  void launch(int period, int rate);
  std::string name_, log_;
  pid_t child_ = -1;
  bool ended_well_ = true;
};

/// What a command prints.
std::string output_of(const std::string& command);

/// Calls again every 10 ms, for at most this long. \return whether it came true
bool becomes(const std::function<bool()>& true_now, double seconds = 5);
