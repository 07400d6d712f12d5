// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. See paths.hpp.
#include "paths.hpp"
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace chronus::control {

std::string expand_home(const std::string& path) {
  if (!path.starts_with('~')) return path;
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string name = path.substr(1, end - 1);
  const char* home = name.empty() ? std::getenv("HOME") : nullptr;
  if (home == nullptr || *home == 0) {
    const passwd* entry = name.empty() ? getpwuid(geteuid()) : getpwnam(name.c_str());
    home = entry ? entry->pw_dir : nullptr;
  }
  return home ? home + path.substr(end) : path;
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? std::string() : path.substr(0, slash + 1);
}

std::string behind_links(const std::string& path) {
  std::string at = path;
  for (int links = 0; links < 40; ++links) {
    char to[PATH_MAX];
    const ssize_t n = ::readlink(at.c_str(), to, sizeof to);
    if (n < 0) return at; // no link: a file, or nothing yet
    if (n == static_cast<ssize_t>(sizeof to)) break;
    const std::string target(to, static_cast<std::size_t>(n));
    at = target.starts_with('/') ? target : folder_of(at) + target;
  }
  errno = ELOOP;
  return {};
}

FileId::FileId(const std::string& path) {
  struct stat about {};
  there_ = ::stat(path.c_str(), &about) == 0;
  device_ = about.st_dev;
  inode_ = about.st_ino;
  const std::string real = behind_links(path), folder = folder_of(real);
  if (::stat(folder.empty() ? "." : folder.c_str(), &about) != 0) return;
  folder_device_ = about.st_dev;
  folder_inode_ = about.st_ino;
  name_ = real.substr(folder.size());
}

FileId::FileId(int fd) {
  struct stat about {};
  there_ = ::fstat(fd, &about) == 0;
  device_ = about.st_dev;
  inode_ = about.st_ino;
}

bool FileId::same_as(const FileId& other) const {
  if (there_ && other.there_ && device_ == other.device_ && inode_ == other.inode_) return true;
  return !name_.empty() && name_ == other.name_ && folder_device_ == other.folder_device_ && folder_inode_ == other.folder_inode_;
}

std::shared_ptr<const FilesInUse::Use> FilesInUse::hold(FileId file, std::string what) {
  std::erase_if(uses_, [](const auto& use) { return use.expired(); });
  auto use = std::make_shared<const Use>(Use{std::move(file), std::move(what)});
  uses_.push_back(use);
  return use;
}

std::string FilesInUse::use_of(const FileId& file) const {
  for (const auto& weak : uses_)
    if (const auto use = weak.lock(); use && use->file.same_as(file)) return use->what;
  return {};
}

} // namespace chronus::control
