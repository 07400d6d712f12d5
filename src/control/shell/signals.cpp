// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. signalfd.
#include "signals.hpp"
#include <csignal>
#include <cstddef>
#include <sys/signalfd.h>
#include <unistd.h>

namespace chronus::control {

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (int s : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU}) {
    // What nohup or a shell's `&` has set to be ignored stays ignored. Linux would queue it all the same once it is blocked.
    struct sigaction inherited;
    if ((s == SIGHUP || s == SIGINT) && sigaction(s, nullptr, &inherited) == 0 && inherited.sa_handler == SIG_IGN) continue;
    sigaddset(&set, s);
  }
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN); // a reader that leaves shows as EPIPE
  std::signal(SIGXFSZ, SIG_IGN); // a full recording shows as EFBIG
  fd_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

Signals::~Signals() {
  if (fd_ >= 0) close(fd_);
}

std::optional<int> Signals::next() noexcept {
  signalfd_siginfo info;
  if (read(fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

bool Signals::ends(int signal) noexcept { return signal == SIGINT || signal == SIGTERM || signal == SIGHUP || signal == SIGALRM; }

bool Signals::saves(int signal) noexcept { return signal == SIGUSR1 || signal == SIGUSR2; }

const char* Signals::hint(int signal) noexcept {
  if (signal == SIGTSTP) return "not stopped: a stopped JACK client stops everybody's sound; 'quit' or Ctrl-D leaves";
  return nullptr;
}

} // namespace chronus::control
