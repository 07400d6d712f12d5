// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread, and the writer's own. See journal.hpp.
#include "journal.hpp"
#include "state_folder.hpp"
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace chronus::control {
namespace {

constexpr int most_of_a_name = 16, most_aside = 9;
constexpr auto last_patience = std::chrono::seconds(1);
constexpr std::string_view suffix = ".chronus", last_suffix = ".last.chronus";

bool there(const std::string& path) {
  struct stat about;
  return stat(path.c_str(), &about) == 0;
}

/// Where a file is set aside: as the last one, or as an older one, up to `most_aside`.
std::string aside(const std::string& path, int age = 1) {
  const std::string stem = path.substr(0, path.size() - suffix.size());
  return age == 1 ? stem + std::string(last_suffix) : fmt::format("{}.last-{}{}", stem, age, suffix);
}

/// Those that were set aside before grow older by one, the oldest goes.
void make_room_aside(const std::string& path) {
  int age = 1;
  while (age < most_aside && there(aside(path, age))) ++age;
  for (; age > 1; --age) ::rename(aside(path, age - 1).c_str(), aside(path, age).c_str());
}

} // namespace

Journal::Journal(const std::string& folder, const std::string& name, Old old) {
  if (folder.empty()) {
    error_ = "neither XDG_STATE_HOME nor HOME says where the last revision is to be kept";
    return;
  }
  make_folders(folder + "/");
  if (struct stat about; stat(folder.c_str(), &about) == 0 && ((about.st_uid != geteuid() && about.st_uid != 0) || (about.st_mode & 022) != 0)) {
    error_ = folder + ": others can write to this folder; the last revision is not kept";
    return;
  }
  // The first that is free; before it, one that is free and has something to give back.
  const std::string stem = folder + "/" + file_name_of(name);
  const auto numbered = [&](int i) { return i ? fmt::format("{}-{:02}", stem, i) : stem; };
  std::string mine;
  for (const std::string_view end : {suffix, last_suffix})
    for (int i = 0; i < most_of_a_name && mine.empty() && (end == suffix || old == Old::resume); ++i)
      if (there(numbered(i) + std::string(end)) && lock(numbered(i))) mine = numbered(i);
  for (int i = 0; i < most_of_a_name && mine.empty() && error_.empty(); ++i)
    if (lock(numbered(i))) mine = numbered(i);
  if (mine.empty()) {
    if (error_.empty()) error_ = fmt::format("{}: {} programs of this name run already", stem, most_of_a_name);
    return;
  }
  error_.clear();
  path_ = mine + std::string(suffix);
  if (old == Old::resume && !there(path_)) ::rename(last_path().c_str(), path_.c_str());
  left_behind_ = there(path_);
  if (left_behind_ && old == Old::set_aside) set_aside();
  if (path_.empty()) left_behind_ = false;
  else thread_ = std::thread([this] { run(); });
}

Journal::~Journal() {
  if (!stop()) thread_.detach(); // the program is about to _exit
  unlock();
}

std::string Journal::last_path() const { return path_.empty() ? path_ : aside(path_); }

void Journal::set_aside() {
  make_room_aside(path_);
  if (::rename(path_.c_str(), last_path().c_str()) == 0) return;
  fail(path_, errno); // it is not written over
  path_.clear();
}

/// The file may be another one by the time that it is locked: its owner removes it when it leaves.
bool Journal::lock(const std::string& stem) {
  lock_path_ = stem + ".lock";
  for (int tries = 0; tries < 100; ++tries) {
    lock_ = ::open(lock_path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    struct stat mine, now;
    if (lock_ < 0 || fstat(lock_, &mine) != 0 || !S_ISREG(mine.st_mode)) {
      fail(lock_path_, lock_ < 0 ? errno : EINVAL);
      if (lock_ >= 0) ::close(lock_);
      lock_ = -1;
      return false;
    }
    const bool got = flock(lock_, LOCK_EX | LOCK_NB) == 0;
    if (got && fstat(lock_, &mine) == 0 && stat(lock_path_.c_str(), &now) == 0 && mine.st_ino == now.st_ino) {
      const std::string pid = fmt::format("{}\n", getpid());
      if (ftruncate(lock_, 0) != 0 || ::write(lock_, pid.data(), pid.size()) < 0) {} // for people only
      return true;
    }
    ::close(lock_);
    lock_ = -1;
    if (!got) return false;
  }
  return false;
}

void Journal::unlock() {
  if (lock_ < 0) return;
  ::unlink(lock_path_.c_str());
  ::close(lock_);
  lock_ = -1;
}

void Journal::keep(std::function<std::string()> text) {
  if (!thread_.joinable()) return;
  {
    std::lock_guard guard(mutex_);
    next_ = std::move(text);
  }
  wake_.notify_all();
}

bool Journal::idle() const {
  std::lock_guard guard(mutex_);
  return !writing_ && !next_;
}

std::string Journal::take_error() {
  std::lock_guard guard(mutex_);
  if (told_ || error_.empty()) return {};
  told_ = true;
  return error_;
}

bool Journal::stop() {
  {
    std::unique_lock guard(mutex_);
    stop_ = true;
    wake_.notify_all();
    stuck_ = thread_.joinable() && !wake_.wait_for(guard, last_patience, [this] { return ended_; });
  }
  if (thread_.joinable() && !stuck_) thread_.join();
  return !stuck_;
}

bool Journal::leave(bool drop) {
  const bool good = stop() && error_.empty() && !path_.empty();
  if (stuck_) return false;
  if (drop && !path_.empty()) ::unlink(path_.c_str());
  else if (good && there(path_)) set_aside();
  unlock();
  return good && error_.empty();
}

void Journal::fail(const std::string& path, int code) {
  std::lock_guard guard(mutex_);
  error_ = fmt::format("{}: {}; the last revision is not kept", path, std::strerror(code));
}

void Journal::run() {
  std::unique_lock guard(mutex_);
  for (;;) {
    wake_.wait(guard, [this] { return stop_ || next_; });
    if (!next_) {
      ended_ = true;
      wake_.notify_all();
      return;
    }
    const auto text = std::move(next_);
    next_ = nullptr;
    writing_ = true;
    guard.unlock();
    write(text());
    guard.lock();
    writing_ = false;
  }
}

/// By way of a file of another name: a kill at any moment leaves a whole one.
void Journal::write(const std::string& text) {
  const std::string other = path_ + ".new";
  ::unlink(other.c_str()); // whatever lies there: a link or a pipe too
  const int fd = ::open(other.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return fail(other, errno);
  std::string_view left = text;
  bool good = true;
  while (good && !left.empty()) {
    const ssize_t n = ::write(fd, left.data(), left.size());
    if (n > 0) left.remove_prefix(static_cast<std::size_t>(n));
    else good = n < 0 && errno == EINTR;
  }
  good = good && fdatasync(fd) == 0;
  int code = errno;
  ::close(fd);
  if (good && ::rename(other.c_str(), path_.c_str()) == 0) return;
  if (good) code = errno;
  ::unlink(other.c_str());
  fail(path_, code);
}

} // namespace chronus::control
