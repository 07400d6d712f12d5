// SPDX-License-Identifier: GPL-3.0-or-later
// Any control thread. A float WAV that grows, for the recorder and for the offline renderer.
#pragma once
#include <chronus/units.hpp>
#include <string>
#include <vector>

struct sf_private_tag;

namespace chronus::control {

/// 32-bit float, no PEAK chunk once it is closed, RF64 once it passes 4 GB. The same samples give the same bytes.
class WavWriter {
public:
  /// Replaces the file. Throws Error with column 0 that names the path and the reason. /dev/null is written to nowhere; other
  /// devices and pipes are refused, as a WAV's header is written last.
  WavWriter(const std::string& path, int channels, double rate);
  ~WavWriter();
  WavWriter(const WavWriter&) = delete;
  WavWriter& operator=(const WavWriter&) = delete;

  /// False: the disk refused; see error(). What was written before stays good, and nothing more is written.
  bool write(const float* interleaved, Frame frames);
  /// Put together, and written 64 KiB at a time: all of it with the next other call.
  bool write_planar(const float* const* channels, Frame frames);
  bool write_silence(Frame frames);
  /// Makes the file readable as far as it has come. A file that has been deleted is an error.
  void update_header();
  /// False: the disk refused, now or before.
  bool close();

  Frame frames() const noexcept { return frames_; }
  /// Empty, or what went wrong, with its frame and errno.
  const std::string& error() const noexcept { return error_; }

private:
  bool refused(int code);
  bool put(const float* interleaved, Frame frames);
  bool put_waiting();
  std::string path_;
  int channels_;
  sf_private_tag* file_ = nullptr; ///< null: /dev/null, or closed
  int fd_ = -1;
  bool nowhere_ = false;
  Frame frames_ = 0;
  std::string error_;
  std::vector<float> waiting_; ///< interleaved frames from write_planar
  Frame waiting_frames_ = 0;
};

} // namespace chronus::control
