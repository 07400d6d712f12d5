// SPDX-License-Identifier: GPL-3.0-or-later
// A child process for each check: signal masks outlive a test.
#include "control/shell/signals.hpp"
#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using chronus::control::Signals;

namespace {

/// The exit status of a child that does this, or 128 + the signal that ended it.
template <class F> int in_child(F f) {
  const pid_t child = fork();
  if (child == 0) _exit(f());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

TEST_CASE("signals are read in the main loop and end or stop nobody by themselves") {
  for (int s : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM, SIGWINCH, SIGTSTP, SIGTTIN, SIGTTOU}) {
    CAPTURE(s);
    CHECK(in_child([s] {
            Signals signals;
            if (signals.next()) return 1;
            kill(getpid(), s);
            const auto got = signals.next();
            return got && *got == s && !signals.next() ? 0 : 2;
          }) == 0);
  }
}

TEST_CASE("Ctrl-Z gets a hint") {
  CHECK(Signals::hint(SIGTSTP) != nullptr);
  CHECK(Signals::hint(SIGTERM) == nullptr);
}

TEST_CASE("a reader that leaves is an error of write, not the end") {
  CHECK(in_child([] {
          Signals signals;
          int ends[2];
          if (pipe(ends) != 0) return 1;
          close(ends[0]);
          return write(ends[1], "x", 1) == -1 && errno == EPIPE ? 0 : 2;
        }) == 0);
}

TEST_CASE("what nohup has set to be ignored stays ignored") {
  CHECK(in_child([] {
          signal(SIGHUP, SIG_IGN);
          Signals signals;
          kill(getpid(), SIGHUP);
          return signals.next() ? 1 : 0;
        }) == 0);
}
