// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. What a running client needs: its server watched, its wires kept, its chores sent.
#include "jack_answer.hpp"
#include "jack_client.hpp"
#include "../text.hpp"
#include <algorithm>
#include <fmt/format.h>

namespace chronus::control {
namespace {

using namespace std::chrono_literals;
constexpr auto chore_limit = 5s;

} // namespace

void JackClient::connect(const std::string& pattern) { connect_pattern_ = pattern; }

void JackClient::watch() {
  const auto now = Clock::now();
  if (connection_->gone()) return lose("jack: the server is gone; waiting for it");
  const auto cycles = connection_->cycles();
  if (cycles != cycles_seen_) {
    cycles_seen_ = cycles;
    cycled_ = now;
    wires_.seen(connection_->wires(), now);
  }
  // A callback that waits for workers in freewheel, and a long period at a low rate, are slow by right.
  const auto period_time = std::chrono::duration<double>(period() / std::max(rate_, 1.0));
  const auto limit = connection_->freewheel() ? Clock::duration(30s) : std::max<Clock::duration>(2s, std::chrono::duration_cast<Clock::duration>(4 * period_time));
  if (now - cycled_ > limit) return lose("jack: the server has fallen silent; trying to reach it again");
  for (const auto& wire : wires_.given_up(now)) say(fmt::format("jack: {} is not wired again: {} has not come back", wire.own, printable(wire.other, 300)));
  if (errand_.out()) {
    if (errand_.age() > chore_limit) lose("jack: the server does not answer; trying to reach it again");
    return;
  }
  report_wires();
  send_chores();
}

/// One at a time, the most wanted first.
void JackClient::send_chores() {
  std::vector<Wire> ready;
  for (const auto& wire : wires_.missing())
    if (connection_->has_other(wire)) ready.push_back(wire);
  if (!ready.empty()) return send_wires(std::move(ready), false);
  if (connect_pattern_) {
    auto planned = connection_->plan_wires(*connect_pattern_);
    if (planned.empty())
      say(connect_pattern_->empty() ? "jack: no physical port to wire to" : fmt::format("jack: no input port matches {}", quoted(*connect_pattern_)));
    connect_pattern_.reset();
    if (!planned.empty()) return send_wires(std::move(planned), true);
  }
  if (connection_->latencies_due())
    errand_.send([connection = connection_] { connection->set_due_latencies(); });
  else if (latencies_changed_)
    latencies_changed_ = !errand_.send([connection = connection_] { connection->recompute_latencies(); });
  else if (undecorated_)
    undecorated_ = !errand_.send([connection = connection_] { connection->name_ports_prettily(); });
}

void JackClient::send_wires(std::vector<Wire> wires, bool asked) {
  answer_ = std::make_shared<Answer>();
  answer_->asked = asked;
  errand_.send([answer = answer_, connection = connection_, wires = std::move(wires)] {
    for (const auto& wire : wires) answer->wired.emplace_back(wire, connection->wire(wire));
  });
}

void JackClient::report_wires() {
  if (!answer_) return;
  for (const auto& [wire, stands] : answer_->wired) {
    if (stands) wires_.restored(wire);
    if (stands && answer_->asked) say(fmt::format("jack: {} -> {}", wire.own, printable(wire.other, 300)));
    if (!stands && answer_->asked) say(fmt::format("jack: {} cannot be wired to {}", wire.own, printable(wire.other, 300)));
  }
  answer_.reset();
}

} // namespace chronus::control
