// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Small scripts stand for the program that probes.
#include "control/shell/server_probe.hpp"
#include <chrono>
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <unistd.h>

using namespace chronus::control;

namespace {

struct Script {
  std::string path = fmt::format("/tmp/chronus-probe-{}", getpid());
  explicit Script(const std::string& text) {
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }
  ~Script() {
    for (const char* end : {"", ".said"}) std::filesystem::remove(path + end);
  }
  std::string said() const {
    std::string line;
    std::getline(std::ifstream(path + ".said"), line);
    return line;
  }
};

} // namespace

TEST_CASE("a probe tells whether a server opens, and where none can tell it is taken to") {
  CHECK(probe_server(Script("exit 0").path) == Probed::opens);
  CHECK(probe_server(Script("exit 1").path) == Probed::no_server);
  CHECK(probe_server(Script("kill -SEGV $$").path) == Probed::opens);
  CHECK(probe_server("/nowhere/chronus") == Probed::opens);
}

TEST_CASE("a probe that hangs is ended, and tells that there is no answer") {
  Script hanging("echo $$ >$0.said; exec sleep 60");
  const auto begin = std::chrono::steady_clock::now();
  CHECK(probe_server(hanging.path) == Probed::no_answer);
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(5));
  CHECK(kill(std::stoi(hanging.said()), 0) != 0);
}

TEST_CASE("a probe has its one argument, no descriptor but the standard ones, and no signal blocked") {
  Script looking("echo $* $(grep SigBlk /proc/self/status) $(ls /proc/self/fd 2>/dev/null) >$0.said");
  const int open_to_all = dup(0);
  sigset_t set, before;
  sigfillset(&set);
  pthread_sigmask(SIG_SETMASK, &set, &before);
  CHECK(probe_server(looking.path) == Probed::opens);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  close(open_to_all);
  CHECK(looking.said() == fmt::format("{} SigBlk: 0000000000000000 0 1 2 3", probe_word)); // 3 is the list's own
}
