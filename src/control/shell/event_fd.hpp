// SPDX-License-Identifier: GPL-3.0-or-later
// Any thread may ring; the main thread polls. How other threads wake the main loop.
#pragma once
#include <cerrno>
#include <cstdint>
#include <sys/eventfd.h>
#include <system_error>
#include <unistd.h>

namespace chronus::control {

class EventFd {
public:
  /// Throws std::system_error where no descriptor is to be had.
  EventFd() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  ~EventFd() {
    if (fd_ >= 0) close(fd_);
  }
  EventFd(const EventFd&) = delete;
  EventFd& operator=(const EventFd&) = delete;

  int fd() const noexcept { return fd_; }
  /// Any thread but a real-time one: it is a system call.
  void ring() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] auto written = write(fd_, &one, sizeof one); // fails only when it has been rung already
  }
  /// Main thread.
  void drain() noexcept {
    std::uint64_t count;
    [[maybe_unused]] auto got = read(fd_, &count, sizeof count);
  }

private:
  int fd_;
};

} // namespace chronus::control
