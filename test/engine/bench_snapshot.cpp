// SPDX-License-Identifier: GPL-3.0-or-later
// By hand: what it costs live's worker to give a spare its plan, for 64 delays of 10 s, all full of sound. Between the slices the
// plan plays on, as it does on a worker.
// usage: bench_snapshot ROUNDS      prints for each: MiB of histories, blocks that it took; then of one block's time at 48 kHz, in
//        per cent of CPU time: the small state at once; a slice: mean, 99th of 100, longest; the sound itself: mean
#define DOCTEST_CONFIG_IMPLEMENT
#include "support/patch_kit.hpp"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <time.h>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

constexpr double block_ns = 1e9 * block_frames / 48000;

double now_ns() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e9 + static_cast<double>(t.tv_nsec);
}

template <class Work> double share(Work work) {
  const double began = now_ns();
  work();
  return 100 * (now_ns() - began) / block_ns;
}

Patch delays() {
  Kit k;
  k.add("n", "noise", {{"gain", 0.01F}});
  for (int i = 0; i < 64; ++i) {
    const std::string d = "d" + std::to_string(i);
    k.add(d, "delay", {{"time", 10'000.0F - static_cast<float>(i)}, {"feedback", 0.5F}}).cable("n", d).cable(d, "out");
  }
  return k.patch;
}

double mean(const std::vector<double>& all) {
  double sum = 0;
  for (double x : all) sum += x;
  return sum / static_cast<double>(all.size());
}

} // namespace

int main(int argc, char** argv) {
  doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  if (argc != 2) return 2;
  flush_denormals();
  Ids ids;
  const Patch patch = delays();
  auto plan = plan_of(patch, ids), copy = plan_of(patch, ids);
  plan->start(0);
  Frame at = 0;
  const auto play = [&] {
    plan->run(at, block_frames);
    at += block_frames;
  };
  while (at < 500'000) play();
  for (int round = 0; round < std::atoi(argv[1]); ++round) {
    const Frame from = at;
    std::uint64_t done = 0;
    std::vector<double> slices, sound;
    const double state = share([&] { copy->copy_from(*plan); });
    for (bool over = false; !over;) {
      sound.push_back(share(play));
      slices.push_back(share([&] { over = copy->copy_histories(*plan, from, done, std::max<std::uint64_t>(65536, plan->history_floats() / 128)); }));
    }
    const double costs = mean(slices);
    std::sort(slices.begin(), slices.end());
    std::printf("%.0f %zu %.2f %.2f %.2f %.2f %.2f\n", static_cast<double>(plan->history_floats()) / (1 << 18), slices.size(), state, costs,
                slices[slices.size() * 99 / 100], slices.back(), mean(sound));
  }
}
