// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Arguments → the way to run → exit status.
#include "control/error.hpp"
#include "control/manual.hpp"
#include "control/shell/server_probe.hpp"
#include "control/text.hpp"
#include "program/program.hpp"
#include <chronus/denormals.hpp>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <fmt/format.h>
#include <new>
#include <string_view>
#include <system_error>
#include <unistd.h>

namespace {

using namespace chronus;

/// A file that is opened later must not become standard output: descriptors 0 to 2 are open from here on.
bool open_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd) return false;
  return true;
}

int run(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view(control::probe_word)) return control::be_probe();
  control::Signals signals; // before any thread
  if (signals.fd() < 0) throw std::system_error(errno, std::generic_category(), "signals can not be read");
  flush_denormals();
  control::Options options;
  try {
    options = control::parse_options(argc, argv);
  } catch (const control::Error& e) {
    fmt::print(stderr, "chronus: {}\n", control::printable(e.what(), 1000));
    return program::bad_usage;
  }
  if (options.help) {
    fmt::print("{}", control::help_text());
    return program::all_well;
  }
  if (options.version) {
    fmt::print("chronus {}\n", CHRONUS_VERSION);
    return program::all_well;
  }
  return options.render.empty() ? program::run_live(options, signals) : program::run_offline(options, signals);
}

/// What nobody caught. \return the exit status
int fail(std::string_view why) {
  fmt::print(stderr, "chronus: {}\n", control::printable(why, 1000));
  return program::command_failed;
}

} // namespace

int main(int argc, char** argv) {
  if (!open_standard_descriptors()) return program::command_failed;
  try {
    return run(argc, argv);
  } catch (const std::bad_alloc&) {
    return fail("there is not enough memory");
  } catch (const std::exception& e) { // control::Error, std::system_error: no thread, no descriptor is to be had
    return fail(e.what());
  }
}
