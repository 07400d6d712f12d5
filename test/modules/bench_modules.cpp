// SPDX-License-Identifier: GPL-3.0-or-later
// By hand. Nanoseconds a voice and frame of each type: alone and in the widest pack, with its values standing and moving.
#include "modules/choose.hpp"
#include "support/module_bench.hpp"
#include <chrono>
#include <chronus/denormals.hpp>
#include <cmath>
#include <cstdio>
#include <vector>

using namespace chronus;

namespace {

/// Equal ratios from 55 to 820 Hz.
float pitch(float part) { return 55 * std::pow(820.0f / 55, part); }

/// 256 lanes, 55 to 820 Hz where there is a pitch, gates open; the best of some tries.
double cost(const ModuleSpec& spec, const Kernels& kernels, bool moving) {
  const int packs = kernels.width == 1 ? 16 : 256 / kernels.width;
  std::vector<std::unique_ptr<test::Bench>> benches;
  for (int p = 0; p < packs; ++p) {
    auto& b = *benches.emplace_back(std::make_unique<test::Bench>(spec, kernels, 48000, p * kernels.width));
    for (int l = 0; l < kernels.width; ++l) {
      const float part = static_cast<float>(p * kernels.width + l) / static_cast<float>(packs * kernels.width);
      if (b.find("freq").second) b.set_lane("freq", l, pitch(part));
      if (kernels.gate) b.gate(l, true);
    }
    for (int v = 0; moving && v < b.value_count(); ++v) b.move(v);
    for (std::size_t i = 0; i < spec.inputs.size(); ++i)
      for (int k = 0; k < block_frames * kernels.width; ++k) b.input(static_cast<int>(i))[k] = static_cast<float>(k % 37) / 37 - 0.5f;
  }
  double best = 1e9;
  Frame frame = 0;
  for (int round = 0; round < 30; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const Frame end = frame + 64 * 40;
    for (; frame < end; frame += 64 * 4) // four blocks of one pack, so that the buffers stay near, as a plan's few do
      for (auto& b : benches) {
        Segment s = b->segment(frame, 64);
        for (; s.frame < frame + 64 * 4; s.frame += 64) kernels.run(s);
      }
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
    best = std::min(best, spent.count() / (64.0 * 40 * packs * kernels.width));
  }
  return best;
}

} // namespace

int main(int argc, char** argv) {
  flush_denormals();
  std::printf("ns a voice and frame (%s)\n%-8s %8s %8s %8s %8s\n", name(instruction_set()), "", "wide", "moving", "single", "moving");
  for (const auto* m : all_modules()) {
    if (argc > 1 && m->name != argv[1]) continue;
    const auto& wide = m->kernels.back();
    const auto& one = m->kernels.front();
    std::printf("%-8s %8.3f %8.3f %8.3f %8.3f\n", std::string(m->name).c_str(), cost(*m, wide, false), cost(*m, wide, true),
                cost(*m, one, false), cost(*m, one, true));
  }
}
