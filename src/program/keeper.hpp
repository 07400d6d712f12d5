// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Keeps the patch of a live program in its journal, and gives it back to one that is told to resume.
#pragma once
#include "../control/engine.hpp"
#include "../control/shell/journal.hpp"
#include "../control/shell/options.hpp"
#include "../control/workspace.hpp"
#include <chrono>

namespace chronus::program {

class Keeper {
public:
  using Say = std::function<void(const std::string&)>;
  Keeper(const control::Options& options, control::Engine& engine, control::Workspace& workspace, Say say);

  /// Before any script: resumes where that is wanted, or tells that it could be. `wait` is called until the verdict is in.
  void begin(const std::function<void()>& wait);
  /// Often. Each revision is kept at once, values that were set at most once a second.
  void look();
  /// Keeps what is heard now.
  void keep();
  /// A clean end. What was heard last is kept for --resume, unless there is nothing in it: then an older one stays.
  /// \return it was kept
  bool leave();
  /// The disk has not taken it within a second: the program must not wait for its writer.
  bool stuck() const { return journal_.stuck(); }

private:
  using Clock = std::chrono::steady_clock;
  void resume(const std::function<void()>& wait);
  void of_no_use(const std::string& why);

  const control::Options& options_;
  control::Engine& engine_;
  control::Workspace& workspace_;
  Say say_;
  control::Journal journal_;
  std::uint64_t revision_ = 0, values_ = 0; ///< as they have been kept
  Clock::time_point kept_at_{};
};

} // namespace chronus::program
