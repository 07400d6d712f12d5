// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The program's life with JACK: a server that is not there, that goes, that hangs, that comes back.
#pragma once
#include "errand.hpp"
#include "jack_connection.hpp"
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace chronus::control {

/// No call here waits for the server longer than is said. Calls to the server run on errand threads; when one hangs it is left
/// behind and hung() says so: the program should then leave by _exit. SIGPIPE must be ignored (Signals does): libjack writes to
/// a server that may be gone.
class JackClient {
public:
  struct Notices {
    /// A line for the user.
    std::function<void(const std::string&)> say;
    /// A server is back, perhaps at another rate; nothing is being called. The side may be replaced. False: not at this rate;
    /// asked again when there is another.
    std::function<bool(double rate, std::uint32_t period, JackSide& side)> returned;
  };

  /// \param prober the program that probes the server before each open
  JackClient(JackPorts ports, Notices notices, std::string prober);
  /// Stops.
  ~JackClient();
  JackClient(const JackClient&) = delete;
  JackClient& operator=(const JackClient&) = delete;

  /// At the start. Waits 10 s at most. \return empty, or what to tell the user (exit status 3)
  std::string open();
  /// After open: the callbacks begin. Waits 5 s at most. \return false: the server refused
  bool start(const JackSide& side);
  /// After a start that failed: what to tell the user.
  std::string start_error() const;
  /// Wires the outputs, once started; the result is said.
  void connect(const std::string& pattern);
  /// The side's latency has changed.
  void recompute_latencies() { latencies_changed_ = true; }
  /// Every 100 ms or so, and whenever fd() is readable. Returns within a few milliseconds.
  void housekeeping();
  int fd() const noexcept { return rung_->fd(); }
  /// Leaves freewheel, closes. Waits 2 s at most. Afterwards the side is not called.
  void stop();

  bool running() const noexcept { return state_ == State::running; }
  /// Running, but without a cycle for 0.5 s.
  bool silent() const noexcept;
  bool hung() const noexcept { return hung_; }
  const std::string& name() const noexcept { return name_; }
  double rate() const noexcept { return rate_; }
  std::uint32_t period() const noexcept;
  bool freewheel() const noexcept { return running() && connection_->freewheel(); }
  /// Of all connections together.
  std::uint64_t xruns() const noexcept { return xruns_before_ + (connection_ ? connection_->xruns() : 0); }
  /// What the process thread really has; 0: it is an ordinary thread.
  int process_priority() const noexcept { return priority_; }

private:
  enum class State : unsigned char { down, probing, opening, opened, starting, running, closing };
  using Clock = std::chrono::steady_clock;

  void begin_probe();
  void finish_probe();
  void begin_open();
  void finish_open();
  void begin_start();
  void finish_start();
  void watch();
  void lose(const char* why);
  void begin_close(Clock::duration pause);
  void go_down(Clock::duration pause);
  void send_chores();
  void send_wires(std::vector<Wire> wires, bool asked);
  void report_wires();
  void tell_hung();
  void tell_stuck();
  void say(const std::string& text) const;
  std::string refusal(const std::string& server, const std::string& why) const;

  JackPorts ports_;
  std::string prober_;
  Notices notices_;
  std::shared_ptr<EventFd> rung_;
  Errand errand_;
  State state_ = State::down;
  JackSide side_;
  std::shared_ptr<JackConnection> connection_;
  struct Answer; ///< what an errand brings back
  std::shared_ptr<Answer> answer_;
  Wires wires_;
  std::optional<std::string> connect_pattern_;
  std::string name_;
  double rate_ = 0, refused_rate_ = 0;
  int priority_ = 0;
  std::uint64_t xruns_before_ = 0, cycles_seen_ = 0;
  Clock::time_point next_try_{}, cycled_{};
  Clock::duration pause_{}; ///< after the close
  bool latencies_changed_ = false, undecorated_ = false, hung_ = false, has_run_ = false;
  bool close_sent_ = false, close_hangs_ = false, told_hung_ = false, told_stuck_ = false; ///< close_hangs_: some close never returned, and keeps libjack's lock
};

} // namespace chronus::control
