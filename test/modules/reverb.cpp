// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. A room, by how it dies away.
#include "support/module_bench.hpp"
#include "support/scenario.hpp"
#include "support/spectrum.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

struct Settings {
  float size = 1, decay = 1000, damp = 20000, predelay = 0, mix = 1;
};

Bench room(const Settings& s, double rate = 48000) {
  const auto& spec = *find_module("reverb");
  Bench b(spec, spec.kernels.front(), rate);
  b.set("size", s.size);
  b.set("decay", s.decay);
  b.set("damp", s.damp);
  b.set("predelay", s.predelay);
  b.set("mix", s.mix);
  return b;
}

/// Both sides of the room's answer to the same sound on both, or on the left alone.
Sound answer(Bench& b, const std::vector<float>& x, bool right = true, Frame from = 0) {
  flush_denormals();
  Sound y(2);
  for (Frame f = from; f < from + x.size(); f += block_frames) {
    for (Frame i = 0; i < block_frames; ++i) {
      const float now = f - from + i < x.size() ? x[f - from + i] : 0;
      b.input(0)[i] = now;
      b.input(1)[i] = right ? now : 0;
    }
    b.run(f, block_frames);
    for (std::size_t side = 0; side < 2; ++side)
      y[side].insert(y[side].end(), b.output(static_cast<int>(side)), b.output(static_cast<int>(side)) + block_frames);
  }
  return y;
}

std::vector<float> impulse(double seconds, double rate = 48000) {
  std::vector<float> x(static_cast<std::size_t>(seconds * rate));
  x[0] = 1;
  return x;
}

std::vector<float> noise(std::size_t frames) {
  std::vector<float> x(frames);
  for (std::size_t i = 0; i < frames; ++i) x[i] = static_cast<float>(chance(8, i) - 0.5);
  return x;
}

float loudest(const std::vector<float>& x) {
  float most = 0;
  for (float v : x) most = std::max(most, std::fabs(v));
  return most;
}

/// What a band around `hertz` loses each second on both sides, in dB; measured from `from` to `to` seconds.
double fall(Sound y, double hertz, float q, double from, double to, double rate) {
  const auto& spec = *find_module("biquad");
  for (auto& side : y)
    for (int k = 0; k < 2; ++k) {
      Bench b(spec, spec.kernels.front(), rate);
      b.set("mode", 2);
      b.set("cutoff", static_cast<float>(hertz));
      b.set("q", q);
      side = play(b, side.size(), side);
    }
  const double window = 0.2 * (to - from);
  const auto energy = [&](double at) {
    double e = 0;
    for (auto i = static_cast<std::size_t>(at * rate); i < static_cast<std::size_t>((at + window) * rate); ++i) e += y[0][i] * y[0][i] + y[1][i] * y[1][i];
    return 10 * std::log10(e);
  };
  return (energy(from) - energy(to - window)) / (to - window - from);
}

} // namespace

TEST_CASE("a room dies away by 60 dB in its decay, whatever its size and the rate") {
  for (double rate : {44100.0, 48000.0, 96000.0})
    for (float size : {0.3f, 1.0f, 2.0f})
      for (float decay : {1500.0f, 4000.0f}) {
        CAPTURE(rate);
        CAPTURE(size);
        CAPTURE(decay);
        const double seconds = decay / 1000;
        Bench b = room({.size = size, .decay = decay}, rate);
        const auto y = answer(b, impulse(seconds * 1.1, rate));
        CHECK(fall(y, 500, 1, 0.4 * seconds, 1.1 * seconds, rate) * seconds == doctest::Approx(60).epsilon(0.04));
      }
}

TEST_CASE("at damp it dies twice as fast, and far below as if there were no damping") {
  for (double rate : {44100.0, 96000.0})
    for (float damp : {2000.0f, 6000.0f}) {
      CAPTURE(rate);
      CAPTURE(damp);
      Bench b = room({.decay = 2000, .damp = damp}, rate);
      const auto y = answer(b, impulse(2.2, rate));
      CHECK(fall(y, damp, 4, 0.1, 0.9, rate) == doctest::Approx(60).epsilon(0.08));
      CHECK(fall(y, damp / 16, 1, 0.4, 2, rate) == doctest::Approx(30).epsilon(0.05));
    }
}

TEST_CASE("steady noise comes out as loud as it went in, whatever decay and size") {
  for (float size : {0.2f, 1.0f, 2.5f})
    for (float decay : {300.0f, 2000.0f, 8000.0f}) {
      CAPTURE(size);
      CAPTURE(decay);
      Bench b = room({.size = size, .decay = decay});
      const auto x = noise(static_cast<std::size_t>(48000 * (2 + decay / 1000)));
      const auto y = answer(b, x);
      double in = 0, out = 0;
      for (std::size_t i = y[0].size() - 48000; i < y[0].size(); ++i) in += x[i] * x[i], out += y[0][i] * y[0][i];
      const double db = 10 * std::log10(out / in);
      CHECK(db < 1);
      CHECK(db > -3); // what the damping at 20 kHz takes of white noise
    }
}

TEST_CASE("an offset does not ring") {
  for (float decay : {1000.0f, 10'000.0f}) {
    Bench b = room({.decay = decay});
    const auto y = answer(b, std::vector<float>(static_cast<std::size_t>(96 * decay), 1.0f));
    for (const auto& side : y) CHECK(std::fabs(side.back()) < 0.4f);
  }
}

TEST_CASE("predelay is whole frames later, bit for bit") {
  Bench now = room({}), later = room({.predelay = 40});
  const auto a = answer(now, noise(24000), false), b = answer(later, noise(24000), false);
  for (std::size_t side = 0; side < 2; ++side)
    for (std::size_t i = 0; i < 24000; ++i) REQUIRE(b[side][i] == (i < 1920 ? 0 : a[side][i - 1920]));
}

TEST_CASE("the first echo comes from the side of the sound, and both tails are strangers") {
  Bench b = room({});
  const auto y = answer(b, impulse(0.5), false);
  const auto first = [](const std::vector<float>& x) { return std::find_if(x.begin(), x.end(), [](float v) { return v != 0; }) - x.begin(); };
  CHECK(first(y[0]) == 1009); // the shortest line; the all-passes let a part through at once
  CHECK(first(y[1]) == 1009 + 1109);
  Bench c = room({});
  const auto z = answer(c, impulse(1));
  double lr = 0, ll = 0, rr = 0;
  for (std::size_t i = 4800; i < 48000; ++i) lr += z[0][i] * z[1][i], ll += z[0][i] * z[0][i], rr += z[1][i] * z[1][i];
  CHECK(std::fabs(lr / std::sqrt(ll * rr)) < 0.1);
  CHECK(ll / rr == doctest::Approx(1).epsilon(0.3));
}

TEST_CASE("mix 0 is the input, bit for bit") {
  Bench b = room({.mix = 0});
  const auto x = noise(6400);
  CHECK(answer(b, x)[0] == x);
}

TEST_CASE("a size that has moved loses nothing more than one that never did, once it stands") {
  Bench moved = room({.size = 1}), still = room({.size = 1.37f});
  answer(moved, std::vector<float>(640));
  const auto [value, spec] = moved.find("size");
  moved.move(value);
  for (int i = 0; i < block_frames; ++i) moved.value(value)[i] = 1 + 0.37f * static_cast<float>(i + 1) / block_frames;
  moved.run(640, block_frames);
  moved.move(value, false);
  moved.set("size", 1.37f);
  answer(moved, std::vector<float>(640), true, 704); // the lines glide to whole frames
  answer(still, std::vector<float>(1344));
  const auto a = answer(moved, impulse(1), true, 1344), b = answer(still, impulse(1), true, 1344);
  CHECK(difference(a, b) == -1);
  CHECK(loudest(a[0]) > 0.01f);
}

TEST_CASE("reverb: a small room at a low rate does not hum") {
  Bench b = room({.size = 0.1f, .decay = 3000}, 8000);
  std::vector<float> x(16384);
  const auto burst = noise(800);
  std::copy(burst.begin(), burst.end(), x.begin());
  const Sound y = answer(b, x, false);
  const auto with = [&](std::size_t lag) {
    double sum = 0;
    for (std::size_t i = 8000; i < 14000; ++i) sum += static_cast<double>(y[0][i]) * static_cast<double>(y[0][i + lag]);
    return sum;
  };
  const double energy = with(0);
  for (std::size_t lag = 20; lag < 300; ++lag) {
    CAPTURE(lag);
    CHECK(std::fabs(with(lag)) < 0.5 * energy); // lines of one length: 0.86 at 256
  }
}
