// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. What runs along time: transposing, delay lines at their seam, half-band filters; in their portable copy.
#include "dsp/half_band.hpp"
#include "dsp/line.hpp"
#include "dsp/network.hpp"
#include <algorithm>
#include <cmath>
#include <doctest/doctest.h>
#include <numbers>

using namespace chronus;

TEST_CASE("transposing makes columns of rows") {
  F<4> v[4];
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) v[i][j] = static_cast<float>(10 * i + j);
  transpose<4>(v);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 4; ++j) CHECK(v[i][j] == static_cast<float>(10 * j + i));
}

TEST_CASE("a line gives each frame of its past, wherever its seam is") {
  constexpr Frame capacity = 200;
  float memory[capacity];
  const auto sound = [](Frame f) { return static_cast<float>(f % 1000 + 1); };
  for (Frame valid : {Frame{0}, Frame{450}})
    for (Frame now = 500; now < 500 + capacity; ++now) {
      for (Frame f = now - capacity; f < now; ++f) memory[f % capacity] = sound(f);
      const Line line({memory, capacity, valid}, now);
      const auto exact = [&](Frame f) { return f < valid ? 0 : sound(f); };
      float scratch[64];
      for (Frame ago : {Frame{64}, Frame{70}, Frame{190}, Frame{200}}) {
        const float* past = line.past(ago, 64, scratch);
        for (Frame i = 0; i < 64; ++i) REQUIRE(past[i] == exact(now - ago + i));
        REQUIRE(line.at(static_cast<std::ptrdiff_t>(ago)) == exact(now - ago));
      }
      constexpr int W = native_width;
      for (int first = 0; first < 61; first += W) {
        const auto age = [&](int i) { return 9 + (first + i) * 7 % 170; };
        const int count = std::min(W, 61 - first);
        std::int32_t ages[W] = {};
        for (int i = 0; i < count; ++i) ages[i] = age(i);
        F<W> four[4];
        line.fours<W>(ages, count, four);
        for (int i = 0; i < count; ++i)
          for (int k = 0; k < 4; ++k) REQUIRE(four[k][i] == exact(now - static_cast<Frame>(age(i)) + static_cast<Frame>(k)));
      }
    }
}

TEST_CASE("what is written goes over the seam") {
  constexpr Frame capacity = 100;
  float memory[capacity] = {}, x[64], scratch[64];
  for (int i = 0; i < 64; ++i) x[i] = static_cast<float>(i + 1);
  for (bool in_place : {false, true}) {
    Line line({memory, capacity, 0}, 1070);
    if (in_place) {
      float* to = line.room(64, scratch);
      CHECK(to == scratch); // 64 frames from place 70 on do not lie in a row
      std::memcpy(to, x, sizeof x);
      line.wrote(to, 64);
    } else {
      line.write(x, 64);
    }
    line.forward(64);
    for (int i = 0; i < 64; ++i) CHECK(line.at(64 - i) == x[i]);
  }
}

TEST_CASE("powers of two and roots are right to 24 bits or nearly") {
  for (float x = -20; x < 20; x += 0.0137f) CHECK(power_of_two<1>(x) / std::exp2(static_cast<double>(x)) == doctest::Approx(1).epsilon(3e-7));
  for (float x : {-126.0f, -3.0f, 0.0f, 1.0f, 100.0f}) CHECK(power_of_two<1>(x) == std::exp2(x));
  CHECK(square_root<4>(F<4>{0, 1, 2, 1e-30f})[2] == std::sqrt(2.0f));
}

TEST_CASE("the half-band filters pass 0.4 of the rate and stop from 0.6 on") {
  const auto gain = [](const float* weights, int k, double turns) { // turns of the doubled rate
    double sum = 0.5;
    for (int j = 0; j < k; ++j) sum += 2 * weights[j] * std::cos(2 * std::numbers::pi * turns * (2 * j + 1));
    return 20 * std::log10(std::fabs(sum) + 1e-12);
  };
  for (double part = 0; part <= 1; part += 0.001) {
    CHECK(std::fabs(gain(half_band<12>, 12, 0.2 * part)) < 0.0016);
    CHECK(gain(half_band<12>, 12, 0.3 + 0.2 * part) < -81);
    CHECK(gain(half_band<4>, 4, 0.4 + 0.1 * part) < -89);
  }
}

TEST_CASE("the network's matrix keeps the energy") {
  constexpr int W = native_width;
  for (int one = 0; one < network_lines; ++one) {
    F<W> x[network_lines] = {};
    x[one] = splat<W>(4);
    hadamard<W>(x);
    for (const auto& v : x) CHECK(std::fabs(v[0]) == 4);
    hadamard<W>(x);
    for (int k = 0; k < network_lines; ++k) CHECK(x[k][0] == (k == one ? 64 : 0));
  }
}
