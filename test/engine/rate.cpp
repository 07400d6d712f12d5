// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The callback stops, and another one goes on at another rate.
#include "support/offline_rig.hpp"
#include <unistd.h>

using namespace chronus;
using namespace chronus::control;
using namespace chronus::test;

namespace {

/// A server that takes the time it needs.
struct Rig {
  static constexpr int period = 256;
  Engine engine;
  std::optional<rt::Process> process;
  Heard heard{2};

  Rig(double rate, bool spare) : engine({.rate = rate, .slots = 2, .outs = 2, .spare = spare, .black_box = true}, [] {}) { open(); }
  void open() {
    process.emplace(engine.link(), engine.rate(), period, engine.stats().spare != "off");
    process->refill(period);
  }
  std::string change(double rate) {
    const std::string why = engine.begin_anew(rate);
    open();
    heard = Heard(2);
    return why;
  }
  /// What is heard begins at the frame where this process did.
  void play(Frame until) {
    std::vector<float> l(period), r(period);
    float* out[] = {l.data(), r.data()};
    engine.link().driver_waits.set(1);
    while (engine.playhead() < until) {
      process->cycle(nullptr, out, period, rt::Process::Patience::waits);
      heard[0].insert(heard[0].end(), l.begin(), l.end());
      heard[1].insert(heard[1].end(), r.begin(), r.end());
      engine.poll();
    }
  }
  void commit(const Patch& patch, Frame at = 0) {
    CommitRequest r;
    r.patch = patch;
    r.at = at;
    bool known = false;
    engine.commit(std::move(r), [&](const Verdict& v, std::uint64_t) { known = true, error = v.error; }, [this](Frame f) { swapped = f; });
    while (!known) engine.poll(), rest(200);
    CHECK(error.empty());
  }
  Frame swapped = 0;
  std::string error = {};
};

Kit voice() {
  Kit k;
  k.add("s", "sine", {{"freq", 440}}).add("e", "adsr", {{"attack", 0}, {"release", 0}}).cable("s", "e").cable("e", "out");
  return k.add("d", "delay", {{"time", 30}}).cable("e", "d").cable("d", "out.2");
}

Setting one(float x) { return {Setting::Kind::one, {x}}; }

void go_on(double from, double to, bool spare) {
  CAPTURE(from);
  CAPTURE(to);
  Rig rig(from, spare);
  rig.commit(voice().patch);
  rig.play(9600);
  rig.engine.set("s", 0, one(660), 0);
  rig.engine.gate("e", -1, true, 0);
  rig.play(rig.engine.playhead() + 960);
  const std::uint64_t swaps = rig.engine.stats().swaps;
  const Frame before = rig.engine.playhead();
  REQUIRE(rig.change(to).empty());
  const Frame begin = rig.engine.playhead();
  CHECK(begin == block_ceil(before));
  CHECK(rig.engine.revision() == 1);
  CHECK(rig.engine.stats().swaps == swaps);
  rig.play(begin + 9600);

  Ids ids;
  const auto plan = build({rig.engine.current(), nullptr, to, 2, 0}, ids);
  plan->start(begin);
  Heard wanted;
  run(*plan, begin, begin + rig.heard[0].size(), wanted);
  const auto ramp = static_cast<std::size_t>(to / 200);
  CHECK(std::abs(rig.heard[0][0]) <= std::abs(wanted[0][0]) / static_cast<float>(ramp) + 1e-6F);
  for (std::size_t c = 0; c < 2; ++c)
    CHECK(std::equal(rig.heard[c].begin() + static_cast<long>(ramp), rig.heard[c].end(), wanted[c].begin() + static_cast<long>(ramp)));
  CHECK(loudest(wanted[0]) > 0.3F);
  CHECK(rig.engine.stats().starved == 0);
  CHECK(rig.engine.stats().late == 0);
  rig.commit(Kit{}.patch);
  rig.play(rig.engine.playhead() + 4800);
  CHECK(rig.engine.stats().swaps == swaps + 1);
  CHECK(rig.heard[0].back() == 0);
}

} // namespace

TEST_CASE("at another rate the patch goes on from silence with the bits of a plan that begins there") {
  go_on(48000, 44100, true);
  go_on(44100, 96000, true);
  go_on(48000, 44100, false);
}

TEST_CASE("gates that are on their way keep their time at another rate, and none is left out") {
  Rig rig(48000, true);
  rig.commit(voice().patch);
  rig.play(9600);
  const Frame now = rig.engine.playhead();
  rig.engine.gate("e", -1, true, now + 24000);
  rig.engine.gate("e", -1, false, now + 36000);
  rig.play(now + 1024);
  const Frame left = now + 24000 - rig.engine.playhead();
  REQUIRE(rig.change(24000).empty());
  const Frame begin = rig.engine.playhead();
  rig.play(begin + 24000);
  const auto sounds = [](float x) { return x != 0; };
  const auto first = std::find_if(rig.heard[0].begin(), rig.heard[0].end(), sounds) - rig.heard[0].begin();
  const auto last = std::find_if(rig.heard[0].rbegin(), rig.heard[0].rend(), sounds).base() - rig.heard[0].begin();
  CHECK(std::abs(first - static_cast<long>(left / 2)) < 8);
  CHECK(std::abs(last - first - 6000) < 8);
  CHECK(rig.engine.stats().late == 0);
}

TEST_CASE("what a panic has silenced stays silent at another rate, and a recording ends and says so") {
  Rig rig(48000, true);
  Kit tone;
  tone.add("s", "sine").cable("s", "out");
  rig.commit(tone.patch);
  rig.play(4800);
  const std::string path = "/tmp/chronus-rate-" + std::to_string(getpid()) + ".wav";
  rig.engine.record_start(path, 0);
  rig.play(rig.engine.playhead() + 4800);
  rig.engine.panic(0);
  rig.play(rig.engine.playhead() + 4800);
  REQUIRE(rig.change(44100).empty());
  CHECK(rig.engine.take_message() == "recording: " + path + " ends where the rate changes");
  rig.play(rig.engine.playhead() + 4800);
  CHECK(loudest(rig.heard[0]) == 0);
  rig.engine.record_stop(0);
  std::optional<Recorded> recorded;
  while (!(recorded = rig.engine.recorded())) rest(2000);
  CHECK(recorded->frames > 4800);
  CHECK(recorded->whole);
  rig.engine.record_start(path, 0);
  rig.engine.record_stop(0);
  rig.commit(tone.add("t", "saw").cable("t", "out").patch);
  rig.play(rig.engine.playhead() + 4800);
  CHECK(loudest(rig.heard[0]) > 0.3F);
  std::remove(path.c_str());
}

TEST_CASE("a commit that waits for its time is there when the rate has changed, and so is its patch") {
  Rig rig(48000, true);
  rig.commit(voice().patch);
  rig.play(4800);
  Kit tone;
  tone.add("s", "sine").cable("s", "out");
  rig.commit(tone.patch, 480'000);
  rig.play(9600);
  REQUIRE(rig.change(44100).empty());
  CHECK(rig.swapped == rig.engine.playhead());
  CHECK(rig.engine.revision() == 2);
  rig.play(rig.engine.playhead() + 4800);
  CHECK(loudest(rig.heard[0]) > 0.3F);
}
