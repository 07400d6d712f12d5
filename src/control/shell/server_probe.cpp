// SPDX-License-Identifier: GPL-3.0-or-later
// An errand thread of the program; the main thread of the probe.
#include "server_probe.hpp"
#include "libjack_log.hpp"
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <jack/jack.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
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

std::string out_of_reach(const std::string& server) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = fmt::format("/dev/shm/jack_{}_{}_0", server, getuid());
  if (path.size() >= sizeof address.sun_path) return "";
  std::copy(path.begin(), path.end(), address.sun_path);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fmt::format("{} (ulimit -n)", std::strerror(errno));
  const bool there = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 || errno == EAGAIN;
  close(fd);
  if (!there) return "";
  std::vector<int> more; // a client takes a few descriptors
  while (more.size() < 32) {
    const int copy = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    if (copy < 0) break;
    more.push_back(copy);
  }
  for (const int copy : more) close(copy);
  if (more.size() < 32) return "too few files may be open (ulimit -n)";
  rlimit memory{};
  if (getrlimit(RLIMIT_AS, &memory) == 0 && memory.rlim_cur != RLIM_INFINITY) return "there is not enough memory for it (ulimit -v)";
  return "libjack cannot open a client";
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
