// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. Ten thousand modules, thirty thousand cables: every edit is checked at once, and stays cheap.
#include "../../src/control/delta.hpp"
#include "../support/talk.hpp"
#include <chrono>
#include <doctest/doctest.h>

using namespace chronus;
using test::Talk;

namespace {

/// `links` is how many of its forerunners each module is fed by.
std::string large_patch(int modules, int links) {
  std::string text;
  for (int i = 0; i < modules; ++i) {
    text += fmt::format("create m{} gain\n", i);
    for (int k = 1; k <= links && k <= i; ++k) text += fmt::format("connect m{} m{}\n", i - k, i);
  }
  return text + fmt::format("connect m{} out", modules - 1);
}

double seconds(const std::function<void()>& act) {
  const auto start = std::chrono::steady_clock::now();
  act();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

} // namespace

TEST_CASE("a patch of ten thousand modules is read, committed, edited and searched in no time to speak of") {
  Talk t;
  const double reading = seconds([&] { t.say(large_patch(10000, 3)); });
  const double committing = seconds([&] { t.say("commit"); });
  CHECK(t.err == "");
  REQUIRE(t.host.current().cables.size() == 29995);
  const control::Patch& p = t.host.current();
  const double cycle = seconds([&] { CHECK(!control::closes_cycle(p)); });
  const double lanes = seconds([&] { CHECK(control::lanes_of(p).size() == 10000); });
  const double closing = seconds([&] { CHECK(t.complaint("connect m9999 m0").find("cycle") != std::string::npos); });
  const double small = seconds([&] { for (int i = 0; i < 20; ++i) t.say(fmt::format("create x{} gain\ncommit", i)); }) / 20;
  const double undo = seconds([&] { for (int i = 0; i < 20; ++i) t.say("undo"); }) / 20;
  CHECK(t.host.current().instances.size() == 10000);
  MESSAGE(fmt::format("read {:.0f} ms, commit {:.0f} ms, cycle {:.1f} ms, lanes {:.1f} ms, the longest cycle {:.1f} ms, small commit {:.1f} ms, undo {:.1f} ms",
                      reading * 1e3, committing * 1e3, cycle * 1e3, lanes * 1e3, closing * 1e3, small * 1e3, undo * 1e3));
  CHECK(reading < 5);
  CHECK(committing < 2);
  CHECK(small < 0.5);
}

TEST_CASE("modules, cables and commits to undo have limits, and each its error") {
  Talk t;
  std::string text;
  for (std::size_t i = 0; i < control::max_modules; ++i) text += fmt::format("create m{} gain\n", i);
  t.say(text);
  CHECK(t.err == "");
  CHECK(t.complaint("create more gain").find(":8: more: a patch is limited to 65536 modules") != std::string::npos);
  CHECK(t.session.patch().instances.size() == control::max_modules);
  text.clear();
  for (std::size_t i = 0; i < control::max_cables; ++i) text += fmt::format("connect m{} m{}\n", i % 512, 512 + i / 512);
  CHECK(t.complaint(text) == "");
  CHECK(t.complaint("connect m0 out").find("a patch is limited to 262144 cables") != std::string::npos);
  CHECK(t.session.patch().cables.size() == control::max_cables);

  Talk u;
  u.say("create a gain\nconnect a out\ncommit");
  for (std::size_t i = 0; i < control::max_undo + 5; ++i) u.say(i % 2 ? "delete b\ncommit" : "create b gain\ncommit");
  for (std::size_t i = 0; i < control::max_undo; ++i) u.say("undo");
  CHECK(u.err == "");
  CHECK(u.workspace.undo_depth() == 0);
  CHECK(u.complaint("undo").find("there is nothing more to undo: the last 10000 commits are kept") != std::string::npos);
  CHECK(u.host.current().instances.size() == 2);
}

TEST_CASE("history keeps differences: a small commit in a large patch is a small step") {
  Talk t;
  t.say(large_patch(2000, 3) + "\ncommit");
  control::Patch after = t.host.current();
  after.instances.at("m7").settings.set(0, {control::Setting::Kind::one, {3}});
  after.cables.erase(after.cables.begin() + 100);
  const control::Delta d = control::difference(t.host.current(), after);
  CHECK(d.values.size() == 1);
  CHECK(d.cut.size() == 1);
  CHECK(d.removed.size() + d.added.size() + d.made.size() + d.gates.size() == 0);
  control::Patch back = after;
  control::apply(back, control::inverse(d));
  CHECK(back == t.host.current());
  CHECK_THROWS(control::apply(after, d)); // a second time: the cable is not there any more
}
