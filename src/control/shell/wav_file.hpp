// SPDX-License-Identifier: GPL-3.0-or-later
// Any control thread. A float WAV that grows, for the recorder and for the offline renderer.
#pragma once
#include "../replaced_file.hpp"
#include <chronus/units.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

struct sf_private_tag;

namespace chronus::control {

/// 32-bit float, no PEAK chunk once it is closed, RF64 once it passes 4 GB. The same samples give the same bytes.
class WavWriter {
public:
  /// How the file comes into its place.
  enum class Appears : std::uint8_t {
    at_once,    ///< it grows under its name, so that a kill loses nothing; to replace another one, as PATH.part-XXXXXX
    when_whole, ///< only close() gives it its name
  };

  /// A sound file that stands there is replaced when the new one is whole; anything else that is not empty is refused. Throws
  /// Error with column 0 that names the path and the reason. /dev/null is written to nowhere; other devices and pipes are
  /// refused, as a WAV's header is written last.
  WavWriter(const std::string& path, int channels, double rate, Appears appears = Appears::at_once);
  /// Into a file without a name, which copy_to() hands on; `path` is for messages.
  WavWriter(int channels, double rate, std::string path = "the sound");
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
  /// Another file stands there until close().
  bool replaces() const noexcept { return replaced_ && replaced_->replaces(); }
  /// Nothing appears, and what stands there stays.
  void abandon();
  /// Of a file without a name that has been finished by close(): all of it to a descriptor that may be a pipe. `stop` is asked
  /// every 100 ms at least. False: it stopped, or the reader went away; see error().
  bool copy_to(int fd, const std::function<bool()>& stop);

  Frame frames() const noexcept { return frames_; }
  /// The greatest magnitude of all that was written.
  float peak() const noexcept;
  /// Empty, or what went wrong, with its frame and errno.
  const std::string& error() const noexcept { return error_; }

private:
  void begin(double rate);
  void settle();
  bool refused(int code);
  bool put(const float* interleaved, Frame frames);
  bool put_waiting();
  std::string path_;
  int channels_;
  sf_private_tag* file_ = nullptr; ///< null: /dev/null, or closed
  int fd_ = -1; ///< open until close()
  std::unique_ptr<ReplacedFile> replaced_; ///< null: it stands under its name already
  int kept_ = -1; ///< the file without a name
  bool nowhere_ = false, shown_ = false;
  std::int32_t peak_ = 0; ///< its bits
  Frame frames_ = 0;
  std::string error_;
  std::vector<float> waiting_; ///< interleaved frames from write_planar
  Frame waiting_frames_ = 0;
};

} // namespace chronus::control
