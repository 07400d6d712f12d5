// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. The whole engine without a server: a script of edits at frames, played offline as fast as it goes.
#pragma once
#include "control/engine.hpp"
#include "patch_kit.hpp"
#include "rt/process.hpp"
#include <time.h>

namespace chronus::test {

inline void rest(long microseconds) {
  timespec pause{0, microseconds * 1000};
  nanosleep(&pause, nullptr);
}

struct OfflineRig {
  struct Options {
    int slots = 2, outs = 2;
    bool spare = true;
    Frame lead = 8192;
    int period = 256;
    bool keep = true; ///< what is heard
    int workers = 1;  ///< threads a slot
  };

  explicit OfflineRig(const Options& o)
      : options(o), engine({.rate = rate, .slots = o.slots, .workers = o.workers, .outs = o.outs, .spare = o.spare, .offline = true, .faults = true}, [] {}),
        process(engine.link(), rate, o.lead, o.spare), heard(static_cast<std::size_t>(o.outs)), piece(heard) {
    for (auto& p : piece) {
      p.resize(static_cast<std::size_t>(o.period));
      out.push_back(p.data());
    }
  }
  OfflineRig() : OfflineRig(Options{}) {}

  /// The script's clock goes to `clock`: everything before it has been issued, and is played.
  void play(Frame clock) { play(clock, block_floor(clock)); }
  /// The script is over: plays exactly up to `end`.
  void finish(Frame end) {
    play(never, end);
    process.cycle(nullptr, out.data(), 0, rt::Process::Patience::returns);
    engine.poll();
  }

  /// Asks for a commit, and waits for its verdict unless told not to.
  void commit(const control::Patch& patch, Frame at, Frame fade = 0, bool wait = true) {
    control::CommitRequest r;
    r.patch = patch;
    r.at = at;
    r.fade = fade;
    engine.commit(
        std::move(r), [this](const control::Verdict& v, std::uint64_t) { verdicts.push_back(v.error); }, [this](Frame f) { swaps.push_back(f); });
    ++asked;
    if (wait) settle();
  }
  /// Until every verdict is in.
  void settle() {
    for (engine.poll(); verdicts.size() < asked; engine.poll()) rest(200);
  }

  Options options;
  control::Engine engine;
  rt::Process process;
  Heard heard;
  std::vector<Frame> swaps;
  std::vector<std::string> verdicts;
  std::size_t asked = 0;

private:
  void play(Frame issued, Frame until) {
    engine.poll();
    engine.set_issued(issued);
    while (engine.playhead() < until) {
      const auto n = std::min<Frame>(static_cast<Frame>(options.period), until - engine.playhead());
      const int played = process.cycle(nullptr, out.data(), static_cast<int>(n), rt::Process::Patience::returns);
      for (std::size_t c = 0; options.keep && c < piece.size(); ++c) heard[c].insert(heard[c].end(), piece[c].begin(), piece[c].begin() + played);
      engine.poll();
    }
    process.cycle(nullptr, out.data(), 0, rt::Process::Patience::returns);
    engine.poll();
  }

  std::vector<std::vector<float>> piece;
  std::vector<float*> out;
};

} // namespace chronus::test
