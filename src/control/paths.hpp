// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. What a path means: whose home, which file behind its links, and whether two paths mean one file.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace chronus::control {

/// `~` and `~/x` with the user's home folder, `~name/x` with another's; anything else as it is.
std::string expand_home(const std::string& path);

/// The folder of a path with its slash; empty where it has none.
std::string folder_of(const std::string& path);

/// The path behind all symbolic links, also of a file that is not there yet. Empty: they lead in a circle (errno).
std::string behind_links(const std::string& path);

/// A file by what it is, not by its name; one that is not there yet by its folder and name.
class FileId {
public:
  explicit FileId(const std::string& path);
  explicit FileId(int fd);
  /// Also by two names, through links and hard links.
  bool same_as(const FileId& other) const;

private:
  dev_t device_ = 0, folder_device_ = 0;
  ino_t inode_ = 0, folder_inode_ = 0;
  std::string name_; ///< within the folder; empty: not known
  bool there_ = false;
};

/// Files that must not be written over for now, each with the reason. Main thread.
class FilesInUse {
public:
  struct Use {
    FileId file;
    std::string what; ///< "is the script that runs"
  };
  /// In use as long as what is returned is kept.
  [[nodiscard]] std::shared_ptr<const Use> hold(FileId file, std::string what);
  /// Empty, or what a file is in use for.
  std::string use_of(const FileId& file) const;

private:
  std::vector<std::weak_ptr<const Use>> uses_;
};

} // namespace chronus::control
