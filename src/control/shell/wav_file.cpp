// SPDX-License-Identifier: GPL-3.0-or-later
// Any control thread. libsndfile.
#include "wav_file.hpp"
#include "../../link/side_by_side.hpp"
#include "../error.hpp"
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sndfile.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utility>

namespace chronus::control {
namespace {

/// What is written at once: the kernel takes 64 KiB in less time than four times 16.
constexpr Frame chunk_floats = 16384;

/// libsndfile 1.2.0 will not leave a PEAK chunk out of an RF64 file, and the time of day is in it: the chunk becomes padding.
void blank_peak_chunk(int fd) {
  char head[8];
  const char zeros[64] = {};
  for (off_t at = 12; pread(fd, head, sizeof head, at) == static_cast<ssize_t>(sizeof head) && std::memcmp(head, "data", 4) != 0;) {
    std::uint32_t size;
    std::memcpy(&size, head + 4, sizeof size);
    if (std::memcmp(head, "PEAK", 4) == 0) {
      bool good = pwrite(fd, "JUNK", 4, at) == 4;
      for (std::uint32_t done = 0; good && done < size; done += sizeof zeros)
        good = pwrite(fd, zeros, std::min<std::size_t>(sizeof zeros, size - done), at + 8 + done) > 0;
      return; // a disk that refuses this leaves a good file with a peak in it
    }
    at += 8 + static_cast<off_t>(size + (size & 1));
  }
}

[[noreturn]] void cannot(const std::string& path, const std::string& reason) {
  throw Error(0, fmt::format("{}: {}", path, reason));
}

} // namespace

WavWriter::WavWriter(const std::string& path, int channels, double rate) : path_(path), channels_(channels) {
  // O_NONBLOCK: opening a pipe without a reader fails instead of waiting for one. Nothing is cut before it is known to be a file.
  const int fd = fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);
  if (fd < 0) cannot(path, std::strerror(errno));
  struct stat status;
  if (fstat(fd, &status) != 0) status.st_mode = 0;
  if (S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) {
    ::close(fd);
    nowhere_ = true;
    return;
  }
  if (!S_ISREG(status.st_mode)) {
    ::close(fd);
    cannot(path, "not a regular file");
  }
  if (ftruncate(fd, 0) != 0) {
    const int code = errno;
    ::close(fd);
    cannot(path, std::strerror(code));
  }
  SF_INFO info{};
  info.samplerate = static_cast<int>(std::lround(rate));
  info.channels = channels;
  info.format = SF_FORMAT_RF64 | SF_FORMAT_FLOAT;
  errno = 0;
  file_ = sf_open_fd(fd, SFM_WRITE, &info, SF_FALSE);
  if (!file_) {
    const int code = errno;
    ::close(fd);
    cannot(path, code ? std::strerror(code) : sf_strerror(nullptr));
  }
  sf_command(file_, SFC_RF64_AUTO_DOWNGRADE, nullptr, SF_TRUE); // below 4 GB a plain WAV, which every reader knows
  errno = 0;
  sf_command(file_, SFC_UPDATE_HEADER_NOW, nullptr, 0);
  if (fstat(sf_error(file_) ? -1 : fd, &status) != 0 || status.st_size == 0) {
    const int code = errno;
    sf_close(file_);
    ::close(fd);
    cannot(path, std::strerror(code ? code : EIO));
  }
}

WavWriter::~WavWriter() { close(); }

bool WavWriter::refused(int code) {
  error_ = fmt::format("{}: {} (errno {}) at frame {}", path_, std::strerror(code), code, frames_);
  return false;
}

bool WavWriter::write(const float* interleaved, Frame frames) { return put_waiting() && put(interleaved, frames); }

bool WavWriter::put_waiting() { return waiting_frames_ == 0 || put(waiting_.data(), std::exchange(waiting_frames_, 0)); }

bool WavWriter::put(const float* interleaved, Frame frames) {
  if (!error_.empty()) return false;
  if (!file_) {
    frames_ += nowhere_ ? frames : 0;
    return nowhere_;
  }
  errno = 0;
  const auto written = sf_writef_float(file_, interleaved, static_cast<sf_count_t>(frames));
  const int code = errno;
  frames_ += static_cast<Frame>(std::max<sf_count_t>(written, 0));
  return written == static_cast<sf_count_t>(frames) || refused(code ? code : EIO);
}

bool WavWriter::write_planar(const float* const* channels, Frame frames) {
  const Frame width = static_cast<Frame>(channels_), chunk_frames = chunk_floats / width;
  waiting_.resize(chunk_frames * width);
  for (Frame done = 0; done < frames;) {
    const Frame some = std::min(frames - done, chunk_frames - waiting_frames_);
    link::side_by_side(waiting_.data() + waiting_frames_ * width, channels, done, some, width);
    done += some;
    waiting_frames_ += some;
    if (waiting_frames_ == chunk_frames && !put_waiting()) return false;
  }
  return error_.empty();
}

bool WavWriter::write_silence(Frame frames) {
  static constexpr float zeros[1024] = {};
  const std::vector<const float*> channels(static_cast<std::size_t>(channels_), zeros);
  for (Frame done = 0; done < frames;) {
    const Frame some = std::min<Frame>(frames - done, std::size(zeros));
    if (!write_planar(channels.data(), some)) return false;
    done += some;
  }
  return error_.empty();
}

void WavWriter::update_header() {
  put_waiting();
  struct stat status;
  if (file_ && error_.empty() && fstat(fd_, &status) == 0 && status.st_nlink == 0) error_ = fmt::format("{}: the file was deleted, by frame {} of it", path_, frames_);
  if (file_) sf_command(file_, SFC_UPDATE_HEADER_NOW, nullptr, 0);
}

bool WavWriter::close() {
  if (error_.empty()) put_waiting();
  if (file_) {
    errno = 0;
    if (sf_close(file_) != 0 && error_.empty()) refused(errno ? errno : EIO);
    file_ = nullptr;
    blank_peak_chunk(fd_);
    ::close(fd_);
  }
  nowhere_ = false;
  return error_.empty();
}

} // namespace chronus::control
