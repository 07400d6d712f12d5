// SPDX-License-Identifier: GPL-3.0-or-later
// By hand, and for scripts/bench: how long the callback takes at a period of 64 frames, with a recording going on, for one voice
// and for 256. The block is always there before the callback comes, as it is where the worker keeps up; the callback's thread stands
// above the workers, as it does under JACK, where the system allows it.
// usage: bench_callback FILE.wav CYCLES      prints for each: voices, then µs by the clock: median, 99th of 100, longest; then
//        of its own CPU time: median, 99th of 100, longest; then cycles in which a block was missing, and frames not recorded
#define DOCTEST_CONFIG_IMPLEMENT
#include "control/shell/scheduling.hpp"
#include "support/offline_rig.hpp"
#include <algorithm>
#include <chronus/denormals.hpp>
#include <cstdio>
#include <cstdlib>
#include <time.h>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

constexpr int period = 64, priority = 10;

double now_us(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) * 1e-3;
}

struct Times {
  std::vector<double> each;
  double at(double part) { return each[std::min(each.size() - 1, static_cast<std::size_t>(part * static_cast<double>(each.size())))]; }
  void print() {
    std::sort(each.begin(), each.end());
    std::printf(" %.3f %.3f %.3f", at(0.5), at(0.99), each.back());
  }
};

Patch patch_of(int voices) {
  Kit k;
  k.add("wave", "saw", {{"gain", 0.5F / static_cast<float>(voices)}}, voices).spread("wave", "freq", 55, 820);
  k.add("tone", "biquad", {{"q", 2}}).add("note", "adsr").cable("wave", "tone").cable("tone", "note").cable("note", "out").gate("note");
  return k.patch;
}

void measure(int voices, const char* path, int cycles) {
  Engine engine({.rate = rate, .slots = 2, .outs = 2, .spare = true, .black_box = true}, [] {});
  rt::Process process(engine.link(), rate, 2 * period, true);
  std::vector<float> left(period), right(period);
  float* out[] = {left.data(), right.data()};
  const auto rendered = [&] {
    const int live = engine.link().counters.live.get();
    return engine.link().rings(live).progress.rendered.get() >= engine.playhead() + period;
  };
  constexpr timespec nap{0, 20'000};
  Times wall, own;
  const auto cycle = [&](bool counts) {
    engine.poll();
    for (int tries = 0; !rendered() && tries < 10'000; ++tries) nanosleep(&nap, nullptr);
    const double began = now_us(CLOCK_MONOTONIC), used = now_us(CLOCK_THREAD_CPUTIME_ID);
    process.cycle(nullptr, out, period, rt::Process::Patience::none);
    const double spent = now_us(CLOCK_THREAD_CPUTIME_ID) - used, past = now_us(CLOCK_MONOTONIC) - began;
    if (counts) wall.each.push_back(past), own.each.push_back(spent);
  };
  process.refill(period);
  bool swapped = false;
  CommitRequest request;
  request.patch = patch_of(voices);
  engine.commit(std::move(request), [](const Verdict&, std::uint64_t) {}, [&](Frame) { swapped = true; });
  for (int i = 0; i < 1'000'000 && !swapped; ++i) cycle(false);
  engine.set_priority(priority_below(acquire_realtime(pthread_self(), priority))); // now that all threads are there, and are ordinary
  engine.record_start(path, 0);
  for (int i = 0; i < 1000; ++i) cycle(false);
  const auto missing = engine.stats().starved;
  for (int i = 0; i < cycles; ++i) cycle(true);
  std::printf("%d", voices);
  wall.print();
  own.print();
  const auto starved = engine.stats().starved - missing;
  engine.record_stop(0);
  give_up_realtime(pthread_self());
  for (int i = 0; i < 1000; ++i) cycle(false);
  std::optional<control::Recorded> recorded;
  while (!(recorded = engine.recorded())) cycle(false);
  std::printf(" %llu %llu\n", static_cast<unsigned long long>(starved / period), static_cast<unsigned long long>(recorded->gaps));
}

} // namespace

int main(int argc, char** argv) {
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  if (argc != 3) return 2;
  flush_denormals();
  for (int voices : {1, 256}) measure(voices, argv[1], std::max(1, std::atoi(argv[2])));
}
