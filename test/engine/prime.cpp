// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The verdict on a patch before anybody hears it.
#include "control/prime.hpp"
#include "support/patch_kit.hpp"
#include <cmath>
#include <limits>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

Verdict verdict(const Kit& k, bool force = false, bool realtime = false) {
  Ids ids;
  Blueprint blueprint({k.patch, nullptr, rate, 2, 1}, ids);
  auto plan = blueprint.plan();
  return prime(*plan, {.wiring = blueprint.wiring(), .force = force, .realtime = realtime});
}

} // namespace

TEST_CASE("a patch that sounds is accepted with its level") {
  const Verdict v = verdict(Kit().add("one", "lfo", {{"depth", 0}, {"offset", 0.25F}}).cable("one", "out"));
  CHECK(v.error == "");
  CHECK(v.rms == doctest::Approx(0.25));
  CHECK(v.peak == 0.25);
  CHECK(v.dc == doctest::Approx(0.25));
  CHECK(v.load > 0);
}

TEST_CASE("a source at gain 0 is refused as silent, unless silence is meant") {
  const Kit k = Kit().add("s", "sine", {{"gain", 0}}).cable("s", "out");
  CHECK(verdict(k).error.starts_with("silent: RMS"));
  CHECK(verdict(k, true).error == "");
}

TEST_CASE("the limit of silence is an RMS of 0.001") {
  auto at = [](float level) { return verdict(Kit().add("one", "lfo", {{"depth", 0}, {"offset", level}}).cable("one", "out")).error; };
  CHECK(at(0.00099F) != "");
  CHECK(at(0.00101F) == "");
}

TEST_CASE("modules without any way to out are refused, the empty patch is not") {
  const Kit k = Kit().add("s", "sine").add("g", "gain").cable("s", "g");
  CHECK(verdict(k).error.find("nothing reaches out") != std::string::npos);
  CHECK(verdict(k, true).error == "");
  CHECK(verdict(Kit()).error == "");
}

TEST_CASE("a patch behind a closed gate is rightly silent, behind an open one it must sound") {
  Kit k;
  k.add("s", "sine").add("e", "adsr").cable("s", "e").cable("e", "out");
  CHECK(verdict(k).error == "");
  CHECK(verdict(k).rms == 0);
  k.gate("e").set("s", "gain", 0);
  CHECK(verdict(k).error.starts_with("silent"));
  k.add("t", "sine", {{"gain", 0}}).gate("e", false).cable("t", "out"); // a second way to out, without a gate
  CHECK(verdict(k).error.starts_with("silent"));
}

TEST_CASE("a level that an envelope with a closed gate holds down is rightly silent") {
  Kit k;
  k.add("s", "sine").add("e", "adsr").add("g", "gain", {{"gain", 0}}).cable("s", "g").cable("e", "g.gain").cable("g", "out");
  CHECK(verdict(k).error == "");
  CHECK(verdict(k.gate("e")).rms > 0.001);
}

TEST_CASE("what waits for the input ports is rightly silent") {
  CHECK(verdict(Kit().add("g", "gain").cable("in.1", "g").cable("g", "out")).error == "");
}

TEST_CASE("a slow attack is rehearsed on until it sounds") {
  Kit k;
  k.add("s", "sine").add("e", "adsr", {{"attack", 20'000}}).gate("e").cable("s", "e").cable("e", "out");
  const Verdict v = verdict(k);
  CHECK(v.error == "");
  CHECK(v.rms > 0.001);
  CHECK(v.rms < 0.01); // and no longer than that
}

TEST_CASE("a long delay is rehearsed on, one behind which nothing comes is refused in the end") {
  Kit k;
  k.add("s", "sine").add("d", "delay", {{"time", 9000}, {"mix", 1}}).cable("s", "d").cable("d", "out");
  CHECK(verdict(k).error == "");
  CHECK(verdict(k.set("s", "gain", 0)).error.starts_with("silent"));
}

TEST_CASE("the level of the verdict is the sound's own, though a rehearsal ends within a period") {
  for (const float freq : {55.0F, 110.0F, 440.0F, 3000.0F}) {
    CAPTURE(freq);
    Kit k;
    k.add("s", "sine", {{"freq", freq}, {"gain", 0.5F}}).cable("s", "out");
    const Verdict v = verdict(k);
    CHECK(std::abs(20 * std::log10(v.rms / (0.5 / std::sqrt(2)))) < 0.2);
    CHECK(std::abs(v.dc) < 0.02);
    CHECK(v.peak == doctest::Approx(0.5).epsilon(0.01));
  }
}

TEST_CASE("a patch behind closed gates says which gate it waits for") {
  Kit k;
  k.add("s", "sine").add("e", "adsr").cable("s", "e").cable("e", "out");
  CHECK(verdict(k).silent_until == "until a gate opens: gate e on");
  CHECK(verdict(k.gate("e")).silent_until.empty());
}

TEST_CASE("a rehearsal leaves the plan as built once it is started") {
  const Kit k = everything();
  Ids ids;
  Blueprint blueprint({k.patch, nullptr, rate, 2, 0}, ids);
  auto rehearsed = blueprint.plan(), fresh = blueprint.plan();
  CHECK(prime(*rehearsed, {.wiring = blueprint.wiring()}).error == "");
  Heard a, b;
  rehearsed->start(0), fresh->start(0);
  run(*rehearsed, 0, 20'000, a), run(*fresh, 0, 20'000, b);
  CHECK(first_difference(a, b) == -1);
}

TEST_CASE("what is not finite or absurdly loud is refused, force or not") {
  Kit k;
  k.add("n", "sine").cable("n", "out");
  k.set("n", "gain", std::numeric_limits<float>::quiet_NaN());
  CHECK(verdict(k).error.starts_with("not finite"));
  CHECK(verdict(k, true).error.starts_with("not finite"));
  Kit loud;
  loud.add("s", "sine", {{"gain", 16}});
  std::string before = "s";
  for (int i = 0; i < 6; ++i) {
    const std::string n = "g" + std::to_string(i);
    loud.add(n, "gain", {{"gain", 16}}).cable(before, n);
    before = n;
  }
  CHECK(verdict(loud.cable(before, "out")).error.starts_with("not finite"));
}

TEST_CASE("more than one core's work is refused in real time, and only reported offline") {
  Kit k;
  Verdict offline;
  for (int i = 0; offline.load < 1.5; ++i) {
    const std::string n = std::to_string(i);
    k.add("w" + n, "square", {{"gain", 0.01F}}, 256).add("v" + n, "svf").add("m" + n, "lfo", {}, 256).cable("m" + n, "w" + n + ".freq", 50);
    k.cable("w" + n, "v" + n).cable("m" + n, "v" + n + ".cutoff", 300).cable("v" + n, "out");
    if (i % 20 == 19) offline = verdict(k);
    REQUIRE(offline.error == "");
  }
  CHECK(verdict(k, false, true).error.starts_with("refused: needs"));
}

TEST_CASE("of a rehearsal's blocks, those up to the last that stands out are looked at again") {
  CHECK(held_up({2, 2, 2.1, 2, 1.9, 2, 2, 2}) == 0);
  CHECK(held_up({9, 2, 2.1, 2, 1.9, 2, 2, 2}) == 1);
  CHECK(held_up({9, 2, 2.1, 2, 1.9, 7, 2, 2}) == 6);
  CHECK(held_up({2, 2, 2, 2, 2, 2, 2, 3}) == 8);
  CHECK(held_up({1, 1, 1, 5, 5, 5, 5, 5}) == 0); // half of them are no exception
}
