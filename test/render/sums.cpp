// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Sums do not depend on what is silent, on the order of making, or on how many lanes or outputs there are.
#include "support/patch_kit.hpp"
#include <algorithm>

using namespace chronus;
using namespace chronus::test;

namespace {

Heard played(const control::Patch& patch, Frame frames = 4800, int outs = 2) {
  control::Ids ids;
  auto plan = plan_of(patch, ids, nullptr, outs);
  plan->start(0);
  Heard heard;
  run(*plan, 0, frames, heard);
  return heard;
}

/// `count` tones of uneven levels into one mixer and into the outputs.
Kit choir(int count) {
  Kit k;
  k.add("m", "mix");
  for (int i = 0; i < count; ++i) {
    const std::string name = "s" + std::to_string(i);
    k.add(name, "saw", {{"freq", 50.0F * static_cast<float>(i + 1)}, {"gain", 0.9F / static_cast<float>(i + 3)}}, i % 4 == 3 ? 5 : 0);
    k.cable(name, i % 4 == 3 ? "out" : "m").cable(name, "out.1");
  }
  k.cable("m", "out");
  return k;
}

} // namespace

TEST_CASE("a sum is what an output makes of the same lanes, and has one lane itself") {
  for (int lanes : {1, 5, 16, 19, 100}) {
    CAPTURE(lanes);
    Kit k;
    k.add("s", "saw", {{"gain", 0.1F}}, lanes).spread("s", "freq", 60, 900).add("n", "noise");
    k.add("m", "sum").add("g", "gain").cable("s", "m").cable("n", "m").cable("m", "g");
    k.cable("s", "out.1").cable("n", "out.1").cable("g", "out.2");
    CHECK(control::lanes_of(k.patch).at("m") == 1);
    CHECK(control::lanes_of(k.patch).at("g") == 1);
    const Heard heard = played(k.patch);
    CHECK(loudest(heard[0]) > 0.1F);
    CHECK(first_difference({heard[0]}, {heard[1]}) == -1);
  }
}

TEST_CASE("sums that stand side by side, and one that closes a cycle over a delay") {
  Kit k;
  k.add("s", "saw", {{"gain", 0.02F}}, 20).spread("s", "freq", 60, 900);
  for (const char* name : {"a", "b", "c", "d", "e"}) k.add(name, "sum").cable("s", name).cable(name, "out.1");
  k.add("m", "sum").add("w", "delay", {{"feedback", 0}}, 20).add("back", "gain", {{"gain", 0.03F}});
  k.cable("s", "w").cable("w", "m").cable("m", "back").cable("back", "w").cable("m", "out.2");
  const Heard heard = played(k.patch, 20'000);
  Kit five;
  five.add("s", "saw", {{"gain", 0.02F}}, 20).spread("s", "freq", 60, 900).add("a", "sum").add("g", "gain", {{"gain", 5}}).cable("s", "a").cable("a", "g").cable("g", "out.1");
  const Heard once = played(five.patch, 20'000);
  for (std::size_t i = 0; i < once[0].size(); ++i) REQUIRE(heard[0][i] == doctest::Approx(once[0][i]).epsilon(1e-4));
  CHECK(loudest(heard[1]) > 0.1F);
  CHECK(loudest(heard[1]) < 2);
}

TEST_CASE("a silent cable more, anywhere and however many there are, changes no bit") {
  for (int count : {1, 2, 5, 16, 17, 33, 40}) {
    const Kit k = choir(count);
    Kit next = k;
    next.add("a0", "sine", {{"gain", 0}}).add("zz", "sine", {{"gain", 0}}, 7);
    next.cable("a0", "m").cable("a0", "out").cable("zz", "out.1").cable("zz", "out").cable("a0", "out.2");
    CAPTURE(count);
    CHECK(first_difference(played(k.patch), played(next.patch)) == -1);
  }
}

TEST_CASE("a cable that is taken away and made again at another ordinal keeps the rest of the sum as it was") {
  Kit k = choir(20), next = k;
  const auto gone = std::ranges::find_if(next.patch.cables, [](const auto& c) { return c.from.module == "s4" && c.to.module == "m"; });
  next.patch.cables.erase(gone);
  k.set("s4", "gain", 0), next.set("s4", "gain", 0);
  CHECK(first_difference(played(k.patch), played(next.patch)) == -1);
}

TEST_CASE("the order in which cables and modules were made is nothing but their ordinals") {
  const Kit k = choir(40);
  control::Patch shuffled = k.patch;
  for (std::size_t i = shuffled.cables.size(); i > 1; --i)
    std::swap(shuffled.cables[i - 1], shuffled.cables[static_cast<std::size_t>(chance(7, i) * static_cast<double>(i))]);
  CHECK(shuffled.cables != k.patch.cables);
  CHECK(first_difference(played(k.patch), played(shuffled)) == -1);

  control::Patch renamed; // the modules come in another order by name
  auto name = [](const std::string& n) { return n[0] == 's' ? "x" + std::to_string(100 - std::stoi(n.substr(1))) : n == "m" ? "a" : n; };
  for (const auto& [n, i] : k.patch.instances) renamed.instances[name(n)] = i;
  for (control::Cable c : shuffled.cables) {
    c.from.module = name(c.from.module), c.to.module = name(c.to.module);
    renamed.cables.push_back(c);
  }
  CHECK(first_difference(played(k.patch), played(renamed)) == -1);
}

TEST_CASE("other ordinals may give other bits: the sum has an order") {
  const Kit k = choir(40);
  control::Patch other = k.patch;
  for (auto& c : other.cables)
    if (c.to.module == "m") c.ordinal = 97 - c.ordinal * 5 % 89;
  CHECK(first_difference(played(k.patch), played(other)) != -1);
}

TEST_CASE("an output has the same bits whether others are wired alike or not") {
  Kit k = choir(12);
  const Heard alike = played(k.patch);
  k.add("n", "noise").cable("n", "out.2");
  CHECK(first_difference({alike[0]}, {played(k.patch)[0]}) == -1);
  CHECK(first_difference({alike[0]}, {played(k.patch, 4800, 7)[0]}) == -1);
}

TEST_CASE("no negative zero leaves a plan") {
  Kit k;
  k.add("one", "lfo", {{"depth", 0}, {"offset", -1}}).add("g", "gain", {{"gain", 0}}).cable("one", "g").cable("g", "out");
  const Heard heard = played(k.patch);
  for (float x : heard[0]) REQUIRE_FALSE(std::signbit(x));
}

TEST_CASE("lanes are summed by their number, so that silent lanes behind them change no bit") {
  Kit few, many;
  few.add("s", "saw", {{"gain", 0.3F}}, 5).cable("s", "out");
  few.patch.instances.at("s").settings.set(0, {control::Setting::Kind::list, {100, 210, 333, 470, 501}});
  many.add("s", "saw", {}, 21).cable("s", "out");
  std::vector<float> freq(21, 100), gain(21, 0);
  for (std::size_t i = 0; i < 5; ++i) freq[i] = few.patch.instances.at("s").settings[0].numbers[i], gain[i] = 0.3F;
  many.patch.instances.at("s").settings = std::vector<control::Setting>{{control::Setting::Kind::list, freq}, {control::Setting::Kind::list, gain}};
  CHECK(first_difference(played(few.patch), played(many.patch)) == -1);
}
