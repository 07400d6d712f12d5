// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread makes and asks it; its own thread, of ordinary priority, writes. What the outputs play, into a WAV.
#pragma once
#include "wav_file.hpp"
#include "../../link/rings.hpp"
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace chronus::control {

/// Frames that were lost on the way are written as silence, so that time in the file is time in the sound.
class Recorder {
public:
  struct Result {
    Frame frames = 0; ///< in the file, gaps included
    Frame gaps = 0;   ///< written as silence
    std::string error; ///< empty, or why the file ends early
  };

  /// Throws Error when the file cannot be made; a disk that takes more than 200 ms to say so says it by take_news(). `tap` must
  /// outlive the recorder, and belongs to it alone.
  Recorder(const std::string& path, link::RecordTap& tap, double rate);
  /// Writes what has arrived, and closes the file, however long that takes.
  ~Recorder();

  /// Writes what has arrived, and closes the file: soon, but for a disk that does not answer. Nothing more must come.
  void finish();

  /// Waits until the writer has made room for half of what the tap holds, at most 2 s: for a callback that can wait.
  void make_room();
  /// Waits, at most so long. \return finished()
  bool wait_finished(std::chrono::milliseconds limit);

  /// The chunk marked `last` has been written, and the file is closed: the tap may go.
  bool finished() const;
  /// What to tell the user: the disk refuses (the rest of the tap is thrown away, the file stays good), or was so slow that
  /// frames were lost. Each once; empty: nothing.
  std::string take_news();
  /// So far, or in the end.
  Result result() const;
  const std::string& path() const noexcept { return path_; }

private:
  void run();
  void open();
  void write();
  bool drain(bool all_has_come);
  void tell_gaps();
  bool take_samples(std::uint32_t frames, bool all_has_come);
  std::string path_;
  link::RecordTap& tap_;
  // The writer's:
  const double rate_;
  std::optional<WavWriter> file_; ///< none: it could not be made
  std::vector<float> scratch_;
  Frame next_ = 0, gaps_ = 0, gaps_told_ = 0, gap_from_ = 0;
  bool begun_ = false;
  // Shared:
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Result result_;
  std::deque<std::string> news_;
  bool stop_ = false, hurry_ = false, opened_ = false, finished_ = false;
  std::thread thread_;
};

} // namespace chronus::control
