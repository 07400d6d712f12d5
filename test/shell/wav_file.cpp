// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. Sound files that grow.
#include "control/error.hpp"
#include "control/shell/wav_file.hpp"
#include "wav_read.hpp"
#include <cmath>
#include <csignal>
#include <cstring>
#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace chronus;
using namespace chronus::control;

TEST_CASE("samples come back with the bits they had, NaN and denormals too") {
  const TemporaryFile file;
  const std::vector<float> samples = {0.0F, -0.0F, 1e-42F, 1e30F, -0.25F, std::nanf("")};
  {
    WavWriter writer(file.path, 2, 44100);
    CHECK(writer.write(samples.data(), 3));
    CHECK(writer.frames() == 3);
    CHECK(writer.close());
  }
  const auto wav = read_wav(file.path);
  CHECK(wav.channels == 2);
  CHECK(wav.rate == 44100);
  REQUIRE(wav.samples.size() == 6);
  CHECK(std::memcmp(wav.samples.data(), samples.data(), 6 * sizeof(float)) == 0);
}

TEST_CASE("planar and interleaved writing make the same file, byte for byte") {
  const TemporaryFile one, two;
  const int frames = 10000; // more than the scratch holds
  std::vector<float> left(frames), right(frames), both;
  for (int i = 0; i < frames; ++i) {
    left[i] = std::sin(0.01F * i);
    right[i] = std::cos(0.02F * i);
    both.insert(both.end(), {left[i], right[i]});
  }
  const float* channels[] = {left.data(), right.data()};
  WavWriter a(one.path, 2, 48000), b(two.path, 2, 48000);
  CHECK(a.write(both.data(), frames));
  CHECK(b.write_planar(channels, frames));
  CHECK(a.close());
  CHECK(b.close());
  CHECK(bytes_of(one.path) == bytes_of(two.path));
  CHECK(bytes_of(one.path).substr(0, 4) == "RIFF");
  CHECK(bytes_of(one.path).find("PEAK") == std::string::npos);
}

TEST_CASE("a file that is being written is whole up to its last header") {
  const TemporaryFile file;
  WavWriter writer(file.path, 1, 48000);
  CHECK(read_wav(file.path).samples.empty());
  const std::vector<float> samples(5000, 0.5F);
  writer.write(samples.data(), 5000);
  writer.update_header();
  CHECK(read_wav(file.path).samples.size() == 5000);
  writer.write(samples.data(), 100);
}

TEST_CASE("a file that cannot be made is refused at once with path and reason") {
  const auto reason = [](const std::string& path) {
    try {
      WavWriter writer(path, 2, 48000);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("made");
  };
  CHECK(reason("/nowhere/x.wav") == "/nowhere/x.wav: No such file or directory");
  CHECK(reason("/tmp") == "/tmp: Is a directory");
  CHECK(reason("/dev/full") == "/dev/full: not a regular file");
  const TemporaryFile pipe;
  unlink(pipe.path.c_str());
  REQUIRE(mkfifo(pipe.path.c_str(), 0600) == 0);
  CHECK(reason(pipe.path) == pipe.path + ": not a regular file");
}

TEST_CASE("/dev/null takes everything") {
  WavWriter writer("/dev/null", 2, 48000);
  const float silence[8] = {};
  CHECK(writer.write(silence, 4));
  CHECK(writer.frames() == 4);
  CHECK(writer.close());
}

TEST_CASE("a disk that refuses is told with frame and errno, and the file is good up to there") {
  const TemporaryFile file;
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{40000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  WavWriter writer(file.path, 2, 48000);
  const std::vector<float> samples(2 * 1000, 0.5F);
  int good = 0;
  while (writer.write(samples.data(), 1000) && good < 100) ++good;
  CHECK(good == 4);
  const auto told = writer.error();
  CHECK(told.find("File too large (errno 27) at frame 49") != told.npos);
  CHECK_FALSE(writer.write(samples.data(), 1));
  const auto frames = writer.frames();
  CHECK_FALSE(writer.close());
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK(writer.error() == told);
  const auto wav = read_wav(file.path);
  CHECK(wav.samples.size() / 2 == frames);
  CHECK(frames > 4900);
}
