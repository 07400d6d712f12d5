// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. See script_file.hpp.
#include "script_file.hpp"
#include "commands.hpp"
#include "replaced_file.hpp"
#include "text.hpp"
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace chronus::control {
namespace {

constexpr int pipe_patience_ms = 1000;

[[noreturn]] void refuse(const Word& path, std::string_view why) {
  throw Error(path.column, fmt::format("{}: {}", printable(path.text, 300), why));
}

/// N of /dev/fd/N and its like where that is a pipe: to be opened anew it might have no writer any more. Else -1.
int own_descriptor(std::string_view path) {
  int fd = -1;
  if (path == "/dev/stdin") fd = 0;
  for (const std::string_view start : {"/dev/fd/", "/proc/self/fd/"})
    if (path.starts_with(start)) {
      const std::string_view digits = path.substr(start.size());
      const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), fd);
      if (code != std::errc{} || end != digits.data() + digits.size()) fd = -1;
    }
  struct stat about {};
  return fd >= 0 && ::fstat(fd, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode)) ? fd : -1;
}

} // namespace

Word script_path(const Word& path, const std::string& beside) {
  Word meant{expand_home(path.text), path.column};
  if (beside.empty() || meant.text.starts_with('/')) return meant;
  if (::access((beside + meant.text).c_str(), F_OK) == 0) meant.text = beside + meant.text;
  return meant;
}

ScriptFile open_script(const Word& path) {
  // Without O_NONBLOCK a FIFO that nobody writes would stop the program here.
  const int given = own_descriptor(path.text);
  const int opened = given >= 0 ? ::fcntl(given, F_DUPFD_CLOEXEC, 3) : ::open(path.text.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const SharedDescriptor file(new int(opened), [](const int* fd) {
    if (*fd >= 0) ::close(*fd);
    delete fd;
  });
  struct stat about {};
  if (opened < 0 || ::fstat(opened, &about) != 0) refuse(path, std::strerror(errno));
  ScriptFile script{path.text, {}, FileId(opened), nullptr};
  if (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode)) {
    script.pipe = file;
    return script;
  }
  if (S_ISDIR(about.st_mode)) refuse(path, "is a directory");
  if (S_ISCHR(about.st_mode) && about.st_rdev == makedev(1, 3)) return script;
  if (!S_ISREG(about.st_mode)) refuse(path, "is not a regular file");
  const auto check_size = [&](std::size_t size) {
    if (size > max_file_bytes) refuse(path, fmt::format("is over the limit of {} MiB", max_file_bytes >> 20));
  };
  check_size(static_cast<std::size_t>(about.st_size));
  char piece[65536];
  while (true) {
    const ssize_t n = ::read(opened, piece, sizeof piece);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse(path, std::strerror(errno));
    if (n == 0) return script;
    script.text.append(piece, static_cast<std::size_t>(n));
    check_size(script.text.size());
  }
}

bool read_pipe(const ScriptFile& script, std::string& text, int wait_ms) {
  pollfd ready{*script.pipe, POLLIN, 0};
  if (::poll(&ready, 1, wait_ms) <= 0) return false;
  text.resize(65536);
  const ssize_t n = ::read(*script.pipe, text.data(), text.size());
  text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return false;
  if (n < 0) throw Error(0, fmt::format("{}: {}", printable(script.path, 300), std::strerror(errno)));
  return true;
}

ScriptFile read_script(const Word& path) {
  ScriptFile script = open_script(path);
  for (std::string piece; script.pipe; script.text += piece) {
    if (!read_pipe(script, piece, pipe_patience_ms)) refuse(path, "nothing comes through this pipe");
    if (piece.empty()) script.pipe.reset();
    if (script.text.size() > max_file_bytes) refuse(path, fmt::format("is over the limit of {} MiB", max_file_bytes >> 20));
  }
  return script;
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

bool looks_like_script(const std::string& path) {
  LineBuffer lines;
  try {
    lines.take(read_script({path, 0}).text);
    lines.close();
    while (const auto line = lines.next()) {
      if (line->too_long) return false;
      const std::vector<Word> words = split(line->text);
      if (words.empty()) continue;
      const Command* command = find_command(words);
      if (command == nullptr) return false;
      check_count(*command, words[0], std::span(words).subspan(words_of(*command)));
      return true;
    }
  } catch (const Error&) {
    return false;
  }
  return true;
}

std::optional<PatchFiles::Stamp> PatchFiles::stamp(const std::string& path) {
  struct stat about {};
  if (::stat(path.c_str(), &about) != 0) return std::nullopt;
  return Stamp{about.st_dev, about.st_ino, about.st_size, about.st_mtim};
}

namespace {

std::string full_path(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  std::string text = real ? real : path;
  std::free(real);
  return text;
}

} // namespace

void PatchFiles::add(const std::string& path) {
  if (const auto now = stamp(path)) known_.insert_or_assign(full_path(path), *now);
}

PatchFiles::Known PatchFiles::knows(const std::string& path) const {
  const auto found = known_.find(full_path(path));
  const auto now = stamp(path);
  if (found == known_.end() || !now) return Known::no;
  const Stamp& then = found->second;
  const bool same = then.device == now->device && then.inode == now->inode && then.size == now->size &&
                    then.changed.tv_sec == now->changed.tv_sec && then.changed.tv_nsec == now->changed.tv_nsec;
  return same ? Known::yes : Known::changed;
}

bool edit_draft(Draft& draft, std::string_view command, std::span<const Word> words, Ports ports, std::string& note) {
  if (command == "create") note = draft.create(words);
  else if (command == "delete") draft.remove(words[0]);
  else if (command == "connect") note = draft.connect(words, ports);
  else if (command == "disconnect") draft.disconnect(words[0], words[1], ports);
  else if (command == "set") note = draft.set(words[0], words[1]);
  else if (command == "gate") draft.gate(words[0], parse_on_off(words[1]));
  else return false;
  return true;
}

} // namespace chronus::control
