// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Patch → plan.
#include "control/build.hpp"
#include "control/error.hpp"
#include "support/patch_kit.hpp"
#include <thread>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

TEST_CASE("ten thousand modules and thirty thousand cables become a plan that runs") {
  Kit k;
  for (int i = 0; i < 10'000; ++i) {
    const std::string n = "m" + std::to_string(i);
    k.add(n, i % 10 == 0 ? "sine" : i % 10 == 5 ? "lfo" : "gain", i % 10 == 0 ? std::vector<std::pair<std::string, float>>{{"gain", 0.001F}} : std::vector<std::pair<std::string, float>>{});
    if (i < 10) continue;
    for (std::uint64_t c = 0; c < 3; ++c) {
      const int from = std::max(0, i - 1 - static_cast<int>(chance(1, static_cast<std::uint64_t>(i), c) * 50));
      const std::string source = "m" + std::to_string(from);
      if (i % 10 == 0) k.cable(source, n + ".freq", 0.01F);
      else if (i % 10 == 5) k.cable(source, n + ".offset", 0.01F);
      else k.cable(source, c == 2 ? n + ".gain" : n, c == 2 ? 0.001F : 1);
    }
  }
  for (int i = 0; i < 20; ++i) k.cable("m" + std::to_string(9999 - i), "out");
  CHECK(k.patch.cables.size() > 29'900);
  Ids ids;
  auto plan = plan_of(k.patch, ids);
  plan->start(0);
  Heard heard;
  run(*plan, 0, 64, heard);
  CHECK(plan->members.size() == 10'000);
  CHECK(loudest(heard[0]) > 0);
}

TEST_CASE("a name keeps its id, from whatever thread it is asked") {
  Ids ids;
  const auto a = ids.of("a"), b = ids.of("b");
  CHECK(a != b);
  CHECK(ids.of("a") == a);
  std::thread other([&] { CHECK(ids.of("b") == b); });
  other.join();
}

TEST_CASE("an op finds every member by its id, also where ids have gaps") {
  Ids ids;
  for (int i = 0; i < 100; ++i) ids.of("unused" + std::to_string(i));
  const Kit k = everything();
  auto plan = plan_of(k.patch, ids);
  std::size_t m = 0;
  for (const auto& [name, instance] : k.patch.instances) {
    const auto id = ids.of(name);
    REQUIRE(plan->member_of_id[id] == static_cast<std::int32_t>(m));
    CHECK(plan->members[m].type == instance.type);
    CHECK(plan->members[m++].id == id);
  }
}

TEST_CASE("spreads and lists give each lane its value") {
  Kit k;
  k.add("one", "lfo", {{"depth", 0}}, 9);
  Settings& settings = k.patch.instances.at("one").settings;
  const auto offset = static_cast<std::size_t>(param_of(*find_module("lfo"), "offset"));
  k.cable("one", "out");
  Ids ids;
  auto sum = [&] {
    auto plan = plan_of(k.patch, ids);
    plan->start(0);
    Heard heard;
    run(*plan, 0, 64, heard);
    return heard[0][63];
  };
  settings.set(offset, {Setting::Kind::spread, {0, 8}});
  CHECK(sum() == 36);
  settings.set(offset, {Setting::Kind::list, {1, 10}});
  CHECK(sum() == 45);
}

TEST_CASE("an input port reaches the outputs, spread over the lanes of what it feeds") {
  Kit k;
  k.add("g", "gain", {}, 5).cable("in.2", "g").cable("g", "out.1").cable("in.1", "out.2");
  Ids ids;
  auto plan = plan_of(k.patch, ids, nullptr, 2, 2);
  plan->start(0);
  for (int i = 0; i < block_frames; ++i) plan->input(0)[i] = static_cast<float>(i), plan->input(1)[i] = static_cast<float>(-i);
  Heard heard;
  run(*plan, 0, 64, heard);
  for (std::size_t i = 0; i < 64; ++i) {
    CHECK(heard[0][i] == -5 * static_cast<float>(i));
    CHECK(heard[1][i] == static_cast<float>(i));
  }
}

TEST_CASE("no pack writes where it reads") {
  const Kit k = everything();
  Ids ids;
  const auto plan = plan_of(k.patch, ids);
  for (const render::Pack& p : plan->packs) {
    const auto size = static_cast<std::size_t>(p.kernels->width * block_frames);
    const auto apart = [&](const float* a, const float* b) { return a + size <= b || b + size <= a; };
    for (int o = 0; o < p.output_count; ++o) {
      for (int i = 0; i < p.input_count && !p.segment.in_cycle; ++i) REQUIRE(apart(p.outputs[o], p.inputs[i]));
      for (int m = 0; m < p.modulation_count; ++m) REQUIRE(apart(p.outputs[o], p.modulations[m].cables));
      for (int q = 0; q < o; ++q) REQUIRE(apart(p.outputs[o], p.outputs[q]));
    }
  }
}

TEST_CASE("a patch that needs too much memory is refused before any of it is taken") {
  Kit k;
  for (int i = 0; i < 3; ++i) k.add("d" + std::to_string(i), "delay", {}, 256).cable("d" + std::to_string(i), "out");
  Ids ids;
  CHECK_THROWS_WITH_AS(plan_of(k.patch, ids), doctest::Contains("memory"), Error);
}

TEST_CASE("the empty patch is silence on every output") {
  Ids ids;
  auto plan = plan_of({}, ids, nullptr, 3);
  plan->start(0);
  Heard heard;
  run(*plan, 0, 128, heard);
  CHECK(heard.size() == 3);
  for (const auto& port : heard) CHECK(loudest(port) == 0);
}
