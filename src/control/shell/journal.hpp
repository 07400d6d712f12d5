// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread makes and asks it; its own thread, of ordinary priority, writes. The last revision in a file, for a program that
// did not get to leave.
#pragma once
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace chronus::control {

/// FOLDER/NAME.chronus. A lock beside it, NAME.lock with the owner's process id, keeps it to one program at a time: a second
/// one of that name takes NAME-01 and so on. The lock goes with its program, however that ends.
class Journal {
public:
  /// What to do with a file that a program before this one left behind.
  enum class Old : std::uint8_t {
    set_aside, ///< it becomes NAME.last.chronus; the one before, NAME.last-2.chronus, and so on up to nine
    resume,    ///< it stays until the next revision is written; where there is none, NAME.last.chronus becomes it again
  };

  Journal(const std::string& folder, const std::string& name, Old old);
  /// The file stays, as after a kill; see leave().
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// There is a revision of a program before: set aside, or at path() to be resumed.
  bool left_behind() const noexcept { return left_behind_; }
  /// Empty: nothing can be kept.
  const std::string& path() const noexcept { return path_; }
  std::string last_path() const;
  /// What was to be resumed is of no use: it becomes NAME.last.chronus after all.
  void set_aside();

  /// `text` is made and written by the writer. Of several while one is being written only the last counts.
  void keep(std::function<std::string()> text);
  /// Nothing is being written, and nothing waits to be.
  bool idle() const;
  /// Once: why nothing is kept.
  std::string take_error();
  /// A clean end: what is being written is waited for, for a second at most. The file becomes NAME.last.chronus, which a
  /// later program resumes only when it is told to; with `drop` it goes. \return it is whole
  bool leave(bool drop);
  /// The writer did not come back within that second: it must be left behind, as _exit does.
  bool stuck() const noexcept { return stuck_; }

private:
  bool lock(const std::string& stem);
  void unlock();
  void run();
  bool stop();
  void write(const std::string& text);
  void fail(const std::string& path, int code);

  std::string path_, lock_path_;
  int lock_ = -1;
  bool left_behind_ = false;
  // Shared:
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::function<std::string()> next_;
  std::string error_;
  bool writing_ = false, stop_ = false, told_ = false, ended_ = false;
  bool stuck_ = false; ///< main thread
  std::thread thread_;
};

} // namespace chronus::control
