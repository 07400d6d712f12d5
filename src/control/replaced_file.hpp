// SPDX-License-Identifier: GPL-3.0-or-later
// Control threads. A file that takes the place of another one when it is whole, and not before.
#pragma once
#include <string>
#include <string_view>
#include <sys/types.h>

namespace chronus::control {

/// A new file beside its target. put() moves it to the target's name; without put() the target stays as it was and nothing is
/// left behind, even by a kill where the file system has files without a name (O_TMPFILE). Symbolic links are followed, so a
/// link stays a link. Mode and owner are those of what is replaced; a new file obeys the umask.
class ReplacedFile {
public:
  /// shown: beside the target from the start, as TARGET.part-XXXXXX, which a kill leaves: it may be a take.
  enum class Until : bool { hidden, shown };
  /// Throws Error (column 0): the reason alone, without the path.
  explicit ReplacedFile(const std::string& path, Until until = Until::hidden);
  ~ReplacedFile();
  ReplacedFile(const ReplacedFile&) = delete;
  ReplacedFile& operator=(const ReplacedFile&) = delete;

  /// Open for reading and writing, at its start, empty. Stays this object's.
  int fd() const noexcept { return fd_; }
  /// Something stands at the target now.
  bool replaces() const noexcept { return replaces_; }
  /// Writes all of it. \return 0, or errno
  int write(std::string_view bytes) noexcept;
  /// Flushes it to the disk and gives it the target's name. \return 0, or errno: the target is as it was. EEXIST: somebody has made
  /// a file there since
  int put() noexcept;
  /// What was written stays, beside the target. \return its path; empty: it could not be kept
  std::string leave_beside() noexcept;

private:
  int take_name(std::string_view middle);
  std::string target_, name_; ///< name_: its own until put(); empty: it has none
  int fd_ = -1;
  bool replaces_ = false;
};

} // namespace chronus::control
