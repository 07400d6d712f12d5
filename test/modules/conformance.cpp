// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. Every type keeps the promises that the engine rests on. Driven from the tables alone: a new module is tested by existing.
#include "support/scenario.hpp"
#include <doctest/doctest.h>

using namespace chronus;
using namespace chronus::test;

namespace {

constexpr Values all_values[] = {Values::lowest, Values::initial, Values::highest, Values::random, Values::random_each_frame,
                                 Values::moved};

/// Each type, open and (where it may) in a closed cycle, at each kind of values.
void for_each_case(const std::function<void(const ModuleSpec&, const Scenario&)>& body) {
  for (const auto* m : all_modules())
    for (int cycle = 0; cycle <= (m->may_close_cycle() ? 1 : 0); ++cycle)
      for (Values values : all_values) {
        Scenario s;
        s.values = values;
        s.cycle = cycle != 0;
        CAPTURE(m->name);
        CAPTURE(static_cast<int>(values));
        CAPTURE(cycle);
        body(*m, s);
      }
}

} // namespace

TEST_CASE("every type is found by its name and by its alias") {
  for (const auto* m : all_modules()) {
    CHECK(find_module(m->name) == m);
    if (!m->alias.empty()) CHECK(find_module(m->alias) == m);
  }
}

TEST_CASE("whatever the values, every frame is finite and bounded, at any rate") {
  for_each_case([](const ModuleSpec& m, Scenario s) {
    for (double rate : {44100.0, 48000.0, 96000.0, 192000.0}) {
      s.rate = rate;
      s.frames = 6400;
      float loudest = 0;
      bool finite = true;
      const auto sounds = play(m, m.kernels.front(), s);
      for (const auto& port : sounds[0])
        for (float x : port) {
          finite = finite && std::isfinite(x);
          loudest = std::max(loudest, std::fabs(x));
        }
      CHECK(finite);
      CHECK(loudest < 1000);
    }
  });
}

TEST_CASE("splitting a block at any frame changes no bit") {
  for_each_case([](const ModuleSpec& m, Scenario s) {
    const auto whole = play(m, m.kernels.back(), s);
    const std::function<int(Frame)> ways[] = {[](Frame) { return 1; }, [](Frame) { return 17; },
                                              [](Frame f) { return 1 + static_cast<int>(chance(9, f) * 63); }};
    for (const auto& way : ways) {
      s.segment = way;
      const auto split = play(m, m.kernels.back(), s);
      for (std::size_t l = 0; l < whole.size(); ++l) CHECK(difference(whole[l], split[l]) == -1);
    }
  });
}

TEST_CASE("a voice has the same bits alone and in the widest pack") {
  for_each_case([](const ModuleSpec& m, const Scenario& s) {
    const auto wide = play(m, m.kernels.back(), s, 3);
    for (std::size_t l = 0; l < wide.size(); ++l)
      CHECK(difference(wide[l], play(m, m.kernels.front(), s, 3 + static_cast<int>(l))[0]) == -1);
  });
}

TEST_CASE("a value that stands still has the same bits as one that could move") {
  for_each_case([](const ModuleSpec& m, Scenario s) {
    const auto still = play(m, m.kernels.back(), s);
    s.as_moving = true;
    const auto moving = play(m, m.kernels.back(), s);
    for (std::size_t l = 0; l < still.size(); ++l) CHECK(difference(still[l], moving[l]) == -1);
  });
}

TEST_CASE("a voice that stands still has the same bits alone and beside voices that move") {
  for (const auto* m : all_modules()) {
    CAPTURE(m->name);
    Scenario s;
    s.values = Values::random_each_frame;
    s.still_every = 3;
    const auto wide = play(*m, m->kernels.back(), s);
    s.values = Values::random;
    for (int l = 0; l < m->kernels.back().width; l += 3)
      CHECK(difference(wide[static_cast<std::size_t>(l)], play(*m, m->kernels.front(), s, l)[0]) == -1);
  }
}

TEST_CASE("a source that was passed where nobody heard it goes on with the same bits") {
  for_each_case([](const ModuleSpec& m, Scenario s) {
    if (!m.source || each_frame(s.values)) return;
    for (const Kernels& kernels : m.kernels) {
      if (!kernels.pass) continue;
      for (const auto& way : std::initializer_list<std::function<int(Frame)>>{[](Frame) { return 64; }, [](Frame f) { return 1 + static_cast<int>(chance(9, f) * 63); }}) {
        s.segment = way;
        Bench b(m, kernels, s.rate, 0, kernels.width, s.seed);
        std::vector<Sound> before, after, whole;
        play(b, m, s, 0, 0, 200, before);
        bool passed = false;
        for (Frame f = 200, n = 0; f < 5000; f += n) {
          n = std::min<Frame>({static_cast<Frame>(way(f)), block_frames - f % block_frames, 5000 - f});
          if (b.pass(f, static_cast<int>(n))) passed = true;
          else b.run(f, static_cast<int>(n));
        }
        play(b, m, s, 0, 5000, 5400, after);
        Bench c(m, kernels, s.rate, 0, kernels.width, s.seed);
        play(c, m, s, 0, 0, 5400, whole);
        if (m.name != "noise") CHECK(passed);
        for (std::size_t l = 0; l < whole.size(); ++l)
          CHECK(std::memcmp(after[l][0].data(), whole[l][0].data() + 5000, 400 * sizeof(float)) == 0);
      }
    }
  });
}

TEST_CASE("what rests gives silence for silence, what is deaf for anything, and both stay as they are") {
  for_each_case([](const ModuleSpec& m, const Scenario& s) {
    for (const Kernels& kernels : m.kernels) {
      CHECK((!kernels.rests || !m.inputs.empty())); // nobody asks a type that hears nothing
      if ((!kernels.rests && !kernels.deaf) || s.cycle) continue;
      Bench b(m, kernels, s.rate, 0, kernels.width, s.seed);
      std::vector<Sound> sounds;
      play(b, m, s, 0, 0, 640, sounds);
      for (int l = 0; l < b.width() && kernels.gate; ++l) b.gate(l, false);
      const auto idle = [&] { return kernels.deaf ? b.deaf() : b.rests(); };
      for (std::size_t p = 0; p < m.inputs.size() && !kernels.deaf; ++p) std::memset(b.input(static_cast<int>(p)), 0, static_cast<std::size_t>(64 * b.width()) * 4);
      Frame f = 640;
      for (; !idle() && f < 200 * 48000; f += 64) b.run(f, 64);
      REQUIRE(idle());
      const std::vector<std::uint32_t> state(b.state(), b.state() + b.state_words());
      b.run(f, 64);
      bool same = true, silent = true;
      for (std::size_t w = 0; w < state.size(); ++w) same = same && ((state[w] ^ b.state()[w]) << 1 == 0 || kernels.deaf);
      for (int p = 0; p < static_cast<int>(m.outputs.size()); ++p)
        for (int i = 0; i < 64 * b.width(); ++i) silent = silent && b.output(p)[i] == 0;
      CHECK(same);
      CHECK(silent);
      CHECK(idle());
    }
  });
}

TEST_CASE("a switch that was cabled and is again not leaves no trace") {
  for_each_case([](const ModuleSpec& m, Scenario s) {
    if (each_frame(s.values)) return;
    auto run = [&](bool cabled) {
      Bench b(m, m.kernels.back(), s.rate, 0, -1, s.seed);
      if (s.cycle) b.close_cycle();
      std::vector<Sound> sounds;
      Scenario t = s;
      t.as_moving = cabled;
      play(b, m, t, 0, 0, 300, sounds);
      t.as_moving = false;
      t.values = Values::highest;
      play(b, m, t, 0, 300, 900, sounds);
      return sounds;
    };
    const auto a = run(false), b = run(true);
    for (std::size_t l = 0; l < a.size(); ++l) CHECK(difference(a[l], b[l]) == -1);
  });
}

TEST_CASE("a voice carried to a pack of another width goes on with the same bits") {
  for_each_case([](const ModuleSpec& m, const Scenario& s) {
    constexpr Frame carry = 211, end = 640;
    const auto& wide = m.kernels.back();
    const auto unbroken = play(m, wide, s);
    Bench before(m, wide, s.rate, 0, wide.width, s.seed);
    if (s.cycle) before.close_cycle();
    std::vector<Sound> start;
    play(before, m, s, 0, 0, carry, start);
    for (int l = 0; l < wide.width; ++l) {
      Bench after(m, m.kernels.front(), s.rate, l, 1, s.seed + 99);
      if (s.cycle) after.close_cycle();
      REQUIRE(after.state_words() * static_cast<std::size_t>(wide.width) == before.state_words());
      for (std::size_t w = 0; w < after.state_words(); ++w)
        after.state()[w] = before.state()[w * static_cast<std::size_t>(wide.width) + static_cast<std::size_t>(l)];
      for (int h = 0; h < m.histories_per_lane; ++h)
        after.histories()[static_cast<std::size_t>(h)] = before.histories()[static_cast<std::size_t>(l * m.histories_per_lane + h)];
      std::vector<Sound> sound{start[static_cast<std::size_t>(l)]};
      play(after, m, s, l, carry, end, sound);
      CHECK(difference(sound[0], unbroken[static_cast<std::size_t>(l)]) == -1);
    }
  });
}

TEST_CASE("a run that is repeated has the same bits, and lanes of noise differ") {
  for_each_case([](const ModuleSpec& m, const Scenario& s) {
    const auto once = play(m, m.kernels.back(), s), again = play(m, m.kernels.back(), s);
    for (std::size_t l = 0; l < once.size(); ++l) CHECK(difference(once[l], again[l]) == -1);
    if (m.name == "noise" && s.values == Values::initial) CHECK(difference(once[0], once[1]) == 0);
  });
}

TEST_CASE("lanes beyond those of the instance need no memory of their own") {
  for (const auto* m : all_modules()) {
    Bench b(*m, m->kernels.back(), 48000, 0, 1);
    b.run(0, 64);
    CHECK(std::isfinite(b.output()[0]));
  }
}

TEST_CASE("silence stays silent where nothing is a source") {
  for (const auto* m : all_modules()) {
    if (m->source) continue;
    CAPTURE(m->name);
    Bench b(*m, m->kernels.front());
    if (m->has_gate()) b.gate(0, true);
    for (float x : play(b, 4800)) REQUIRE(x == 0);
  }
}
