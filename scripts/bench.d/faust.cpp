// SPDX-License-Identifier: GPL-3.0-or-later
// By hand, for scripts/bench. Renders what Faust made of a .dsp: one instance, or COPIES of one voice added up.
// usage: PROGRAM COUNT FRAMES FILE.wav BLOCK WORK
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>
#include <xmmintrin.h>
#include <faust/dsp/dsp.h>
#include <faust/gui/MapUI.h>
#include <faust/gui/meta.h>
#include SOUND

namespace {

struct Header {
  char riff[4] = {'R', 'I', 'F', 'F'};
  std::uint32_t size;
  char wave[8] = {'W', 'A', 'V', 'E', 'f', 'm', 't', ' '};
  std::uint32_t form_size = 16;
  std::uint16_t form = 3, channels;
  std::uint32_t rate = 48000, bytes_a_second;
  std::uint16_t bytes_a_frame, bits = 32;
  char data[4] = {'d', 'a', 't', 'a'};
  std::uint32_t bytes;
};

void tune(mydsp& voice, const std::string& work, int i, int n) {
  MapUI knobs;
  voice.buildUserInterface(&knobs);
  const double part = static_cast<double>(i) / n;
  knobs.setParamValue("f", static_cast<float>(work == "w1" ? 100 + 7300 * part : 55 * std::pow(2, 3.9 * part)));
  if (work == "w1") return;
  knobs.setParamValue("c", static_cast<float>(500 + 2500 * part));
  if (work == "w3") knobs.setParamValue("s", static_cast<float>(0.5 + 4.5 * part));
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const int count = std::atoi(argv[1]), block = std::atoi(argv[4]);
  const long frames = std::atol(argv[2]);
  _mm_setcsr(_mm_getcsr() | 0x8040);
  std::vector<mydsp*> voices;
  for (int i = 0; i < count; ++i) {
    voices.push_back(new mydsp);
    voices.back()->init(48000);
    if (COPIES) tune(*voices.back(), argv[5], i, count);
  }
  const int channels = voices[0]->getNumOutputs();
  std::FILE* file = std::fopen(argv[3], "wb");
  if (!file) return 1;
  Header h;
  h.channels = static_cast<std::uint16_t>(channels);
  h.bytes_a_frame = static_cast<std::uint16_t>(4 * channels);
  h.bytes_a_second = 48000u * h.bytes_a_frame;
  h.bytes = static_cast<std::uint32_t>(frames) * h.bytes_a_frame;
  h.size = 36 + h.bytes;
  std::fwrite(&h, sizeof h, 1, file);
  std::vector<float> side[2], sum(block), mixed(static_cast<std::size_t>(block * channels));
  for (auto& s : side) s.resize(static_cast<std::size_t>(block));
  for (long at = 0; at < frames; at += block) {
    const int n = static_cast<int>(frames - at < block ? frames - at : block);
    float* outs[] = {side[0].data(), side[1].data()};
    std::fill(sum.begin(), sum.end(), 0.0f);
    for (mydsp* voice : voices) {
      voice->compute(n, nullptr, outs);
      if (COPIES)
        for (int i = 0; i < n; ++i) sum[static_cast<std::size_t>(i)] += side[0][static_cast<std::size_t>(i)] / static_cast<float>(count);
    }
    const float* left = COPIES ? sum.data() : outs[0];
    for (int i = 0; i < n; ++i)
      for (int c = 0; c < channels; ++c) mixed[static_cast<std::size_t>(i * channels + c)] = c ? outs[1][i] : left[i];
    std::fwrite(mixed.data(), h.bytes_a_frame, static_cast<std::size_t>(n), file);
  }
  return std::fclose(file);
}
