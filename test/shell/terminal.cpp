// SPDX-License-Identifier: GPL-3.0-or-later
// Tests only. forkpty.
#include "terminal.hpp"
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {
using Clock = std::chrono::steady_clock;
constexpr auto patience = std::chrono::seconds(5);
} // namespace

Terminal::Terminal(const std::function<int()>& child) {
  winsize size{24, 80, 0, 0};
  child_ = forkpty(&fd_, nullptr, nullptr, &size);
  if (child_ == 0) {
    setenv("TERM", "xterm", 1);
    setenv("INPUTRC", "/dev/null", 1);
    _exit(child());
  }
}

Terminal::~Terminal() {
  if (status_ < 0) {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  close(fd_);
}

void Terminal::type(const std::string& keys) {
  std::size_t done = 0;
  while (done < keys.size()) {
    const auto n = write(fd_, keys.data() + done, keys.size() - done);
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
}

bool Terminal::read_some(int milliseconds) {
  pollfd ready{fd_, POLLIN, 0};
  if (poll(&ready, 1, milliseconds) <= 0) return false;
  char buffer[4096];
  const auto n = read(fd_, buffer, sizeof buffer);
  if (n <= 0) return false;
  shown_.append(buffer, static_cast<std::size_t>(n));
  return true;
}

bool Terminal::shows(const std::string& text) {
  const auto end = Clock::now() + patience;
  while (true) {
    if (const auto at = shown_.find(text, seen_); at != shown_.npos) {
      seen_ = at + text.size();
      return true;
    }
    if (Clock::now() > end) return false;
    read_some(50);
  }
}

std::string Terminal::screen(int milliseconds) {
  const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
  while (Clock::now() < end) read_some(10);
  return shown_;
}

void Terminal::signal(int number) { kill(child_, number); }

void Terminal::resize(int columns) {
  winsize size{24, static_cast<unsigned short>(columns), 0, 0};
  ioctl(fd_, TIOCSWINSZ, &size);
}

int Terminal::status() {
  const auto end = Clock::now() + patience;
  while (status_ < 0 && Clock::now() < end) {
    int raw = 0;
    if (waitpid(child_, &raw, WNOHANG) == child_) status_ = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
    read_some(20);
  }
  return status_;
}
