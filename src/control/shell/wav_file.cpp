// SPDX-License-Identifier: GPL-3.0-or-later
// Any control thread. libsndfile.
#include "wav_file.hpp"
#include "../../link/side_by_side.hpp"
#include "../error.hpp"
#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sndfile.h>
#include <string_view>
#include <sys/mman.h>
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

/// By its first bytes: what libsndfile, or a person, would call one.
bool is_sound(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return false;
  char head[12] = {};
  const bool whole = pread(fd, head, sizeof head, 0) == static_cast<ssize_t>(sizeof head);
  ::close(fd);
  const std::string_view word(head, 4), kind(head + 8, 4); // RIFF and FORM hold pictures too
  if (word == "RIFF" || word == "RIFX" || word == "RF64" || word == "BW64") return whole && kind == "WAVE";
  if (word == "FORM") return whole && (kind == "AIFF" || kind == "AIFC" || kind == "8SVX");
  constexpr std::string_view known[] = {"fLaC", "OggS", ".snd", "caff", "riff", "wvpk"};
  return whole && std::ranges::find(known, word) != std::end(known);
}

/// The greater of `peak` and the magnitudes, all as bits: without the sign these compare as the numbers do.
std::int32_t greatest(std::int32_t peak, const float* samples, std::size_t n) {
  using Bits [[gnu::vector_size(32)]] = std::int32_t;
  Bits most = {}, some;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    std::memcpy(&some, samples + i, sizeof some);
    some &= 0x7FFFFFFF;
    most = some > most ? some : most;
  }
  for (int k = 0; k < 8; ++k) peak = std::max(peak, most[k]);
  for (; i < n; ++i) peak = std::max(peak, std::bit_cast<std::int32_t>(samples[i]) & 0x7FFFFFFF);
  return peak;
}

[[noreturn]] void cannot(const std::string& path, const std::string& reason) {
  throw Error(0, fmt::format("{}: {}", path, reason));
}

} // namespace

WavWriter::WavWriter(const std::string& path, int channels, double rate, Appears appears) : path_(path), channels_(channels) {
  struct stat status {};
  const bool there = stat(path.c_str(), &status) == 0;
  if (there && S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3)) {
    nowhere_ = true;
    return;
  }
  if (there && !S_ISREG(status.st_mode)) cannot(path, S_ISDIR(status.st_mode) ? std::strerror(EISDIR) : "not a regular file");
  const bool empty = !there || status.st_size == 0;
  if (!empty && !is_sound(path)) cannot(path, "is there and is no sound file; it is not written over");
  try {
    if (appears == Appears::when_whole || !empty) {
      shown_ = appears == Appears::at_once;
      replaced_ = std::make_unique<ReplacedFile>(path, shown_ ? ReplacedFile::Until::shown : ReplacedFile::Until::hidden);
      fd_ = dup(replaced_->fd());
    } else {
      fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0666);
    }
  } catch (const Error& e) {
    cannot(path, e.what());
  }
  if (fd_ < 0) cannot(path, std::strerror(errno));
  begin(rate);
}

WavWriter::WavWriter(int channels, double rate, std::string path) : path_(std::move(path)), channels_(channels) {
  const char* folder = std::getenv("TMPDIR");
  fd_ = open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_ < 0) fd_ = memfd_create("chronus", MFD_CLOEXEC);
  if (fd_ < 0 || (kept_ = dup(fd_)) < 0) cannot("a temporary file", std::strerror(errno));
  begin(rate);
}

void WavWriter::begin(double rate) {
  const int fd = fd_;
  const std::string& path = path_;
  SF_INFO info{};
  info.samplerate = static_cast<int>(std::lround(rate));
  info.channels = channels_;
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
  struct stat status;
  if (fstat(sf_error(file_) ? -1 : fd, &status) != 0 || status.st_size == 0) {
    const int code = errno;
    sf_close(file_);
    ::close(fd);
    cannot(path, std::strerror(code ? code : EIO));
  }
}

WavWriter::~WavWriter() {
  close();
  if (kept_ >= 0) ::close(kept_);
}

bool WavWriter::refused(int code) {
  error_ = fmt::format("{}: {} (errno {}) at frame {}", path_, std::strerror(code), code, frames_);
  return false;
}

bool WavWriter::write(const float* interleaved, Frame frames) { return put_waiting() && put(interleaved, frames); }

bool WavWriter::put_waiting() { return waiting_frames_ == 0 || put(waiting_.data(), std::exchange(waiting_frames_, 0)); }

bool WavWriter::put(const float* interleaved, Frame frames) {
  if (!error_.empty()) return false;
  if (file_) peak_ = greatest(peak_, interleaved, static_cast<std::size_t>(frames) * static_cast<std::size_t>(channels_));
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

/// What was written takes its place. One that the disk did not take whole replaces nothing; what there is of a take, or of a
/// render whose place somebody else has taken, stays beside it.
void WavWriter::settle() {
  if (!replaced_) return;
  const bool whole = error_.empty(), fresh = !replaced_->replaces();
  const int code = whole || fresh ? replaced_->put() : 0;
  if (code && whole) error_ = fmt::format("{}: {}", path_, code == EEXIST ? "somebody else has made a file there meanwhile" : std::strerror(code));
  if (code || !(whole || fresh))
    if (const std::string left = whole || shown_ ? replaced_->leave_beside() : std::string(); !left.empty()) error_ += "; what there is of it is " + left;
  replaced_.reset();
}

float WavWriter::peak() const noexcept { return std::bit_cast<float>(peak_); }

bool WavWriter::close() {
  if (error_.empty()) put_waiting();
  if (file_) {
    errno = 0;
    if (sf_close(file_) != 0 && error_.empty()) refused(errno ? errno : EIO);
    file_ = nullptr;
    blank_peak_chunk(fd_);
    ::close(fd_);
    settle();
  }
  nowhere_ = false;
  return error_.empty();
}

void WavWriter::abandon() {
  if (file_) {
    sf_close(std::exchange(file_, nullptr));
    ::close(fd_);
  }
  replaced_.reset();
}

bool WavWriter::copy_to(int fd, const std::function<bool()>& stop) {
  std::vector<char> piece(65536);
  for (off_t at = 0;;) {
    const ssize_t got = pread(kept_, piece.data(), piece.size(), at);
    if (got <= 0) return got == 0 || refused(errno);
    for (ssize_t done = 0; done < got;) {
      if (stop()) return refused(EINTR);
      pollfd ready{fd, POLLOUT, 0};
      if (poll(&ready, 1, 100) <= 0) continue;
      // A pipe that is ready takes 4096 bytes without blocking.
      const ssize_t n = ::write(fd, piece.data() + done, std::min<std::size_t>(static_cast<std::size_t>(got - done), 4096));
      if (n > 0) done += n;
      else if (n < 0 && errno != EINTR && errno != EAGAIN) return refused(errno);
    }
    at += got;
  }
}

} // namespace chronus::control
