// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. What a command may ask of the engine. The engine implements it; tests of the language use a plain one.
#pragma once
#include "patch.hpp"
#include "paths.hpp"
#include <array>
#include <chronus/units.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chronus::control {

/// What priming found (DESIGN: the verdict). `error` empty = accepted.
struct Verdict {
  std::string error;   ///< "silent: …", "nothing reaches out", "refused: needs 1.43 of the period; …"
  double prime_ms = 0; ///< build and rehearsal, by the clock
  /// Of the loudest channel in the rehearsal: over 50 ms or, in a large patch, 11 ms at least, the window's ends faded; what
  /// sounds only later by its loudest block.
  double rms = 0, peak = 0, dc = 0;
  std::string silent_until; ///< "until a gate opens: gate e on", of a patch that is silent and has closed gates
  double load = 0;     ///< worst block's cost as a part of a block's time
  std::string dearest; ///< the modules that cost most: "verb1 0.61, filt3 0.20"
};

struct CommitRequest {
  Patch patch;          ///< what shall sound
  Frame at = 0;         ///< the frame asked for; 0 = as soon as it can be
  Frame fade = 0;       ///< frames
  bool force = false;   ///< silence is meant
  std::string source;   ///< who asks, for messages
};

struct Stats {
  Frame frame = 0;
  std::uint64_t revision = 0, starved = 0, late = 0, dropped = 0, swaps = 0, failovers = 0, refused = 0, xruns = 0, slipped = 0, clipped = 0;
  int live = 0;
  std::string spare;  ///< "1", "syncing", "off"
  double load = 0, prime_ms_last = 0;
  Frame lead = 0;
};

/// Of the files that `blackbox` writes.
struct FlightReport {
  Frame frames = 0;         ///< in the WAV
  std::uint64_t lost = 0;   ///< frames that the black box missed since the start
  std::size_t discontinuities = 0;
};

/// What has become of a recording.
struct Recorded {
  Frame frames = 0, gaps = 0; ///< in the file; of them, written as silence
  std::string error;          ///< why the file ended early
  bool whole = true;          ///< false: the disk has not taken it all yet
};

/// What `fault` can make a worker do, in the order of link::FaultKind.
inline constexpr std::array<std::string_view, 3> fault_kinds{"stall", "nan", "throw"};

/// The playhead, which stood at `from`, goes on at `to`, where a second has `ratio` times as many frames.
struct RateChange {
  Frame from, to;
  double ratio;
  Frame length(Frame frames) const { return static_cast<Frame>(static_cast<double>(frames) * ratio + 0.5); }
  /// Of what lies ahead; what lies behind stays where it was.
  Frame frame(Frame f) const { return f > from && f != never ? to + length(f - from) : f; }
};

class Host {
public:
  virtual ~Host() = default;
  virtual double rate() const = 0;
  virtual int outs() const = 0;
  virtual int ins() const = 0;
  /// False while the server is gone: playhead and scripts stand still, and commands that look act at once.
  virtual bool running() const { return true; }
  /// The frame the ear is at.
  virtual Frame playhead() const = 0;
  /// The first frame that can still be decided.
  virtual Frame horizon() const = 0;

  /// The newest accepted revision with its current values: what a new draft starts from. 0 is the empty patch.
  virtual const Patch& current() const = 0;
  virtual std::uint64_t revision() const = 0;

  /// One value of one lane (lane -1: all), smoothed, at `at` (0: now). The current values follow.
  virtual void set(const std::string& module, int param, const Setting& value, Frame at) = 0;
  virtual void gate(const std::string& module, int lane, bool on, Frame at) = 0;

  /// Builds and primes beside the sound. `verdict` is called on the main thread once it is in (before that no other commit of
  /// this source may be made); when it accepted, current() and revision() are the new ones, and `swapped` is called with the
  /// swap frame once that is decided.
  virtual void commit(CommitRequest request, std::function<void(const Verdict&, std::uint64_t revision)> verdict,
                      std::function<void(Frame swap_frame)> swapped) = 0;

  /// Commits on their way to their swap.
  virtual std::size_t pending() const { return 0; }
  virtual Stats stats() const = 0;
  virtual void panic(Frame at) = 0;
  /// Throws Error when the file cannot be made. Recording starts and ends at exactly these frames.
  virtual void record_start(const std::string& path, Frame at) = 0;
  /// A take that is not whole yet goes there.
  virtual bool recording_to(const FileId&) const { return false; }
  /// Throws Error when nothing is being recorded.
  virtual void record_stop(Frame at) = 0;
  /// Of the recording that was told to stop first. Nothing until its file is whole, or has not become so within 2 s.
  virtual std::optional<Recorded> recorded() = 0;
  /// Writes PATH.wav and PATH.json: what has just been heard. Throws Error when a file cannot be written.
  virtual FlightReport black_box(const std::string& path) = 0;
  /// kind: one of fault_kinds. slot: "live", "spare" or a number. Throws Error when --faults was not given.
  virtual void fault(const std::string& kind, const std::string& slot, double seconds, Frame at) = 0;
};

} // namespace chronus::control
