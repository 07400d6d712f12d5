// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. See replaced_file.hpp.
#include "replaced_file.hpp"
#include "error.hpp"
#include "paths.hpp"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <random>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace chronus::control {
namespace {

constexpr int most_tries = 100;

std::string free_name(const std::string& target, std::string_view middle) {
  std::random_device source;
  return fmt::format("{}{}{:06x}", target, middle, source() & 0xFFFFFF);
}

int link_to(int fd, const std::string& path) {
  return ::linkat(AT_FDCWD, fmt::format("/proc/self/fd/{}", fd).c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW);
}

int rename_to_free(const std::string& from, const std::string& to) {
  const int done = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (done == 0 || errno != EINVAL) return done; // EINVAL: the file system does not know of it
  return ::link(from.c_str(), to.c_str()) == 0 ? ::unlink(from.c_str()) : -1;
}

} // namespace

ReplacedFile::ReplacedFile(const std::string& path, Until until) : target_(behind_links(path)) {
  if (target_.empty()) throw Error(0, std::strerror(errno));
  struct stat about {};
  replaces_ = ::stat(target_.c_str(), &about) == 0;
  if (!replaces_ && target_ != path) throw Error(0, "is a link to a file that is not there");
  if (replaces_ && S_ISDIR(about.st_mode)) throw Error(0, "is a directory");
  if (replaces_ && !S_ISREG(about.st_mode)) throw Error(0, "is not a regular file");
  // What one may not write into is not replaced either, though the folder would allow it.
  if (replaces_ && ::faccessat(AT_FDCWD, target_.c_str(), W_OK, AT_EACCESS) != 0) throw Error(0, std::strerror(errno));
  const std::string folder = folder_of(target_);
  if (until == Until::hidden) fd_ = ::open(folder.empty() ? "." : folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
  if (fd_ < 0 && (until == Until::shown || errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
    for (int tries = 0; tries < most_tries; ++tries) {
      name_ = free_name(target_, until == Until::shown ? ".part-" : ".");
      fd_ = ::open(name_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
      if (fd_ >= 0 || errno != EEXIST) break;
    }
  if (fd_ < 0) {
    const int code = errno;
    name_.clear();
    throw Error(0, std::strerror(code));
  }
  if (!replaces_) return;
  // The owner first: it takes special bits away. Only root may give a file away, and others only to their own groups: another
  // group gets no more than everybody.
  mode_t mode = about.st_mode & 07777u;
  struct stat mine {};
  ::fstat(fd_, &mine);
  if (mine.st_gid != about.st_gid && ::fchown(fd_, static_cast<uid_t>(-1), about.st_gid) != 0) mode = (mode & 01707u) | (mode & 7u) << 3;
  if (mine.st_uid != about.st_uid && ::fchown(fd_, about.st_uid, static_cast<gid_t>(-1)) != 0) mode &= 01777u;
  ::fchmod(fd_, mode);
}

ReplacedFile::~ReplacedFile() {
  if (fd_ >= 0) ::close(fd_);
  if (!name_.empty()) ::unlink(name_.c_str());
}

int ReplacedFile::write(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (n < 0 && errno != EINTR) return errno;
  }
  return 0;
}

/// A file without a name gets one that is free. \return 0, or errno
int ReplacedFile::take_name(std::string_view middle) {
  if (!name_.empty()) return 0;
  for (int tries = 0; tries < most_tries; ++tries) {
    std::string next = free_name(target_, middle);
    if (link_to(fd_, next) == 0) {
      name_ = std::move(next);
      return 0;
    }
    if (errno != EEXIST) break;
  }
  return errno;
}

int ReplacedFile::put() noexcept {
  if (::fsync(fd_) != 0 && errno != EINVAL) return errno;
  if (!replaces_ && name_.empty()) {
    if (link_to(fd_, target_) != 0) return errno;
  } else {
    // A file without a name can not take another's: by way of a name of its own.
    if (const int code = take_name(".")) return code;
    if (replaces_ ? ::rename(name_.c_str(), target_.c_str()) != 0 : rename_to_free(name_, target_) != 0) return errno;
  }
  name_.clear();
  ::close(fd_);
  fd_ = -1;
  return 0;
}

std::string ReplacedFile::leave_beside() noexcept {
  return take_name(".part-") == 0 ? std::exchange(name_, {}) : std::string();
}

} // namespace chronus::control
