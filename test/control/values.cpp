// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. Numbers with units, both ways.
#include "../../src/control/error.hpp"
#include "../../src/control/gates.hpp"
#include "../../src/control/values.hpp"
#include <algorithm>
#include <bit>
#include <cmath>
#include <doctest/doctest.h>
#include <random>

using namespace chronus;
using namespace chronus::control;

namespace {

constexpr std::string_view modes[] = {"lowpass", "highpass", "bandpass"};
constexpr ParamSpec freq{"freq", Unit::hertz, {0.01f, 20000}, 440, Scale::logarithmic, 5, "frequency"};
constexpr ParamSpec gain{"gain", Unit::amplitude, {-16, 16}, 1, Scale::linear, 5, "level"};
constexpr ParamSpec attack{"attack", Unit::milliseconds, {0, 60000}, 10, Scale::linear, 5, "time"};
constexpr ParamSpec q{"q", Unit::none, {0.1f, 100000}, 1, Scale::linear, 5, "q"};
constexpr ParamSpec mode{"mode", Unit::none, {0, 2}, 0, Scale::linear, 5, "mode", modes};

float one(const char* text, const ParamSpec& spec) { return parse_setting({text, 1}, spec, "x.p").numbers.at(0); }
std::string complaint(const char* text, const ParamSpec& spec) {
  try {
    parse_setting({text, 10}, spec, "tone." + std::string(spec.name));
  } catch (const Error& e) {
    return std::to_string(e.column()) + ": " + e.what();
  }
  return "";
}

} // namespace

TEST_CASE("numbers take the units of their parameter") {
  CHECK(one("440", freq) == 440);
  CHECK(one("440Hz", freq) == 440);
  CHECK(one("1.2k", freq) == 1200);
  CHECK(one("1.2kHz", freq) == 1200);
  CHECK(one("+5", freq) == 5);
  CHECK(one(".5", freq) == 0.5f);
  CHECK(one("-6dB", gain) == doctest::Approx(0.501187));
  CHECK(one("0dB", gain) == 1);
  CHECK(one("10ms", attack) == 10);
  CHECK(one("2s", attack) == 2000);
  CHECK(one("7", attack) == 7);
  CHECK(one("1.5k", q) == 1500);
  CHECK(one("highpass", mode) == 1);
}

TEST_CASE("units are read in upper and lower case, and as people write them") {
  for (const char* text : {"1.2KHz", "1.2khz", "1.2KHZ", "1.2K"}) CHECK(one(text, freq) == 1200);
  CHECK(one("440HZ", freq) == 440);
  for (const char* text : {"-6DB", "-6db", "-6Db"}) CHECK(one(text, gain) == one("-6dB", gain));
  for (const char* text : {"-infdB", "-inf dB", "-INFDB"}) CHECK(complaint(text, gain).empty() == (std::string_view(text) != "-inf dB"));
  CHECK(one("-infdB", gain) == 0);
  CHECK(one("50%", gain) == 0.5f);
  CHECK(one("50%", q) == 0.5f);
  CHECK(one("1min", attack) == 60000);
  CHECK(one("0.01h", attack) == 36000);
  CHECK(one("500us", attack) == 0.5f);
  CHECK(one("2S", attack) == 2000);
  CHECK(one("A4+100ct", freq) == doctest::Approx(466.1638));
  CHECK(one("a4-1st", freq) == one("Ab4", freq));
  CHECK(complaint("A4+", freq) != "");
  CHECK(complaint("A4+5", freq) != "");
  CHECK(complaint("50%", freq) != "");
  ParamSpec least = attack;
  least.range.low = 0.5f;
  CHECK(one("0", least) == 0.5f);
  CHECK(complaint("0.1", least) != "");
}

TEST_CASE("units are known in any case, and by the words that musicians use") {
  for (const char* text : {"1.2KHz", "1.2KHZ", "1.2khz", "1.2K", "1200HZ", "1200hz"}) CHECK_MESSAGE(one(text, freq) == 1200, text);
  for (const char* text : {"-6dB", "-6DB", "-6db", "-6Db"}) CHECK_MESSAGE(one(text, gain) == doctest::Approx(0.501187), text);
  for (const char* text : {"-infdB", "-INFDB", "-infdb"}) CHECK_MESSAGE(one(text, gain) == 0, text);
  CHECK(one("50%", gain) == 0.5f);
  CHECK(one("50%", q) == 0.5f);
  CHECK(complaint("50%", freq) != "");
  CHECK(one("10MS", attack) == 10);
  CHECK(one("10us", attack) == doctest::Approx(0.01));
  CHECK(one("10\xc2\xb5s", attack) == doctest::Approx(0.01));
  CHECK(one("1min", attack) == 60000);
  CHECK(parse_seconds({"30h", 1}, 48000, "wait") == 108000);
  CHECK(parse_seconds({"1MIN", 1}, 48000, "wait") == 60);
  CHECK(parse_seconds({"10us", 1}, 48000, "wait") == doctest::Approx(1e-5));
  CHECK(one("A4+50ct", freq) == doctest::Approx(452.8930));
  CHECK(one("a4-20CT", freq) == doctest::Approx(434.9462));
  CHECK(one("C-1+1200ct", freq) == doctest::Approx(16.3516));
  CHECK(complaint("A4+50", freq) != "");
  constexpr ParamSpec rise{"attack", Unit::milliseconds, {0.01f, 60000}, 10, Scale::logarithmic, 0, "time"};
  CHECK(one("0", rise) == 0.01f);
  CHECK(one("0ms", rise) == 0.01f);
  CHECK(complaint("0.001", rise) != "");
}

TEST_CASE("what is accepted but may have been meant otherwise gets a hint") {
  const auto hint = [](const char* text, const ParamSpec& spec) { return value_hint({text, 1}, spec, "x.p"); };
  CHECK(hint("-6", gain) == "x.p: -6 turns the signal over and makes it louder; for -6 dB write -6dB");
  CHECK(hint("+10", freq) == "x.p: +10 is the value 10 itself, not 10 more");
  for (const char* text : {"-1", "-0.5", "2", "-6dB", "+6dB"}) CHECK(hint(text, gain) == "");
}

TEST_CASE("a note is a frequency in equal temperament") {
  CHECK(one("A4", freq) == 440);
  CHECK(one("a3", freq) == 220);
  CHECK(one("C#3", freq) == doctest::Approx(138.5913));
  CHECK(one("Bb2", freq) == doctest::Approx(116.5409));
  CHECK(one("C-1", freq) == doctest::Approx(8.1758));
  CHECK(complaint("A4", gain) == "10: tone.gain: 'A4' is not a level (0.5, -6dB)");
  CHECK(complaint("H4", freq).starts_with("10: tone.freq: 'H4' is not a frequency"));
  CHECK(complaint("A", freq) != "");
}

TEST_CASE("lanes may have values of their own") {
  CHECK(parse_setting({"55..820", 1}, freq, "x") == Setting{Setting::Kind::spread, {55, 820}});
  CHECK(parse_setting({"[110 1.1k A4]", 1}, freq, "x") == Setting{Setting::Kind::list, {110, 1100, 440}});
  CHECK(parse_setting({"[lowpass bandpass]", 1}, mode, "x") == Setting{Setting::Kind::list, {0, 2}});
  CHECK(complaint("[110 x]", freq).starts_with("15: "));
  CHECK(complaint("55..x", freq).starts_with("14: "));
  CHECK(complaint("[]", freq) == "10: tone.freq: the list is empty");
  CHECK(complaint("[1 2] 3", freq).starts_with("10: "));
  CHECK(complaint("lowpass..highpass", mode).find("spread") != std::string::npos);
  const Setting spread{Setting::Kind::spread, {100, 400}};
  CHECK(lane_value(spread, freq, 1, 3) == doctest::Approx(200));
  CHECK(lane_value(spread, gain, 1, 3) == 250);
  CHECK(lane_value(spread, freq, 2, 3) == 400);
  CHECK(lane_value({Setting::Kind::list, {1, 2}}, freq, 5, 8) == 2);
}

TEST_CASE("what is no number, or out of range, is refused with the bound") {
  CHECK(complaint("1e9", freq) == "10: tone.freq: 1e+09 Hz is above 20 kHz");
  CHECK(complaint("0", freq) == "10: tone.freq: 0 Hz is below 0.01 Hz");
  CHECK(complaint("61s", attack) == "10: tone.attack: 61 s is above 60 s");
  for (const char* text : {"nan", "inf", "-inf", "infinity", "0x10", "1e", "1,5", "--1", "1e400", "5 ", "1_000"}) CHECK(complaint(text, freq) != "");
  CHECK(complaint("10ms", freq) != "");
  CHECK(complaint("lowpss", mode) == "10: tone.mode: 'lowpss' is none of lowpass, highpass, bandpass (did you mean 'lowpass'?)");
  CHECK(complaint("", freq) == "10: tone.freq: a value is missing");
}

TEST_CASE("a printed value reads back to the same bits") {
  std::mt19937 random(1);
  for (const ParamSpec* spec : {&freq, &gain, &attack, &q}) {
    std::uniform_real_distribution<float> any(spec->range.low, spec->range.high);
    for (int i = 0; i < 20000; ++i) {
      const float value = i % 2 == 0 ? any(random) : std::clamp(std::round(any(random)), spec->range.low, spec->range.high);
      const std::string text = number_text(value, spec->unit);
      REQUIRE_MESSAGE(std::bit_cast<std::uint32_t>(one(text.c_str(), *spec)) == std::bit_cast<std::uint32_t>(value), text);
    }
  }
  CHECK(number_text(20000, Unit::hertz, " ") == "20 kHz");
  CHECK(number_text(440, Unit::hertz) == "440Hz");
  CHECK(number_text(2000, Unit::milliseconds) == "2s");
  CHECK(number_text(250, Unit::milliseconds) == "250ms");
  CHECK(number_text(0.2f, Unit::amplitude) == "0.2");
}

TEST_CASE("times go to the nearest frame") {
  CHECK(parse_time({"1", 1}, 48000, "wait") == 48000);
  CHECK(parse_time({"97.3ms", 1}, 48000, "wait") == 4670);
  CHECK(parse_time({"0.5s", 1}, 44100, "wait") == 22050);
  CHECK(parse_time({"0", 1}, 48000, "wait") == 0);
  CHECK_THROWS_WITH(parse_time({"-1s", 1}, 48000, "fade"), "fade: '-1s' is negative");
  for (const char* text : {"1m", "x", "1e300", "", "5Hz", "inf"}) CHECK_THROWS(parse_time({text, 1}, 48000, "wait"));
}

TEST_CASE("a change of gates moves the lanes that it names, and no other") {
  using Gates = std::vector<bool>;
  CHECK(control::with_change({}, {}, {true}) == Gates{true});
  CHECK(control::with_change({false, true}, {}, {true}) == Gates{true});
  CHECK(control::with_change({true}, {}, {}) == Gates{true});
  CHECK(control::with_change({}, {false, true}, {true, true}) == Gates{true, false}); // the second was closed since
  CHECK(control::with_change({true, true}, {true, false}, {}) == Gates{false, true}); // or opened
  CHECK(control::with_change({true, false}, {true, false}, {}) == Gates{});
  CHECK(control::with_change({true}, {false, true}, {false, false}) == Gates{true, false});
}
