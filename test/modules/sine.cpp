// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The pure tone against an exact one.
#include "support/module_bench.hpp"
#include "support/spectrum.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

/// Relative to the tone, in dB: what it differs from an exact sine, from frame `from` on.
double error_of_sine(double hertz, double rate, Frame from) {
  const auto& spec = *find_module("sine");
  Bench b(spec, spec.kernels.front(), rate);
  b.set("freq", static_cast<float>(hertz));
  b.set("gain", 1);
  // The hours before `from` pass as one moving phase would: exact, so they are computed, not played.
  const auto step = static_cast<unsigned __int128>(std::floor(static_cast<double>(static_cast<float>(hertz)) / rate * 0x1p32) * 0x1p32) +
                    static_cast<unsigned __int128>((static_cast<double>(static_cast<float>(hertz)) * (0x1p32 / rate) -
                                                    std::floor(static_cast<double>(static_cast<float>(hertz)) * (0x1p32 / rate))) * 0x1p32);
  const std::uint64_t phase = static_cast<std::uint64_t>(step * from);
  b.state()[0] = static_cast<std::uint32_t>(phase >> 32);
  b.state()[1] = static_cast<std::uint32_t>(phase);
  const auto sound = play(b, 24000, {}, 0, from);
  double error = 0;
  for (std::size_t i = 0; i < sound.size(); ++i) {
    const long double turns = static_cast<long double>(static_cast<float>(hertz)) * static_cast<long double>(from + i) / static_cast<long double>(rate);
    const double exact = std::sin(2 * std::numbers::pi * static_cast<double>(turns - std::floor(turns)));
    error += (sound[i] - exact) * (sound[i] - exact);
  }
  return decibels(std::sqrt(2 * error / static_cast<double>(sound.size())));
}

} // namespace

TEST_CASE("a sine differs from the exact one by less than -125 dB, from 27 Hz to 20 kHz") {
  for (double rate : {44100.0, 48000.0, 96000.0, 192000.0})
    for (double hertz : {27.5, 110.0, 261.63, 440.0, 1000.0, 4186.01, 12543.9, 20000.0}) {
      CAPTURE(rate);
      CAPTURE(hertz);
      CHECK(error_of_sine(hertz, rate, 0) < -125);
    }
}

TEST_CASE("after ten hours a sine is where it should be") {
  for (double hertz : {440.0, 4186.01}) CHECK(error_of_sine(hertz, 48000, block_floor(Frame{36000} * 48000)) < -115);
}

TEST_CASE("a sine begins with zero, rises, and is silent at gain 0") {
  const auto& spec = *find_module("simple_sine");
  Bench b(spec, spec.kernels.front());
  const auto sound = play(b, 10);
  CHECK(sound[0] == 0);
  CHECK(sound[1] == doctest::Approx(0.5 * std::sin(2 * std::numbers::pi * 440 / 48000)).epsilon(1e-6));
  b.set("gain", 0);
  for (float x : play(b, 640, {}, 0, 64)) REQUIRE(x == 0);
}
