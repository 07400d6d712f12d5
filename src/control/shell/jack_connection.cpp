// SPDX-License-Identifier: GPL-3.0-or-later
// JACK's threads, and the errand threads that open and close. The client and its callbacks.
#include "jack_connection.hpp"
#include "jack_buffers.hpp"
#include "scheduling.hpp"
#include "uncancelled.hpp"
#include <algorithm>
#include <chronus/denormals.hpp>
#include <cstring>
#include <ctime>

namespace chronus::control {

JackConnection::JackConnection(const JackPorts& ports, std::shared_ptr<EventFd> rung) : rung_(std::move(rung)) {
  jack_status_t status{};
  client_ = jack_client_open(ports.name.c_str(), JackNoStartServer, &status); // JackNameNotUnique is no failure: the name got a suffix
  if (!client_) {
    failure_ = status & (JackServerFailed | JackServerError) ? Failure::no_server : Failure::refused;
    return;
  }
  name_ = jack_get_client_name(client_);
  rate_ = jack_get_sample_rate(client_);
  pipewire_ = std::strstr(jack_get_version_string(), "PipeWire") != nullptr;
  jack_set_process_callback(client_, uncancelled<on_process>, this);
  jack_set_buffer_size_callback(client_, uncancelled<on_period>, this);
  jack_set_xrun_callback(client_, uncancelled<on_xrun>, this);
  jack_set_freewheel_callback(client_, uncancelled<on_freewheel>, this);
  jack_set_latency_callback(client_, uncancelled<on_latency>, this);
  jack_on_info_shutdown(client_, uncancelled<on_shutdown>, this);
  wanted_ = ports;
  failure_ = Failure::none;
}

/// The ports come last: who waits for one to appear can then wire it at once, which JACK refuses before the client is active.
bool JackConnection::activate(const JackSide& side) {
  side_ = side;
  if (jack_activate(client_) != 0 || !register_ports(wanted_)) return false;
  ready_.set(1);
  recompute_latencies();
  return true;
}

void JackConnection::close() {
  if (!client_) return;
  if (!gone() && freewheel()) {
    jack_set_freewheel(client_, 0);
    const timespec nap{0, 10'000'000};
    for (int i = 0; i < 100 && freewheel() && !gone(); ++i) nanosleep(&nap, nullptr);
  }
  detach();
  if (gone()) {
    // libjack's threads write their last messages when the server goes. The close cancels them, and one that is cancelled with the
    // lock of the messages in its hand keeps it: this close and every later open would wait for ever.
    const timespec farewell{0, 150'000'000};
    nanosleep(&farewell, nullptr);
  } else {
    jack_deactivate(client_);
  }
  jack_client_close(client_);
  client_ = nullptr;
}

int JackConnection::process_priority() const {
  const auto thread = jack_client_thread_id(client_);
  return thread ? realtime_priority(thread) : 0;
}

std::uint32_t JackConnection::period() const { return jack_get_buffer_size(client_); }

void JackConnection::recompute_latencies() { jack_recompute_total_latencies(client_); }

int JackConnection::on_process(jack_nframes_t frames, void* self) noexcept CHRONUS_REALTIME {
  auto& c = *static_cast<JackConnection*>(self);
  c.cycles_.add(1);
  flush_denormals(); // a thread-init callback would be waited for by libjack, which may miss the signal, for ever
  if (!c.ready_.get()) return 0;
  for (std::size_t i = 0; i < c.in_ports_.size(); ++i) c.in_[i] = port_buffer(c.in_ports_[i], frames);
  for (std::size_t i = 0; i < c.out_ports_.size(); ++i) c.out_[i] = port_buffer(c.out_ports_[i], frames);
  if (c.detached_.get()) {
    for (float* out : c.out_) std::fill_n(out, frames, 0.0F);
    return 0;
  }
  c.side_.process(c.side_.arg, c.in_.data(), c.out_.data(), frames, c.freewheel_.get() != 0);
  return 0; // anything else would end the callbacks for ever
}

int JackConnection::on_period(jack_nframes_t frames, void* self) noexcept {
  auto& c = *static_cast<JackConnection*>(self);
  if (c.side_.period && !c.detached_.get()) c.side_.period(c.side_.arg, frames);
  return 0;
}

int JackConnection::on_xrun(void* self) noexcept {
  auto& c = *static_cast<JackConnection*>(self);
  // jack2 tells of xruns around freewheel that are none (jack2 issue 758).
  const auto now = static_cast<std::int64_t>(jack_get_time());
  if (!c.freewheel() && (c.freewheel_end_ == 0 || now - c.freewheel_end_ > 1'000'000)) c.xruns_.add(1);
  return 0;
}

void JackConnection::on_freewheel(int starting, void* self) noexcept {
  auto& c = *static_cast<JackConnection*>(self);
  c.freewheel_.set(starting);
  if (!starting) c.freewheel_end_ = static_cast<std::int64_t>(jack_get_time());
}

void JackConnection::on_shutdown(jack_status_t, const char*, void* self) noexcept {
  auto& c = *static_cast<JackConnection*>(self);
  c.gone_.set(1); // no call to libjack may be made from here
  c.rung_->ring();
}

} // namespace chronus::control
