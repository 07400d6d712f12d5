// SPDX-License-Identifier: GPL-3.0-or-later
// Tests only, by LD_PRELOAD: a disk that does not answer. While the file that CHRONUS_SLOW_WHILE names is there, whoever writes to
// a file of a name in .wav, or makes one, waits.
#undef _FILE_OFFSET_BITS // open and open64 are two functions here
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

namespace {

bool is_sound(const char* path) {
  const std::size_t n = std::strlen(path);
  return n > 4 && std::strcmp(path + n - 4, ".wav") == 0;
}

void wait_for_the_disk(const char* path) {
  const int code = errno;
  const char* sign = std::getenv("CHRONUS_SLOW_WHILE");
  const timespec pause{0, 10'000'000};
  while (sign && is_sound(path) && access(sign, F_OK) == 0) nanosleep(&pause, nullptr);
  errno = code;
}

void wait_for_the_disk(int fd) {
  char link[64], path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = readlink(link, path, sizeof path - 1);
  path[n > 0 ? n : 0] = 0;
  wait_for_the_disk(path);
}

template <class F> F real(const char* name) { return reinterpret_cast<F>(dlsym(RTLD_NEXT, name)); }

} // namespace

extern "C" {

ssize_t write(int fd, const void* data, size_t size) {
  static const auto next = real<ssize_t (*)(int, const void*, size_t)>("write");
  if (fd > 2) wait_for_the_disk(fd);
  return next(fd, data, size);
}

int open64(const char* path, int flags, ...) {
  static const auto next = real<int (*)(const char*, int, ...)>("open64");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  wait_for_the_disk(path);
  return next(path, flags, mode);
}

int open(const char* path, int flags, ...) {
  static const auto next = real<int (*)(const char*, int, ...)>("open");
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  wait_for_the_disk(path);
  return next(path, flags, mode);
}
}
