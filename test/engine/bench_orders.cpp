// SPDX-License-Identifier: GPL-3.0-or-later
// By hand: how long the callback takes at a period of 64 frames while sets rain down on it: none, 100,000 a second, and half a
// million at once. Cycles follow each other by the clock, as at a server.
// usage: bench_orders CYCLES      prints for each: sets passed on; then of the period, in per cent of CPU time of the callback:
//        mean, 99th of 100, longest; then how many sets came too late, and cycles in which a block was missing
#define DOCTEST_CONFIG_IMPLEMENT
#include "support/offline_rig.hpp"
#include <algorithm>
#include <chronus/denormals.hpp>
#include <cstdio>
#include <cstdlib>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

constexpr int period = 64;
constexpr double period_ns = 1e9 * period / 48000;

double now_ns(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

Patch patch() {
  Kit k;
  k.add("wave", "saw", {{"gain", 0.5F}}).add("tone", "biquad").cable("wave", "tone").cable("tone", "out");
  return k.patch;
}

/// `at_once` at the first cycle, and then so many in each; `ahead`: with frames that are to come, as in a script, else for now.
void measure(const char* title, int cycles, int at_once, int each, bool ahead) {
  Engine engine({.rate = rate, .slots = 2, .outs = 2, .spare = true}, [] {});
  rt::Process process(engine.link(), rate, 4 * period, true);
  std::vector<float> left(period), right(period);
  float* out[] = {left.data(), right.data()};
  std::vector<double> shares;
  double next = now_ns(CLOCK_MONOTONIC);
  const auto cycle = [&](bool counts) {
    engine.poll();
    next += period_ns;
    for (double wait; (wait = next - now_ns(CLOCK_MONOTONIC)) > 0;) rest(std::max(1L, static_cast<long>(wait * 1e-3)));
    next = std::max(next, now_ns(CLOCK_MONOTONIC) - 8 * period_ns);
    const double used = now_ns(CLOCK_THREAD_CPUTIME_ID);
    process.cycle(nullptr, out, period, rt::Process::Patience::none);
    if (counts) shares.push_back(100 * (now_ns(CLOCK_THREAD_CPUTIME_ID) - used) / period_ns);
  };
  process.refill(period);
  bool swapped = false;
  CommitRequest request;
  request.patch = patch();
  engine.commit(std::move(request), [](const Verdict&, std::uint64_t) {}, [&](Frame) { swapped = true; });
  for (int i = 0; i < 1'000'000 && !swapped; ++i) cycle(false);
  for (int i = 0; i < 1000; ++i) cycle(false);
  const auto starved = engine.stats().starved, late = engine.stats().late;
  int sent = 0;
  const auto send = [&](int n, Frame at) {
    for (int i = 0; i < n; ++i, ++sent) engine.set("wave", 0, {Setting::Kind::one, {100.0F + static_cast<float>(sent % 1000)}}, at);
  };
  const Frame begin = ahead ? block_ceil(engine.horizon()) + 4800 : 0;
  send(at_once, begin);
  for (int i = 0; i < cycles; ++i) {
    send(each, ahead ? begin + static_cast<Frame>(i * period) : 0);
    cycle(true);
  }
  double sum = 0;
  for (double s : shares) sum += s;
  std::sort(shares.begin(), shares.end());
  const auto now = engine.stats();
  std::printf("%-40s %7d  %6.2f %6.2f %6.2f  late %llu, starved %llu\n", title, sent, sum / static_cast<double>(shares.size()), shares[shares.size() * 99 / 100], shares.back(),
              static_cast<unsigned long long>(now.late - late), static_cast<unsigned long long>((now.starved - starved) / period));
}

} // namespace

int main(int argc, char** argv) {
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  if (argc != 2) return 2;
  flush_denormals();
  const int cycles = std::max(1, std::atoi(argv[1])), a_second = 100'000 * period / 48000;
  measure("none", cycles, 0, 0, false);
  measure("100,000 a second, for now", cycles, 0, a_second, false);
  measure("100,000 a second, ahead", cycles, 0, a_second, true);
  measure("500,000 at once, for now", cycles, 500'000, 0, false);
  measure("500,000 at one frame ahead", cycles, 500'000, 0, true);
}
