// SPDX-License-Identifier: GPL-3.0-or-later
// Tests only. A WAV read by libsndfile, and a file that goes with its owner.
#pragma once
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sndfile.h>
#include <string>
#include <unistd.h>
#include <vector>

struct TemporaryFile {
  std::string path = "/tmp/chronus-test-XXXXXX";
  TemporaryFile() { close(mkstemp(path.data())); }
  ~TemporaryFile() { unlink(path.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
};

struct Wav {
  int channels = 0, rate = 0;
  std::vector<float> samples; ///< interleaved
};

/// Without channels when it is no sound file.
inline Wav read_wav(const std::string& path) {
  SF_INFO info{};
  Wav wav;
  SNDFILE* file = sf_open(path.c_str(), SFM_READ, &info);
  if (!file) return wav;
  wav.channels = info.channels;
  wav.rate = info.samplerate;
  wav.samples.resize(static_cast<std::size_t>(info.frames * info.channels));
  const auto got = sf_readf_float(file, wav.samples.data(), info.frames);
  wav.samples.resize(static_cast<std::size_t>(got * info.channels));
  sf_close(file);
  return wav;
}

inline std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
