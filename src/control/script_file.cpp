// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Files of the language: read whole, written whole or not at all.
#include "script_file.hpp"
#include "error.hpp"
#include "replaced_file.hpp"
#include "text.hpp"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace chronus::control {
namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

[[noreturn]] void refuse(const Word& path, std::string_view why) {
  throw Error(path.column, fmt::format("{}: {}", printable(path.text, 300), why));
}

} // namespace

ScriptFile read_script(const Word& path) {
  // Without O_NONBLOCK a FIFO that nobody writes would stop the program here.
  const Descriptor file{::open(path.text.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat about {};
  if (file.fd < 0 || ::fstat(file.fd, &about) != 0) refuse(path, std::strerror(errno));
  if (S_ISDIR(about.st_mode)) refuse(path, "is a directory");
  if (!S_ISREG(about.st_mode)) refuse(path, "is not a regular file");
  const auto check_size = [&](std::size_t size) {
    if (size > max_file_bytes) refuse(path, fmt::format("is over the limit of {} MiB", max_file_bytes >> 20));
  };
  check_size(static_cast<std::size_t>(about.st_size));
  ScriptFile script{path.text, {}, about.st_dev, about.st_ino};
  char piece[65536];
  while (true) {
    const ssize_t n = ::read(file.fd, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse(path, std::strerror(errno));
    if (n == 0) return script;
    script.text.append(piece, static_cast<std::size_t>(n));
    check_size(script.text.size());
  }
}

void write_script(const Word& path, std::string_view text) {
  std::string why;
  try {
    ReplacedFile file(path.text);
    int code = file.write(text);
    if (code == 0) code = file.put();
    if (code != 0) why = std::strerror(code);
  } catch (const Error& e) {
    why = e.what();
  }
  if (!why.empty()) refuse(path, why);
}

bool edit_draft(Draft& draft, std::string_view command, std::span<const Word> words, Ports ports, std::string& note) {
  if (command == "create") draft.create(words);
  else if (command == "delete") draft.remove(words[0]);
  else if (command == "connect") note = draft.connect(words, ports);
  else if (command == "disconnect") draft.disconnect(words[0], words[1], ports);
  else if (command == "set") draft.set(words[0], words[1]);
  else if (command == "gate") draft.gate(words[0], parse_on_off(words[1]));
  else return false;
  return true;
}

} // namespace chronus::control
