// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. What all sources of commands share: the engine, one history, and one commit at a time.
#pragma once
#include "draft.hpp"
#include "host.hpp"
#include "script_file.hpp"
#include <deque>

namespace chronus::control {

/// Commits that undo can take back; older ones are forgotten.
inline constexpr std::size_t max_undo = 10'000;
/// Commits on their way to their swap; a plan of each is kept.
inline constexpr std::size_t max_pending = 10'000;

class Workspace {
public:
  enum class Step : std::uint8_t { edit, undo, redo };

  explicit Workspace(Host& host) : host_(host) {}
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  Host& host() { return host_; }
  const Host& host() const { return host_; }
  Ports ports() const { return {host_.outs(), host_.ins()}; }

  /// A commit of some source awaits its verdict; no other may be made.
  bool busy() const { return busy_; }
  /// Hands the patch to the engine. When it is accepted the step is part of history, and other sources' drafts are told.
  /// `mine` is the draft that it comes from, if it comes from one. Throws Error where too many wait for their swap.
  void commit(CommitRequest request, Step step, const Draft* mine, std::function<void(const Verdict&, std::uint64_t)> verdict,
              std::function<void(Frame)> swapped);

  /// The current patch with the last commit taken back, or the last undo. Throws Error when there is none.
  Patch undone() const;
  Patch redone() const;
  std::size_t undo_depth() const { return undo_.size(); }
  std::size_t redo_depth() const { return redo_.size(); }

  /// Makes the last good patch current again, as a commit of its own that undo takes back. \return false: there is none, or a
  /// commit is under way
  bool roll_back(const Patch& good, std::function<void(const Verdict&, std::uint64_t)> verdict);

  /// Lanes of a module of the current patch.
  int width(const std::string& module);

  /// What must not be written over: the scripts that run, what is rendered.
  FilesInUse& files_in_use() { return files_in_use_; }
  /// Throws Error at the word for such a file, and for one that a take is being written to.
  void check_unused(const Word& path) const;
  /// Files that the patch was loaded from or saved to.
  PatchFiles& patch_files() { return patch_files_; }

  void opened(Draft& draft) { drafts_.insert(&draft); }
  void closed(Draft& draft) { drafts_.erase(&draft); }

private:
  void accepted(Step step, std::shared_ptr<const Delta> delta, const Draft* mine);

  Host& host_;
  FilesInUse files_in_use_;
  PatchFiles patch_files_;
  bool busy_ = false;
  std::deque<std::shared_ptr<const Delta>> undo_, redo_;
  bool forgotten_ = false; ///< some commit was
  std::set<Draft*> drafts_;
  std::map<std::string, int, std::less<>> widths_;
  std::optional<std::uint64_t> widths_of_;
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
};

} // namespace chronus::control
