// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Sources that have no offset by nature have none, and a pitch may be moved anywhere: through 0, where the wave runs
// backward, and beyond half the rate, where it is silent. Driven from the tables alone.
#include "support/module_bench.hpp"
#include "support/spectrum.hpp"
#include <doctest/doctest.h>
#include <functional>

using namespace chronus;
using namespace chronus::test;

namespace {

/// Lane `lane` of the first output, at what is set.
std::vector<float> play_lane(Bench& b, std::size_t frames, int lane) {
  std::vector<float> out;
  for (Frame f = 0; f < frames; f += block_frames) {
    b.run(f, block_frames);
    for (int i = 0; i < block_frames; ++i) out.push_back(b.output()[i * b.width() + lane]);
  }
  return out;
}

/// Under a window: what is not a whole period does not count.
double mean(const std::vector<float>& sound, std::size_t from, std::size_t n) {
  return std::abs(level(sound, 0, from, n)) / 2;
}

/// Calls body(bench, what is fixed) for a source at each choice of its switches and at the ends and the middle of its width.
void for_each_wave(const ModuleSpec& m, const Kernels& k, double rate, const std::function<void(Bench&)>& body) {
  for (const char* shape : {"shape", ""}) {
    Bench probe(m, k, rate);
    const auto* p = probe.find(shape).second;
    if (*shape && !p) continue;
    for (std::size_t c = 0; c < (p ? p->choices.size() : 1); ++c)
      for (float width : {0.01f, 0.1f, 0.5f, 0.85f, 0.99f}) {
        Bench b(m, k, rate);
        if (b.find("gain").second) b.set("gain", 1);
        if (p) b.set(shape, static_cast<float>(c));
        if (b.find("width").second) b.set("width", width);
        CAPTURE(m.name);
        CAPTURE(c);
        CAPTURE(width);
        body(b);
        if (!b.find("width").second) break;
      }
    break;
  }
}

/// The integral of a wave of this type over its phase: its periodic part, for the wave has a mean of 0.
double integral(const ModuleSpec& m, double turns, double width) {
  if (m.name == "saw") {
    const double u = turns + 0.5 - std::floor(turns + 0.5) - 0.5;
    return u * u;
  }
  const double u = turns - std::floor(turns), high = 2 - 2 * width;
  return u < width ? u * high : width * high - (u - width) * 2 * width;
}

/// What moves a pitch to and fro.
struct Move {
  double hertz, by, at;
  float operator()(Frame f, double rate) const {
    return static_cast<float>(hertz + by * std::sin(2 * std::numbers::pi * at * static_cast<double>(f) / rate));
  }
};

std::vector<float> play_moved(std::string_view type, double rate, std::size_t frames, const Move& move, const Kernels& k,
                              double width = 0.5) {
  const auto& m = *find_module(type);
  Bench b(m, k, rate);
  const int freq = b.find("freq").first;
  b.move(freq);
  if (b.find("gain").second) b.set("gain", 1);
  if (b.find("width").second) b.set("width", static_cast<float>(width));
  std::vector<float> out;
  for (Frame f = 0; f < frames; f += block_frames) {
    for (int i = 0; i < block_frames; ++i)
      for (int l = 0; l < b.width(); ++l) b.value(freq)[i * b.width() + l] = move(f + static_cast<Frame>(i), rate);
    b.run(f, block_frames);
    for (int i = 0; i < block_frames; ++i) out.push_back(b.output()[i * b.width() + b.width() - 1]);
  }
  return out;
}

/// All that is not at a multiple of `hertz`, against all, in dB.
double between_lines(const std::vector<float>& sound, double hertz, double rate) {
  constexpr std::size_t n = 1 << 15;
  const auto p = power(sound, 4800, n);
  double between = 0, whole = 0;
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double at = static_cast<double>(i) * rate / n;
    if (std::fabs(at - std::round(at / hertz) * hertz) >= 6 * rate / n) between += p[i];
    whole += p[i];
  }
  return decibels(std::sqrt(between / whole));
}

} // namespace

TEST_CASE("no source has an offset, whatever its pitch, rate, shape, width and lanes") {
  double worst = 0;
  for (const auto* m : all_modules()) {
    if (!m->source || m->name == "noise") continue; // by chance it has one for a while, pink noise for longer
    for (const Kernels& k : m->kernels)
      for (double rate : {8000.0, 44100.0, 48000.0, 96000.0, 192000.0})
        for (double part : {1.0 / 800, 1.0 / 47, 1.0 / 48, 0.05221, 1.0 / 9, 0.15, 0.25, 0.31, 1.0 / 3, 0.4, 0.4167, 0.455})
          for_each_wave(*m, k, rate, [&](Bench& b) {
            const auto [value, freq] = b.find("freq");
            if (freq && part * rate > static_cast<double>(freq->range.high)) return;
            if (freq) b.set("freq", static_cast<float>(part * rate));
            CAPTURE(rate);
            CAPTURE(part);
            CAPTURE(k.width);
            const double dc = mean(play_lane(b, 1 << 14, k.width - 1), 1 << 11, 3 << 12);
            worst = std::max(worst, dc);
            CHECK(dc < (2e-4));
          });
  }
  MESSAGE("the largest offset of a tone: ", worst);
}

TEST_CASE("a pitch that moves, through 0 too, leaves the mean that the wave has") {
  constexpr std::size_t frames = 1 << 16;
  for (std::string_view type : {"saw", "square"})
    for (double rate : {44100.0, 96000.0})
      for (const Move& move : {Move{440, 200, 0.1}, Move{440, 880, 7.3}, Move{1000, 3000, 440}, Move{2500, 2500, 2500},
                               Move{150, 9000, 61}, Move{3000, 8000, rate / 3}, Move{-800, 300, 5000}, Move{0, 700, 1.7}})
        for (double width : {0.5, 0.02}) {
          if (width < 0.5 && type == "saw") continue;
          CAPTURE(type);
          CAPTURE(rate);
          CAPTURE(move.by);
          CAPTURE(width);
          const auto& m = *find_module(type);
          const auto sound = play_moved(type, rate, frames, move, m.kernels.back(), width);
          double got = 0, want = 0, turns = 0;
          for (Frame f = 0; f < frames; ++f) {
            got += static_cast<double>(sound[f]);
            const double step = static_cast<double>(move(f, rate)) / rate;
            const double way = std::fabs(step) > 1e-8 ? step : 1e-8;
            want += (integral(m, turns + way, width) - integral(m, turns, width)) / way;
            turns += step;
          }
          CHECK(std::fabs(got - want) / frames < 2e-4);
        }
}

TEST_CASE("a pitch moved through 0 has its lines where they belong") {
  for (std::string_view type : {"sine", "saw", "square"})
    for (const Kernels& k : find_module(type)->kernels) {
      CAPTURE(type);
      const double most = type == "sine" ? -88 : -50; // the window's own side lobes; aliases of the bent ramps
      CHECK(between_lines(play_moved(type, 48000, 40000, {440, 880, 440}, k), 440, 48000) < most);
      CHECK(between_lines(play_moved(type, 48000, 40000, {660, 2000, 220}, k), 220, 48000) < most);
    }
}

TEST_CASE("a wave that runs backward has the harmonics it has forward, and no more aliases") {
  for (const char* type : {"saw", "square"}) {
    const auto& k = find_module(type)->kernels.front();
    const auto ahead = play_moved(type, 48000, 40000, {1244.5, 0, 0}, k);
    const auto back = play_moved(type, 48000, 40000, {-1244.5, 0, 0}, k);
    for (int n = 1; n <= 15; ++n) {
      const double f = n * 1244.5 / 48000;
      CHECK(std::fabs(std::abs(level(ahead, f, 4800, 32768)) - std::abs(level(back, f, 4800, 32768))) < 2e-4);
    }
    CHECK(between_lines(back, 1244.5, 48000) < -72);
  }
}

TEST_CASE("a pitch above half the rate is silent, and its phase goes on") {
  for (const auto* m : all_modules()) {
    Bench probe(*m, m->kernels.front());
    const auto* freq = probe.find("freq").second;
    if (!m->source || !freq) continue;
    CAPTURE(m->name);
    for (const Kernels& k : m->kernels)
      for (double hertz : {4000.0, 4001.0, 8000.0, 15000.0, 20000.0, 123456.0, -4000.0, -15000.0}) {
        for (float x : play_moved(m->name, 8000, 640, {hertz, 0, 0}, k)) REQUIRE(x == 0);
        if (hertz < 0 || hertz > static_cast<double>(freq->range.high)) continue;
        Bench b(*m, k, 8000);
        b.set("freq", static_cast<float>(hertz));
        for (float x : play_lane(b, 640, 0)) REQUIRE(x == 0);
      }
  }
  // To and fro over half the rate: the mean pitch is as it was.
  const auto sound = play_moved("sine", 8000, 40000, {1000, 9000, 250}, find_module("sine")->kernels.back());
  CHECK(between_lines(sound, 250, 8000) < -90);
}
