// SPDX-License-Identifier: GPL-3.0-or-later
// The ports of a connection: registering, naming, wiring (errand threads), looking (main thread), latency (a JACK thread).
#include "jack_connection.hpp"
#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <jack/metadata.h>
#include <jack/uuid.h>

namespace chronus::control {
namespace {

/// A list of names that libjack made.
struct Names {
  const char** list;
  explicit Names(const char** from) : list(from) {}
  ~Names() { jack_free(list); }
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;
  template <class F> void each(F f) const {
    for (int i = 0; list && list[i]; ++i) f(list[i]);
  }
};

} // namespace

bool JackConnection::register_ports(const JackPorts& ports) {
  const auto port = [this](std::string name, unsigned long flags) {
    jack_port_t* made = jack_port_register(client_, name.c_str(), JACK_DEFAULT_AUDIO_TYPE, flags, 0);
    if (!made && refused_port_.empty()) refused_port_ = std::move(name);
    return made;
  };
  for (int i = 1; i <= ports.outs; ++i) out_ports_.push_back(port(fmt::format("out_{}", i), JackPortIsOutput));
  for (int i = 1; i <= ports.ins; ++i) in_ports_.push_back(port(fmt::format("in_{}", i), JackPortIsInput));
  out_.resize(out_ports_.size());
  in_.resize(in_ports_.size());
  const auto missing = [](jack_port_t* p) { return p == nullptr; };
  return std::none_of(out_ports_.begin(), out_ports_.end(), missing) && std::none_of(in_ports_.begin(), in_ports_.end(), missing);
}

/// Not every server keeps such names: a failure is none of ours.
void JackConnection::name_ports_prettily() {
  const auto tell = [this](jack_port_t* port, const std::string& name, int order) {
    const auto id = jack_port_uuid(port);
    jack_set_property(client_, id, JACK_METADATA_PRETTY_NAME, name.c_str(), "text/plain");
    jack_set_property(client_, id, JACK_METADATA_ORDER, std::to_string(order).c_str(), "http://www.w3.org/2001/XMLSchema#int");
  };
  int order = 0;
  const auto name_all = [&](const std::vector<jack_port_t*>& ports, const char* word) {
    const bool stereo = ports.size() == 2;
    for (std::size_t i = 0; i < ports.size(); ++i)
      tell(ports[i], stereo ? fmt::format("{} {}", word, i == 0 ? "Left" : "Right") : fmt::format("{} {}", word, i + 1), ++order);
  };
  name_all(out_ports_, "Output");
  name_all(in_ports_, "Input");
}

bool JackConnection::wire(const Wire& wire) {
  const std::string own = full(":" + wire.own), other = full(wire.other);
  const bool output = wire.own.starts_with("out_");
  const int code = jack_connect(client_, (output ? own : other).c_str(), (output ? other : own).c_str());
  return code == 0 || code == EEXIST;
}

std::vector<Wire> JackConnection::wires() const {
  std::vector<Wire> found;
  const std::string prefix = name_ + ":";
  const auto collect = [&](const std::vector<jack_port_t*>& ports) {
    for (jack_port_t* port : ports) {
      const Names names(jack_port_get_all_connections(client_, port));
      names.each([&](std::string_view other) {
        found.push_back({jack_port_short_name(port), std::string(other.starts_with(prefix) ? other.substr(name_.size()) : other)});
      });
    }
  };
  collect(out_ports_);
  collect(in_ports_);
  return found;
}

bool JackConnection::has_other(const Wire& wire) const { return jack_port_by_name(client_, full(wire.other).c_str()) != nullptr; }

std::vector<Wire> JackConnection::plan_wires(const std::string& pattern) const {
  const bool physical = pattern.empty();
  const Names names(jack_get_ports(client_, physical ? nullptr : pattern.c_str(), JACK_DEFAULT_AUDIO_TYPE,
                                   JackPortIsInput | (physical ? JackPortIsPhysical : 0)));
  std::vector<std::string> sinks;
  names.each([&](const char* name) {
    if (!std::string_view(name).starts_with(name_ + ":")) sinks.emplace_back(name);
  });
  std::vector<Wire> planned;
  for (std::size_t i = 0; i < out_ports_.size() && i < sinks.size(); ++i) planned.push_back({jack_port_short_name(out_ports_[i]), sinks[i]});
  if (out_ports_.size() == 1 && sinks.size() > 1) planned.push_back({jack_port_short_name(out_ports_[0]), sinks[1]});
  return planned;
}

/// What comes in goes out later by the delay; what no port brings in (a typed note) is as old as the delay.
void JackConnection::set_latencies(jack_latency_callback_mode_t mode) noexcept {
  const std::uint32_t delay = side_.latency_frames ? side_.latency_frames(side_.arg) : 0;
  const bool capture = mode == JackCaptureLatency;
  const auto& from = capture ? in_ports_ : out_ports_;
  const auto& to = capture ? out_ports_ : in_ports_;
  jack_latency_range_t range{0, 0};
  bool first = true;
  for (jack_port_t* port : from) {
    jack_latency_range_t one;
    jack_port_get_latency_range(port, mode, &one);
    range.min = first ? one.min : std::min(range.min, one.min);
    range.max = std::max(range.max, one.max);
    first = false;
  }
  range.min += delay;
  range.max += delay;
  for (jack_port_t* port : to) {
    jack_latency_range_t old;
    jack_port_get_latency_range(port, mode, &old);
    // PipeWire calls back again after each setting, changed or not.
    if (old.min != range.min || old.max != range.max) jack_port_set_latency_range(port, mode, &range);
  }
}

/// Under PipeWire a port that is told its latency from here may call back into here, on a lock that is held: it is told later.
void JackConnection::on_latency(jack_latency_callback_mode_t mode, void* self) noexcept {
  auto& c = *static_cast<JackConnection*>(self);
  if (c.detached_.get() || !c.ready_.get()) return;
  if (!c.pipewire_) return c.set_latencies(mode);
  c.latencies_due_.set(1);
  c.rung_->ring();
}

void JackConnection::set_due_latencies() {
  latencies_due_.set(0);
  for (auto mode : {JackCaptureLatency, JackPlaybackLatency}) set_latencies(mode);
}

} // namespace chronus::control
