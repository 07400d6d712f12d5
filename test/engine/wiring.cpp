// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The order in which a plan runs its packs.
#include "control/wiring.hpp"
#include "control/error.hpp"
#include "support/patch_kit.hpp"
#include <map>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

/// Modules of all widths with cables from earlier ones to inputs and parameters, and back through delays.
Kit random_patch(std::uint64_t seed, int modules) {
  Kit k;
  auto pick = [&](std::uint64_t what, int i, int below) { return static_cast<int>(chance(seed, what, static_cast<std::uint64_t>(i)) * below); };
  auto name = [](int i) { return "m" + std::to_string(i * 7919 % 1000); }; // not in the order of the wiring
  const int lanes = 3 + pick(1, 0, 20);
  for (int i = 0; i < modules; ++i) {
    const char* types[] = {"mix", "delay", "gain", "sine"};
    const char* type = types[i < 2 ? 3 : pick(2, i, 4)];
    k.add(name(i), type, {}, std::string_view(type) == "sine" && pick(3, i, 2) ? lanes : 0);
    for (int c = 0; c < 3 && i > 0; ++c) {
      const int from = pick(static_cast<std::uint64_t>(4 + c), i, i);
      const std::string_view sink = type;
      if (sink != "sine") k.cable(name(from), name(i) + ".in");
      else if (k.patch.instances.at(name(from)).type->name != "sine") continue;
      if (sink == "gain") k.cable(name(from), name(i) + ".gain");
      const int to = pick(static_cast<std::uint64_t>(9 + c), i, i); // back, into a delay
      if (k.patch.instances.at(name(to)).type->name == "delay") k.cable(name(i), name(to) + ".in");
    }
    if (pick(13, i, 2)) k.cable(name(i), "out");
  }
  return k;
}

/// When each pack's outputs are there, and when its inputs are taken.
struct Places {
  std::map<std::pair<int, int>, std::size_t> made, taken;
};
Places places(const Wiring& w) {
  Places p;
  for (std::size_t i = 0; i < w.order.size(); ++i) {
    const Turn& t = w.order[i];
    if (t.kind != Turn::Kind::write) CHECK(p.made.emplace(std::pair{t.member, t.pack}, i).second);
    if (t.kind != Turn::Kind::read) CHECK(p.taken.emplace(std::pair{t.member, t.pack}, i).second);
  }
  return p;
}

/// Who stands for a member's packs: of a shared one the first.
int leader(const Wiring& w, int m) {
  const auto& seats = w.seats[static_cast<std::size_t>(w.members[static_cast<std::size_t>(m)].first_pack)];
  return seats.empty() ? m : seats[0];
}

} // namespace

TEST_CASE("every pack runs once, after all that feeds it, and the packs of a module in order") {
  int split = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    const Kit k = random_patch(seed, 40);
    const Wiring w = wire(k.patch, 2);
    const Places p = places(w);
    CHECK(p.made.size() == static_cast<std::size_t>(w.packs));
    CHECK(p.taken.size() == static_cast<std::size_t>(w.packs));
    for (int m = 0; m < static_cast<int>(w.members.size()); ++m) {
      const WiredMember& wm = w.members[static_cast<std::size_t>(m)];
      split += wm.split;
      for (int pack = 0; pack < wm.packs; ++pack) {
        const std::size_t made = p.made.at({leader(w, m), pack}), taken = p.taken.at({leader(w, m), pack});
        CHECK((wm.split ? made < taken : made == taken));
        CHECK(w.ready_at[static_cast<std::size_t>(wm.first_pack + pack)] == made);
        if (pack) CHECK(p.made.at({m, pack - 1}) < made);
        if (pack) CHECK(p.taken.at({m, pack - 1}) < taken);
        auto after = [&](const std::vector<std::vector<Feed>>& ports, std::size_t at) {
          for (const auto& port : ports)
            for (const Feed& f : port) CHECK(p.made.at({leader(w, f.member), w.members[static_cast<std::size_t>(f.member)].lanes == 1 ? 0 : pack}) < at);
        };
        after(wm.inputs, taken);
        after(wm.params, made);
      }
    }
  }
  CHECK(split > 20);
}

TEST_CASE("only a delay that stands in a cycle is read first and written last") {
  Kit k;
  k.add("s", "sine").add("free", "delay").add("loop", "delay").add("back", "gain").add("own", "delay");
  k.cable("s", "free").cable("free", "loop").cable("loop", "back").cable("back", "loop").cable("s", "own").cable("own", "own").cable("loop", "out");
  const Wiring w = wire(k.patch, 1);
  std::map<std::string, bool> split;
  for (const auto& m : w.members) split[*m.name] = m.split;
  CHECK_FALSE(split["free"]);
  CHECK_FALSE(split["back"]);
  CHECK(split["loop"]);
  CHECK(split["own"]);
  CHECK(w.order.size() == 7);
}

TEST_CASE("cables at one port come in the order of their ordinals") {
  Kit k;
  k.add("a", "sine").add("b", "sine").add("c", "sine").add("m", "mix");
  k.cable("a", "m").cable("b", "m").cable("c", "m").cable("c", "out").cable("a", "out");
  std::swap(k.patch.cables[0], k.patch.cables[2]);
  std::swap(k.patch.cables[3], k.patch.cables[4]);
  const Wiring w = wire(k.patch, 2);
  const auto& feeds = w.members[3].inputs[0];
  REQUIRE(feeds.size() == 3);
  for (std::uint32_t i = 0; i < 3; ++i) CHECK((feeds[i].ordinal == i && feeds[i].member == static_cast<int>(i)));
  for (const auto& port : w.outs) CHECK((port[0].member == 2 && port[1].member == 0));
}

TEST_CASE("a cycle without a delay is refused, also through a parameter of a delay") {
  Kit k;
  k.add("a", "gain").add("b", "gain").cable("a", "b").cable("b", "a").cable("b", "out");
  CHECK_THROWS_AS(wire(k.patch, 2), Error);
  Kit p;
  p.add("d", "delay").add("g", "gain").cable("d", "g").cable("g", "d.time").cable("g", "out");
  CHECK_THROWS_AS(wire(p.patch, 2), Error);
}

TEST_CASE("a chain of ten thousand modules needs no deep stack") {
  Kit k;
  k.add("m0", "sine");
  for (int i = 1; i < 10'000; ++i) k.add("m" + std::to_string(i), "gain").cable("m" + std::to_string(i - 1), "m" + std::to_string(i));
  k.cable("m9999", "out");
  const Wiring w = wire(k.patch, 1);
  CHECK(w.order.size() == 10'000);
  CHECK(*w.members[static_cast<std::size_t>(w.order.back().member)].name == "m9999");
}
