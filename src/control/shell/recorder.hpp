// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread makes and asks it; its own thread, of ordinary priority, writes. What the outputs play, into a WAV.
#pragma once
#include "wav_file.hpp"
#include "../../link/rings.hpp"
#include <condition_variable>
#include <mutex>
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

  /// Throws Error when the file cannot be made. `tap` must outlive the recorder, and belongs to it alone.
  Recorder(const std::string& path, link::RecordTap& tap, double rate);
  /// Writes what has arrived, and closes the file.
  ~Recorder();

  /// The chunk marked `last` has been written, and the file is closed: the tap may go.
  bool finished() const;
  /// Once, when the disk refuses: what to tell the user. The rest of the tap is thrown away, the file stays good.
  std::string take_error();
  /// So far, or in the end.
  Result result() const;
  const std::string& path() const noexcept { return path_; }

private:
  void run();
  bool drain(bool all_has_come);
  bool take_samples(std::uint32_t frames, bool all_has_come);
  std::string path_;
  link::RecordTap& tap_;
  // The writer's:
  WavWriter file_;
  std::vector<float> scratch_;
  Frame next_ = 0, gaps_ = 0;
  bool begun_ = false;
  // Shared:
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  Result result_;
  bool stop_ = false, finished_ = false, told_ = false;
  std::thread thread_;
};

} // namespace chronus::control
