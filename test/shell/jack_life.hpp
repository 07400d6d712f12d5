// SPDX-License-Identifier: GPL-3.0-or-later
// Tests only. A client with the smallest engine there is, and its main loop. CHRONUS names the program, which probes.
#pragma once
#include "control/shell/jack_client.hpp"
#include "jack_server.hpp"
#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

/// Puts out a constant, and counts.
struct Tone {
  chronus::link::Published<std::uint64_t> frames{0}, freewheeled{0};
  chronus::link::Published<std::uint32_t> period{0}, latency{320}, largest{0};
  static void process(void* arg, const float* const*, float* const* out, std::uint32_t n, bool freewheel) noexcept {
    auto& t = *static_cast<Tone*>(arg);
    std::fill_n(out[0], n, 0.25F);
    std::fill_n(out[1], n, -0.25F);
    t.frames.add(n);
    if (freewheel) t.freewheeled.add(n);
    t.largest.set(std::max(t.largest.get(), n));
  }
  static void set_period(void* arg, std::uint32_t n) noexcept { static_cast<Tone*>(arg)->period.set(n); }
  static std::uint32_t latency_frames(void* arg) noexcept { return static_cast<Tone*>(arg)->latency.get(); }
  chronus::control::JackSide side() { return {this, process, set_period, latency_frames}; }
};

struct Life {
  Tone tone;
  std::vector<std::string> said;
  double returned_rate = 0;
  bool accept = true;
  double longest_ms = 0; ///< of a round of housekeeping
  chronus::control::JackClient client;

  explicit Life(int outs = 2, int ins = 0, const std::string& name = "chronus")
      : client({name, outs, ins}, {[this](const std::string& text) { said.push_back(text); },
                                   [this](double rate, std::uint32_t, chronus::control::JackSide&) {
                                     returned_rate = rate;
                                     return accept;
                                   }},
               std::getenv("CHRONUS")) {}
  bool begin() { return client.open().empty() && client.start(tone.side()); }
  bool has_said(const std::string& text) const {
    return std::any_of(said.begin(), said.end(), [&](const std::string& s) { return s.find(text) != s.npos; });
  }
  /// Keeps house until it is true.
  bool until(const std::function<bool()>& true_now, double seconds = 8) {
    return becomes(
      [&] {
        const auto begin = std::chrono::steady_clock::now();
        client.housekeeping();
        longest_ms = std::max(longest_ms, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
        return true_now();
      },
      seconds);
  }
  void live(double seconds) { until([] { return false; }, seconds); }
};
