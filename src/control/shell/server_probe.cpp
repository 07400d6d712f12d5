// SPDX-License-Identifier: GPL-3.0-or-later
// An errand thread of the program; the main thread of the probe.
#include "server_probe.hpp"
#include "libjack_log.hpp"
#include <csignal>
#include <fcntl.h>
#include <jack/jack.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
extern "C" { // which glibc 2.36 forgets
#include <sys/pidfd.h>
}

namespace chronus::control {
namespace {

constexpr int limit_ms = 3000;
enum { opens = 0, no_server = 1 }; ///< exit statuses

/// It inherits the environment, nothing else: no signal mask, no descriptor that would hold a pipe or a socket open.
pid_t launch(const std::string& program) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
  for (int fd : {1, 2}) posix_spawn_file_actions_adddup2(&files, 0, fd);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP); // a Ctrl-C is not meant for it
  char* const arguments[] = {const_cast<char*>("chronus"), const_cast<char*>(probe_word), nullptr};
  pid_t child = -1;
  if (posix_spawn(&child, program.c_str(), &files, &attributes, arguments, environ) != 0) child = -1;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return child;
}

} // namespace

Probed probe_server(const std::string& program) {
  const pid_t child = launch(program);
  if (child < 0) return Probed::opens;
  pollfd ended{pidfd_open(child, 0), POLLIN, 0};
  const bool late = ended.fd >= 0 && poll(&ended, 1, limit_ms) == 0;
  if (late) kill(child, SIGKILL);
  if (ended.fd >= 0) close(ended.fd);
  int status = 0;
  waitpid(child, &status, 0);
  if (late) return Probed::no_answer;
  return WIFEXITED(status) && WEXITSTATUS(status) == no_server ? Probed::no_server : Probed::opens;
}

int be_probe() {
  alarm(2 * limit_ms / 1000); // nobody may be left to end it
  capture_libjack_messages();
  jack_status_t status{};
  jack_client_t* client = jack_client_open("chronus-probe", JackNoStartServer, &status);
  if (client) jack_client_close(client);
  return !client && status & (JackServerFailed | JackServerError) ? no_server : opens; // a refusal is told by the client itself
}

} // namespace chronus::control
