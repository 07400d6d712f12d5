// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. An engine without sound: it writes down what it is asked, and decides at once or when told to.
#pragma once
#include "../../src/control/error.hpp"
#include "../../src/control/host.hpp"
#include <fmt/format.h>

namespace chronus::test {

class FakeHost final : public control::Host {
public:
  Frame at = 0, ahead = 256; ///< the playhead, and how far before it the horizon is
  bool is_running = true, decide_at_once = true, swap_at_once = true;
  std::string refusal; ///< of the next commits
  int out_count = 2, in_count = 0;
  std::vector<std::string> log;
  struct Pending {
    control::CommitRequest request;
    std::function<void(const control::Verdict&, std::uint64_t)> verdict;
    std::function<void(Frame)> swapped;
  };
  std::vector<Pending> undecided, unswapped;
  std::vector<control::CommitRequest> commits;

  double rate() const override { return 48000; }
  int outs() const override { return out_count; }
  int ins() const override { return in_count; }
  bool running() const override { return is_running; }
  Frame playhead() const override { return at; }
  Frame horizon() const override { return block_ceil(at + ahead); }
  const control::Patch& current() const override { return current_; }
  std::uint64_t revision() const override { return revision_; }

  void set(const std::string& module, int param, const control::Setting& value, Frame when) override {
    log.push_back(fmt::format("set {} {} {} @{}", module, param, fmt::join(value.numbers, " "), when));
    current_.instances.at(module).settings.set(static_cast<std::size_t>(param), value);
  }
  void gate(const std::string& module, int lane, bool on, Frame when) override {
    log.push_back(fmt::format("gate {} {} {} @{}", module, lane, on, when));
  }
  void commit(control::CommitRequest request, std::function<void(const control::Verdict&, std::uint64_t)> verdict,
              std::function<void(Frame)> swapped) override {
    commits.push_back(request);
    log.push_back(fmt::format("commit @{} fade {}", request.at, request.fade));
    undecided.push_back({std::move(request), std::move(verdict), std::move(swapped)});
    if (decide_at_once) decide();
  }
  /// The verdict of the oldest commit comes in.
  void decide() {
    Pending p = std::move(undecided.front());
    undecided.erase(undecided.begin());
    if (!refusal.empty()) return p.verdict({.error = refusal}, revision_);
    current_ = p.request.patch;
    unswapped.push_back(p);
    p.verdict({.prime_ms = 0.5, .rms = 0.1, .peak = 0.2, .load = 0.01}, ++revision_);
    if (swap_at_once) swap();
  }
  void swap() {
    const Pending p = std::move(unswapped.front());
    unswapped.erase(unswapped.begin());
    p.swapped(p.request.at);
  }

  control::Stats stats() const override { return {.frame = at, .revision = revision_, .spare = "1"}; }
  void panic(Frame when) override { log.push_back(fmt::format("panic @{}", when)); }
  void record_start(const std::string& path, Frame when) override {
    if (path.starts_with("/nonexistent")) throw control::Error(0, path + ": No such file or directory");
    log.push_back(fmt::format("record {} @{}", path, when));
  }
  void record_stop(Frame when) override {
    log.push_back(fmt::format("record stop @{}", when));
    recorded_until = when;
  }
  std::optional<control::Recorded> recorded() override { return control::Recorded{recorded_until, 0, {}, true}; }
  Frame recorded_until = 0;
  control::FlightReport black_box(const std::string& path) override {
    log.push_back(fmt::format("blackbox {} @{}", path, at));
    return {480'000, 0, 2};
  }
  void fault(const std::string& kind, const std::string& slot, double seconds, Frame when) override {
    log.push_back(fmt::format("fault {} {} {} @{}", kind, slot, seconds, when));
  }

private:
  control::Patch current_;
  std::uint64_t revision_ = 0;
};

} // namespace chronus::test
