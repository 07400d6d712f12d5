// SPDX-License-Identifier: GPL-3.0-or-later
// Tests only. fork, exec, wait.
#include "jack_server.hpp"
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

bool jack_is_installed() {
  if (std::system("command -v jackd >/dev/null && command -v jack_lsp >/dev/null") == 0) return true;
  MESSAGE("skipped: no jackd");
  return false;
}

JackServer::JackServer(int period, int rate) : name_(fmt::format("chronus_test_{}", getpid())), log_(fmt::format("/tmp/{}.log", name_)) {
  setenv("JACK_DEFAULT_SERVER", name_.c_str(), 1);
  setenv("JACK_NO_START_SERVER", "1", 1);
  setenv("JACK_NO_AUDIO_RESERVATION", "1", 1);
  std::signal(SIGPIPE, SIG_IGN);
  start(period, rate);
}

JackServer::~JackServer() {
  end(SIGTERM);
  if (!ended_well_) { // its place in the machine's registry, one of eight, is given back only by a server of the same name
    launch(256, 48000);
    becomes([] { return std::system("jack_lsp >/dev/null 2>&1") == 0; });
    end(SIGTERM);
  }
  unlink(log_.c_str());
  [[maybe_unused]] const int removed = std::system(("rm -f /dev/shm/jack_sem.*_" + name_ + "_*").c_str());
}

void JackServer::launch(int period, int rate) {
  const auto p = std::to_string(period), r = std::to_string(rate);
  child_ = fork();
  if (child_ == 0) {
    dup2(open("/dev/null", O_RDONLY), 0);
    const int log = open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int fd : {1, 2}) dup2(log, fd);
    execlp("jackd", "jackd", "-S", "-n", name_.c_str(), "-d", "dummy", "-r", r.c_str(), "-p", p.c_str(), nullptr);
    _exit(127);
  }
}

void JackServer::start(int period, int rate) {
  launch(period, rate);
  const bool up = becomes([] { return std::system("jack_lsp >/dev/null 2>&1") == 0; }, 10);
  if (!up) MESSAGE(output_of("cat " + log_ + "; pgrep -a jackd; ls /dev/shm"));
  REQUIRE(up);
}

void JackServer::end(int signal) {
  if (child_ < 0) return;
  kill(child_, signal);
  int status = 0;
  // A server that has not been waited for counts as alive.
  if (!becomes([&] { return waitpid(child_, &status, WNOHANG) == child_; })) {
    kill(child_, SIGKILL);
    waitpid(child_, &status, 0);
  }
  ended_well_ = WIFEXITED(status) && WEXITSTATUS(status) == 0;
  child_ = -1;
}

void JackServer::pause(bool on) { kill(child_, on ? SIGSTOP : SIGCONT); }

std::string output_of(const std::string& command) {
  FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  std::string text;
  char buffer[512];
  while (pipe && std::fgets(buffer, sizeof buffer, pipe)) text += buffer;
  if (pipe) pclose(pipe);
  return text;
}

bool becomes(const std::function<bool()>& true_now, double seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  while (!true_now()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}
