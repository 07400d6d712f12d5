// SPDX-License-Identifier: GPL-3.0-or-later
// Test thread. Thousands of random scripts, line by line against the plain model.
#include "../support/talk.hpp"
#include "model.hpp"
#include <doctest/doctest.h>
#include <filesystem>
#include <random>
#include <unistd.h>

using namespace chronus;
using test::Model;
using test::PlainPatch;
using test::Talk;

namespace {

PlainPatch plain(const control::Patch& patch) {
  PlainPatch p;
  for (const auto& [name, instance] : patch.instances) p.gains[name] = instance.settings[0].numbers[0];
  for (const auto& c : patch.cables) p.cables[{c.from.module, control::sink_text(patch, c.to)}] = c.by;
  return p;
}

/// No two cables share a place in a sum, and the next free place is behind them all.
bool places_are_sound(const control::Patch& patch) {
  std::set<std::pair<control::Sink, std::uint32_t>> places;
  for (const auto& c : patch.cables)
    if (!places.insert({c.to, c.ordinal}).second || patch.next_ordinal.at(c.to) <= c.ordinal) return false;
  return true;
}

struct Dice {
  std::mt19937 random;
  int roll(int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); }
  std::string name() { return std::string(1, static_cast<char>('a' + roll(6))); }
  std::string sink() {
    const int kind = roll(6);
    return kind == 0 ? "out" : kind == 1 ? "out.2" : kind == 2 ? name() + ".gain" : name();
  }
  float gain() { return static_cast<float>(roll(9) - 4) / 4; }
};

/// One random line, and whether it is right.
std::string line(Dice& d, Model& model, bool accepted, bool& right) {
  const std::string a = d.name(), sink = d.sink();
  const float gain = d.gain();
  switch (d.roll(14)) {
  case 0: case 1: right = model.create(a, gain); return fmt::format("create {} gain gain={}", a, gain);
  case 2: right = model.remove(a); return "delete " + a;
  case 3: case 4: case 5: {
    const float by = sink.ends_with("gain") ? gain : 1;
    right = model.connect(a, sink, by);
    return fmt::format("connect {} {}{}", a, sink, by != 1 ? fmt::format(" by={}", by) : "");
  }
  case 6: {
    const std::string exact = sink == "out" ? "out.2" : sink; // bare out means all of them
    right = model.disconnect(a, exact);
    return "disconnect " + a + " " + exact;
  }
  case 7: right = model.set(a, gain); return fmt::format("set {}.gain {}", a, gain);
  case 8: right = model.live_set(a, gain); return fmt::format("live set {}.gain {}", a, gain);
  case 9: case 10: right = model.commit(accepted); return "commit force";
  case 11: right = model.undo(accepted); return "undo";
  case 12: right = model.redo(accepted); return "redo";
  default: break;
  }
  if (d.roll(4) == 0) return right = model.abort(), "abort";
  right = false;
  return "connect " + a + " ghost";
}

} // namespace

TEST_CASE("random scripts do what the plain model does, and wrong lines do nothing") {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    Dice dice{std::mt19937(seed)};
    Talk t;
    Model model;
    std::string script;
    for (int i = 0; i < 60; ++i) {
      const bool accepted = dice.roll(5) != 0;
      t.host.refusal = accepted ? "" : "refused";
      bool right = true;
      const std::string text = line(dice, model, accepted, right);
      script += text + "\n";
      const int errors = t.session.errors();
      t.session.feed(text + "\n");
      t.step();
      const bool agrees = (t.session.errors() == errors) == right && plain(t.host.current()) == model.current &&
                          t.session.editing() == model.draft.has_value() && (!model.draft || plain(t.session.patch()) == *model.draft) &&
                          places_are_sound(t.host.current()) && places_are_sound(t.session.patch());
      if (!agrees) {
        CAPTURE(seed);
        CAPTURE(script);
        CAPTURE(t.err);
        REQUIRE(agrees);
      }
    }
  }
}

TEST_CASE("what is saved and loaded is saved as the same bytes") {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("chronus-test-{}", ::getpid());
  std::filesystem::create_directory(folder);
  const std::string first = folder / "first", second = folder / "second";
  for (unsigned seed = 0; seed < 200; ++seed) {
    Dice dice{std::mt19937(seed)};
    Talk t, again;
    Model model;
    bool right = true;
    for (int i = 0; i < 80; ++i) t.say(line(dice, model, true, right));
    t.err.clear();
    t.say("save! " + first);
    // Into an empty session, and over a patch that is partly the same.
    Talk& reader = seed % 2 == 0 ? again : t;
    reader.say("load " + first + "\nsave! " + second);
    CHECK(reader.err == "");
    const std::string a = control::read_script({first}).text, b = control::read_script({second}).text;
    if (a != b) FAIL(a << "---\n" << b);
    reader.say("commit force");
    CHECK(places_are_sound(reader.host.current()));
  }
  std::filesystem::remove_all(folder);
}
