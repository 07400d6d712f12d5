// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. See replaced_file.hpp.
#include "replaced_file.hpp"
#include "error.hpp"
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace chronus::control {
namespace {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

} // namespace

std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  if (real) return real.get();
  struct stat about;
  if (errno == ENOENT && ::lstat(path.c_str(), &about) == 0) throw Error(0, "is a link to a file that is not there");
  return path;
}

ReplacedFile::ReplacedFile(const std::string& path) : target_(real_path(path)) {
  struct stat about {};
  replaces_ = ::stat(target_.c_str(), &about) == 0;
  if (replaces_ && S_ISDIR(about.st_mode)) throw Error(0, "is a directory");
  if (replaces_ && !S_ISREG(about.st_mode)) throw Error(0, "is not a regular file");
  // What one may not write into is not replaced either, though the folder would allow it.
  if (replaces_ && ::faccessat(AT_FDCWD, target_.c_str(), W_OK, AT_EACCESS) != 0) throw Error(0, std::strerror(errno));
  fd_ = ::open(folder_of(target_).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
  if (fd_ < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    name_ = target_ + ".XXXXXX";
    fd_ = ::mkostemp(name_.data(), O_CLOEXEC);
    if (fd_ >= 0 && !replaces_) {
      // mkostemp makes it private; only the umask says what a new file would have been, and no call reads it alone.
      std::string probe = name_ + "p";
      if (const int other = ::open(probe.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); other >= 0) {
        if (::fstat(other, &about) == 0) ::fchmod(fd_, about.st_mode & 07777u);
        ::close(other);
        ::unlink(probe.c_str());
      }
    }
  }
  if (fd_ < 0) throw Error(0, std::strerror(errno));
  if (!replaces_) return;
  if ((about.st_uid != ::geteuid() || about.st_gid != ::getegid()) && ::fchown(fd_, about.st_uid, about.st_gid) != 0) {
    // Only root may give a file away. Others keep what they replace readable to whom it was.
  }
  ::fchmod(fd_, about.st_mode & 07777u);
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

int ReplacedFile::put() noexcept {
  if (replaces_ && ::fsync(fd_) != 0 && errno != EINVAL) return errno;
  if (name_.empty()) {
    // A file without a name can take one that is free, but not another's: by way of a name of our own.
    const std::string own = fmt::format("/proc/self/fd/{}", fd_);
    for (int tries = 0; name_.empty(); ++tries) {
      std::string next = fmt::format("{}.{}-{}", target_, ::getpid(), tries);
      if (::linkat(AT_FDCWD, own.c_str(), AT_FDCWD, next.c_str(), AT_SYMLINK_FOLLOW) == 0) name_ = std::move(next);
      else if (errno != EEXIST || tries == 100) return errno;
    }
  }
  if (::rename(name_.c_str(), target_.c_str()) != 0) return errno;
  name_.clear();
  ::close(fd_);
  fd_ = -1;
  return 0;
}

} // namespace chronus::control
