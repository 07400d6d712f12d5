// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. What is not finite ends in the module where it arises.
#include "support/patch_kit.hpp"
#include <cmath>

using namespace chronus;
using namespace chronus::test;

TEST_CASE("a module that gives NaN is silent for a while, comes back, and no other module is any the worse") {
  Kit k;
  k.add("a", "sine", {{"gain", 0.5F}}).cable("a", "out.1");
  k.add("f", "svf", {{"cutoff", 3000}}).cable("a", "f").cable("f", "out.2");
  control::Ids ids;
  auto plan = plan_of(k.patch, ids);
  plan->start(0);
  Heard before;
  run(*plan, 0, 6400, before);
  CHECK_FALSE(plan->tainted());
  plan->poison(); // the first pack to run is a, all that there is
  std::vector<float> after[2];
  Frame clean = 0;
  for (Frame f = 6400; f < 25'600; f += block_frames) {
    plan->run(f, block_frames);
    for (int c = 0; c < 2; ++c) after[c].insert(after[c].end(), plan->output(c), plan->output(c) + block_frames);
    if (plan->tainted()) clean = f + block_frames;
  }
  for (const auto& channel : after)
    for (float x : channel) REQUIRE(std::isfinite(x));
  std::vector<link::Fault> faults;
  plan->take_faults([&](const link::Fault& f) { faults.push_back(f); });
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].frame == 6400);
  CHECK(faults[0].module == ids.of("a"));
  CHECK(std::isnan(faults[0].value));
  CHECK(clean == 6400 + 64 + 4096 + 64);
  for (Frame f = 0; f < 4096 + 64; ++f) REQUIRE(after[0][f] == 0);
  float peak = 0, step = 0;
  for (std::size_t f = 1; f < after[0].size(); ++f) step = std::max(step, std::abs(after[0][f] - after[0][f - 1]));
  for (std::size_t f = 10'000; f < after[1].size(); ++f) peak = std::max(peak, std::abs(after[1][f]));
  CHECK(step < 0.05F); // in again without a click
  CHECK(peak > 0.3F);
}

TEST_CASE("a fault in a patch of which nothing runs spoils that segment all the same, and no other") {
  Kit closed; // the saw is not heard, and the envelope hears nothing
  closed.add("s", "saw").add("e", "adsr").cable("s", "e").cable("e", "out");
  for (const control::Patch& patch : {control::Patch(), closed.patch}) {
    control::Ids ids;
    auto plan = plan_of(patch, ids);
    plan->start(0);
    Heard heard;
    run(*plan, 0, 6400, heard);
    plan->poison();
    plan->run(6400, block_frames);
    CHECK(plan->tainted());
    plan->run(6464, block_frames);
    CHECK_FALSE(plan->tainted());
    int told = 0;
    plan->take_faults([&](const link::Fault&) { ++told; });
    CHECK(told == 0); // no module is at fault
  }
}

TEST_CASE("numbers up to a million are sound, beyond it and what is not finite are not, in every lane and at every width") {
  for (int width : {1, 2}) {
    const render::PlanKernels& kernels = render::plan_kernels(width);
    alignas(64) float x[64 * 16] = {};
    const int count = 37 * kernels.width;
    for (int i = 0; i < count; ++i) x[i] = i % 2 ? 999'999.0F : -999'999.0F;
    x[count] = NAN; // behind the end
    CHECK(kernels.sane(x, 37));
    for (int i = 0; i < count; ++i)
      for (float bad : {1e6F, -1e6F, INFINITY, -INFINITY, NAN, -NAN}) {
        const float good = std::exchange(x[i], bad);
        REQUIRE_FALSE(kernels.sane(x, 37));
        x[i] = good;
      }
  }
}
