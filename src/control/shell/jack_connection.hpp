// SPDX-License-Identifier: GPL-3.0-or-later
// One connection to one JACK server, from open to close. Made, activated and closed on errand threads; JACK's threads call in.
#pragma once
#include "event_fd.hpp"
#include "wires.hpp"
#include "../../link/counters.hpp"
#include <jack/jack.h>
#include <memory>
#include <string>
#include <vector>

namespace chronus::control {

/// What JACK's threads call. `arg` must live until the client has been stopped.
struct JackSide {
  void* arg = nullptr;
  /// Process thread. Every buffer is `frames` long; all of `out` is to be written.
  void (*process)(void* arg, const float* const* in, float* const* out, std::uint32_t frames, bool freewheel) noexcept CHRONUS_REALTIME = nullptr;
  /// Any of JACK's threads, perhaps beside `process`: the period is now this long. May be null.
  void (*period)(void* arg, std::uint32_t frames) noexcept = nullptr;
  /// Any thread: from an input to an output, or from a command to an output. May be null: 0.
  std::uint32_t (*latency_frames)(void* arg) noexcept = nullptr;
};

struct JackPorts {
  std::string name;
  int outs = 2, ins = 0;
};

class JackConnection {
public:
  enum class Failure : unsigned char { none, no_server, refused };

  /// Opens the client and registers its ports; may take as long as the server pleases.
  JackConnection(const JackPorts& ports, std::shared_ptr<EventFd> rung);
  JackConnection(const JackConnection&) = delete;
  JackConnection& operator=(const JackConnection&) = delete;

  Failure failure() const noexcept { return failure_; }
  /// Of activate(): the port that the server did not give; empty: it gave all.
  const std::string& refused_port() const noexcept { return refused_port_; }
  const std::string& name() const noexcept { return name_; }
  double rate() const noexcept { return rate_; }

  // ---- errands: calls to the server ----
  bool activate(const JackSide& side);
  /// Leaves freewheel first: a client that closes in freewheel breaks jackd 1.9.21 (jack2 issue 1006).
  void close();
  bool wire(const Wire& wire);
  void name_ports_prettily();
  void recompute_latencies();
  void set_due_latencies();
  int process_priority() const;

  // ---- main thread: what lies in shared memory ----
  std::vector<Wire> wires() const;
  bool has_other(const Wire& wire) const;
  /// Our outputs in order against the inputs that match, or the physical ones. A single output goes to the first two.
  std::vector<Wire> plan_wires(const std::string& pattern) const;
  std::uint32_t period() const;
  /// set_due_latencies is to be called.
  bool latencies_due() const noexcept { return latencies_due_.get() != 0; }

  /// Main thread. From now on the side is not called; a call that is going on may still end.
  void detach() noexcept { detached_.set(1); }
  bool gone() const noexcept { return gone_.get() != 0; }
  bool freewheel() const noexcept { return freewheel_.get() != 0; }
  std::uint64_t cycles() const noexcept { return cycles_.get(); }
  std::uint64_t xruns() const noexcept { return xruns_.get(); }

private:
  static int on_process(jack_nframes_t frames, void* self) noexcept CHRONUS_REALTIME;
  static int on_period(jack_nframes_t frames, void* self) noexcept;
  static int on_xrun(void* self) noexcept;
  static void on_freewheel(int starting, void* self) noexcept;
  static void on_latency(jack_latency_callback_mode_t mode, void* self) noexcept;
  static void on_shutdown(jack_status_t code, const char* reason, void* self) noexcept;
  bool register_ports(const JackPorts& ports);
  void set_latencies(jack_latency_callback_mode_t mode) noexcept;
  std::string full(const std::string& other) const { return other.starts_with(':') ? name_ + other : other; }

  std::shared_ptr<EventFd> rung_;
  jack_client_t* client_ = nullptr;
  Failure failure_ = Failure::refused;
  std::string name_;
  double rate_ = 0;
  bool pipewire_ = false;
  JackPorts wanted_;
  std::string refused_port_;
  JackSide side_;
  std::vector<jack_port_t*> out_ports_, in_ports_;
  std::vector<float*> out_;      ///< process thread
  std::vector<const float*> in_; ///< process thread
  std::int64_t freewheel_end_ = 0; ///< notification thread: microseconds
  link::Published<int> gone_{0}, freewheel_{0}, detached_{0};
  link::Published<int> ready_{0}; ///< every port is there
  link::Published<int> latencies_due_{0};
  link::Published<std::uint64_t> cycles_{0}, xruns_{0};
};

} // namespace chronus::control
