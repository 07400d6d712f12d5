// SPDX-License-Identifier: GPL-3.0-or-later
// The test stands in for the callback.
#include "control/error.hpp"
#include "control/shell/recorder.hpp"
#include "wav_read.hpp"
#include <chrono>
#include <csignal>
#include <cstring>
#include <doctest/doctest.h>
#include <sys/resource.h>

using namespace chronus;
using namespace chronus::control;
using namespace std::chrono_literals;

namespace {

/// Frame f of channel c is f + c / 8: exact, and tells its place.
void push(link::RecordTap& tap, Frame frame, std::uint32_t frames, bool last) {
  std::vector<float> run;
  for (std::uint32_t i = 0; i < frames; ++i)
    for (int c = 0; c < tap.channels; ++c) run.push_back(static_cast<float>(frame + i) + 0.125F * static_cast<float>(c));
  REQUIRE(tap.samples.push(run.data(), run.size()) == run.size());
  REQUIRE(tap.chunks.push({frame, frames, last}));
}

bool finishes(const Recorder& recorder) {
  for (int i = 0; i < 500 && !recorder.finished(); ++i) std::this_thread::sleep_for(10ms);
  return recorder.finished();
}

} // namespace

TEST_CASE("what is pushed is in the file, bit for bit, once the last chunk is in") {
  const TemporaryFile file;
  link::RecordTap tap(2, 48000);
  Recorder recorder(file.path, tap, 48000);
  push(tap, 1000, 64, false);
  push(tap, 1064, 10000, false);
  std::this_thread::sleep_for(50ms);
  push(tap, 11064, 7, true);
  REQUIRE(finishes(recorder));
  CHECK(recorder.result().frames == 10071);
  CHECK(recorder.result().gaps == 0);
  CHECK(recorder.result().error.empty());
  const auto wav = read_wav(file.path);
  REQUIRE(wav.samples.size() == 2 * 10071);
  bool same = true;
  for (std::size_t i = 0; i < 10071; ++i)
    same = same && wav.samples[2 * i] == static_cast<float>(1000 + i) && wav.samples[2 * i + 1] == static_cast<float>(1000 + i) + 0.125F;
  CHECK(same);
}

TEST_CASE("lost frames are silence of the same length, so that what follows is in its place") {
  const TemporaryFile file;
  link::RecordTap tap(1, 48000);
  Recorder recorder(file.path, tap, 48000);
  push(tap, 100, 64, false);
  push(tap, 100 + 64 + 9000, 64, true);
  REQUIRE(finishes(recorder));
  CHECK(recorder.result().gaps == 9000);
  const auto wav = read_wav(file.path);
  REQUIRE(wav.samples.size() == 64 + 9000 + 64);
  CHECK(wav.samples[63] == 163);
  CHECK(wav.samples[64] == 0);
  CHECK(wav.samples[9063] == 0);
  CHECK(wav.samples[9064] == 9164);
}

TEST_CASE("a last chunk without frames ends it, and one after a gap still tells the length") {
  const TemporaryFile file;
  link::RecordTap tap(1, 48000);
  Recorder recorder(file.path, tap, 48000);
  push(tap, 0, 64, false);
  push(tap, 256, 0, true);
  REQUIRE(finishes(recorder));
  CHECK(read_wav(file.path).samples.size() == 256);
}

TEST_CASE("a recorder that goes without a last chunk writes what has come") {
  const TemporaryFile file;
  link::RecordTap tap(1, 48000);
  {
    Recorder recorder(file.path, tap, 48000);
    push(tap, 0, 3000, false);
  }
  CHECK(read_wav(file.path).samples.size() == 3000);
}

TEST_CASE("a chunk may come before its samples") {
  const TemporaryFile file;
  link::RecordTap tap(1, 48000);
  Recorder recorder(file.path, tap, 48000);
  REQUIRE(tap.chunks.push({0, 4, true}));
  std::this_thread::sleep_for(60ms);
  CHECK_FALSE(recorder.finished());
  const float four[] = {1, 2, 3, 4};
  tap.samples.push(four, 4);
  REQUIRE(finishes(recorder));
  CHECK(read_wav(file.path).samples == std::vector<float>{1, 2, 3, 4});
}

TEST_CASE("the file can be read while it is recorded, about a second behind") {
  const TemporaryFile file;
  link::RecordTap tap(1, 48000);
  Recorder recorder(file.path, tap, 48000);
  push(tap, 0, 5000, false);
  std::this_thread::sleep_for(1500ms);
  CHECK(read_wav(file.path).samples.size() == 5000);
}

TEST_CASE("a disk that refuses ends the file once, well, and holds nobody up") {
  const TemporaryFile file;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{40000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  link::RecordTap tap(1, 48000);
  Recorder recorder(file.path, tap, 48000);
  push(tap, 0, 20000, false);
  for (int i = 0; i < 200 && recorder.result().error.empty(); ++i) std::this_thread::sleep_for(10ms);
  CHECK(recorder.take_news().find("errno 27") != std::string::npos);
  CHECK(recorder.take_news().empty());
  CHECK_FALSE(recorder.finished());
  push(tap, 20000, 64, true);
  CHECK(finishes(recorder));
  CHECK(tap.samples.read_available() == 0);
  setrlimit(RLIMIT_FSIZE, &before);
  const auto frames = read_wav(file.path).samples.size();
  CHECK(frames > 9900);
  CHECK(frames == recorder.result().frames);
}

TEST_CASE("a file that cannot be made is refused by the constructor") {
  link::RecordTap tap(1, 48000);
  CHECK_THROWS_AS(Recorder("/nowhere/x.wav", tap, 48000), Error);
}
