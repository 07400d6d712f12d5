// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The black box holds the very samples of the last 10 s and a record of each cycle; what was lost is counted, and shows.
#include "control/black_box.hpp"
#include "control/error.hpp"
#include "rt/process.hpp"
#include "support/scenario.hpp"
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

using namespace chronus;
using namespace chronus::test;

namespace {

constexpr double rate = 8000; // 10 s: 80 000 frames; the ring: 32 000

/// The callback with a hand in place of one worker; the sound is the frame's number, and its negative.
struct Cockpit {
  Cockpit() : link(1, 2, 0), left(8192), right(8192) {
    link.issued.set(never);
    link.flight = std::make_unique<link::FlightTap>(2, rate, false);
    box.emplace(*link.flight, rate);
    process.emplace(link, rate, 8192, true);
    cycle(0);
  }
  void cycle(int frames, bool fill = true) {
    for (; fill && made < link.counters.horizon.get(); made += block_frames) {
      float* cell = link.rings(0).blocks.claim();
      if (!cell) break;
      for (Frame i = 0; i < block_frames; ++i) cell[i] = static_cast<float>(made + i), cell[block_frames + i] = -cell[i];
      link.rings(0).blocks.keep({.frame = made});
      link.rings(0).blocks.publish();
      link.rings(0).progress.rendered.set(made + block_frames);
    }
    float* out[] = {left.data(), right.data()};
    process->cycle(nullptr, out, frames, rt::Process::Patience::none);
  }
  void play(Frame frames, int each, bool drain = true) {
    for (Frame end = link.counters.playhead.get() + frames; link.counters.playhead.get() < end;) {
      cycle(static_cast<int>(std::min<Frame>(static_cast<Frame>(each), end - link.counters.playhead.get())));
      if (drain) box->drain();
    }
  }
  static std::size_t wrong(const control::FlightLog& f) {
    std::size_t n = 0;
    for (Frame at = f.from; at < f.until; ++at) {
      const float* row = f.samples.data() + (at - f.from) * 2;
      const bool gap = std::ranges::any_of(f.gaps, [&](const auto& g) { return at >= g.first && at < g.second; });
      n += row[0] != (gap ? 0 : static_cast<float>(at)) || row[1] != (gap ? 0 : -static_cast<float>(at));
    }
    return n;
  }

  link::Link link;
  std::optional<control::BlackBox> box;
  std::optional<rt::Process> process;
  std::vector<float> left, right;
  Frame made = 0;
};

} // namespace

TEST_CASE("the black box holds every sample, and a record of each cycle, of any length") {
  Cockpit b;
  Frame end = 0;
  for (std::uint64_t i = 0; i < 60; ++i) {
    const int n = 1 + static_cast<int>(chance(3, i) * 1000);
    b.cycle(n);
    end += static_cast<Frame>(n);
  }
  b.box->drain();
  const auto f = b.box->copy();
  CHECK(f.from == 0);
  CHECK(f.until == end);
  CHECK(f.records.size() == 60);
  CHECK(Cockpit::wrong(f) == 0);
  Frame next = 0;
  for (const auto& r : f.records) {
    CHECK(r.frame == next);
    CHECK(r.blocks[0] * static_cast<Frame>(block_frames) >= 8192 - block_frames);
    CHECK(r.live == 0);
    next += r.frames;
  }
  CHECK(f.lost == 0);
}

TEST_CASE("of a long time it holds the last 10 s") {
  Cockpit b;
  b.play(200'003, 777);
  const auto f = b.box->copy();
  CHECK(f.until == 200'003);
  CHECK(f.from == 120'003);
  CHECK(Cockpit::wrong(f) == 0);
  CHECK(f.records.front().frame <= f.from);
  CHECK(f.records.size() <= 80'000 / 777 + 3);
}

TEST_CASE("a main thread that is stuck for 2 s loses nothing; what a longer one loses is counted, and shows as a gap") {
  Cockpit b;
  b.play(1000, 100);
  b.play(16'000, 32, false);
  b.box->drain();
  CHECK(b.box->copy().lost == 0);
  CHECK(b.box->copy().gaps.empty());
  b.play(40'000, 100, false);
  b.box->drain();
  b.play(1000, 100);
  const auto f = b.box->copy();
  CHECK(f.lost == 8000);
  REQUIRE(f.gaps.size() == 1);
  CHECK(f.gaps[0].second - f.gaps[0].first == 8000);
  CHECK(f.until == 58'000);
  CHECK(Cockpit::wrong(f) == 0);
}

TEST_CASE("a copy that is taken while the callback plays on is consistent") {
  Cockpit b;
  link::Published<int> over;
  std::thread callback([&] {
    for (std::uint64_t i = 0; i < 30'000; ++i) b.cycle(1 + static_cast<int>(chance(5, i) * 200));
    over.set(1);
  });
  std::size_t copies = 0, wrong = 0, broken = 0;
  do {
    b.box->drain();
    const auto f = b.box->copy();
    ++copies;
    wrong += Cockpit::wrong(f);
    for (std::size_t i = 1; i < f.records.size() && f.gaps.empty(); ++i) broken += f.records[i].frame != f.records[i - 1].frame + f.records[i - 1].frames;
    broken += !f.records.empty() && f.records.back().frame + f.records.back().frames != f.until;
  } while (!over.get());
  callback.join();
  MESSAGE(copies << " copies");
  CHECK(wrong == 0);
  CHECK(broken == 0);
}

TEST_CASE("a missing block is an alarm, once until it is taken") {
  Cockpit b;
  b.play(9000, 500);
  CHECK_FALSE(b.box->take_alarm());
  while (!b.link.counters.starved.get()) b.cycle(500, false);
  b.cycle(500, false);
  const Frame at = b.link.counters.playhead.get() - 1000;
  b.box->drain();
  CHECK(b.box->take_alarm() == std::optional<Frame>(at));
  CHECK_FALSE(b.box->take_alarm());
  const auto f = b.box->copy();
  CHECK(f.records.back().starved > f.records[f.records.size() - 2].starved);
}

TEST_CASE("the files tell it all, and a folder that is not there is named") {
  char name[] = "/tmp/chronus-box-XXXXXX";
  const std::string folder = mkdtemp(name);
  Cockpit b;
  b.play(3000, 250);
  const auto report = control::write_flight(b.box->copy(), {.spare = "off"}, "create a sine\n", folder + "/x");
  CHECK(report.frames == 3000);
  CHECK(std::filesystem::file_size(folder + "/x.wav") >= 3000 * 2 * sizeof(float));
  std::ifstream file(folder + "/x.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const char* part : {R"("patch":"create a sine\n")", R"("from":0,"until":3000)", R"({"frame":2750,"frames":250,)", R"("discontinuities":[)"})
    CHECK(text.find(part) != text.npos);
  CHECK_THROWS_AS(control::write_flight(b.box->copy(), {}, "", folder + "/no/x"), control::Error);
  std::filesystem::remove_all(folder);
}
