// SPDX-License-Identifier: GPL-3.0-or-later
// Any control thread. Times whose sum is exact: rounding to a frame comes last.
#pragma once
#include <chronus/units.hpp>
#include <cstdint>
#include <numeric>

namespace chronus::control {

/// Seconds, from 0, as a fraction: 125 ms, 1/3 of a beat at 120 to the minute and 64 frames at 44.1 kHz are all exact, and so is
/// any sum of such. A sum whose denominator would pass `finest` is rounded to a multiple of 1/finest s.
class ExactTime {
public:
  using Wide = __int128;
  static constexpr std::int64_t finest = 1'000'000'000'000'000; ///< a femtosecond: 10^6 such roundings are 1 ns

  constexpr ExactTime() = default;
  /// numerator ≥ 0 up to 10^9 denominator; denominator ≥ 1.
  constexpr ExactTime(Wide numerator, Wide denominator) : numerator_(numerator), denominator_(denominator) { reduce(); }

  constexpr ExactTime& operator+=(const ExactTime& other) {
    const Wide common = gcd(denominator_, other.denominator_);
    const Wide mine = other.denominator_ / common;
    if (denominator_ * mine > finest) return *this = rounded_sum(other);
    numerator_ = numerator_ * mine + other.numerator_ * (denominator_ / common);
    denominator_ *= mine;
    reduce();
    return *this;
  }
  friend constexpr bool operator==(const ExactTime&, const ExactTime&) = default;

  /// To the nearest frame, halves up. A rate is exact to 1/1000 Hz.
  constexpr Frame frames(double rate) const {
    const auto millihertz = static_cast<Wide>(rate * 1000 + 0.5);
    const Wide whole = numerator_ / denominator_, rest = numerator_ % denominator_;
    const Wide scale = denominator_ * 1000;
    // The whole seconds' own remainder of frames goes with the rest's.
    const Wide thousandths = whole * millihertz;
    return static_cast<Frame>(thousandths / 1000 + (2 * (thousandths % 1000 * denominator_ + rest * millihertz) + scale) / (2 * scale));
  }
  constexpr double seconds() const { return static_cast<double>(numerator_) / static_cast<double>(denominator_); }

private:
  static constexpr Wide gcd(Wide a, Wide b) {
    while (b != 0) {
      const Wide rest = a % b;
      a = b;
      b = rest;
    }
    return a == 0 ? 1 : a;
  }
  constexpr void reduce() {
    const Wide common = gcd(numerator_, denominator_);
    numerator_ /= common;
    denominator_ /= common;
  }
  constexpr Wide in_finest() const {
    return numerator_ / denominator_ * finest + (numerator_ % denominator_ * finest + denominator_ / 2) / denominator_;
  }
  constexpr ExactTime rounded_sum(const ExactTime& other) const { return {in_finest() + other.in_finest(), finest}; }

  Wide numerator_ = 0, denominator_ = 1;
};

} // namespace chronus::control
