// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. What only closed envelopes hear is not run, nor what silence comes into, and no bit tells.
#include "support/patch_kit.hpp"

using namespace chronus;
using namespace chronus::test;

namespace {

/// Why a module's first pack did not run in the segment before: none where it did.
render::Rests::Why why(const render::Plan& plan, control::Ids& ids, const std::string& name) {
  const auto& member = plan.members[static_cast<std::size_t>(plan.member_of_id[ids.of(name)])];
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    if (plan.steps[i].kind == render::StepKind::run && plan.steps[i].pack == member.first_pack) return plan.rests.now[i];
  return render::Rests::none;
}

/// Sources, envelopes and what may rest, anything into anything that came before it.
Kit tangle(std::uint64_t seed) {
  constexpr const char* types[] = {"saw", "sine", "square", "lfo", "noise", "adsr", "adsr", "adsr", "gain", "mix", "sum", "pan", "biquad", "svf", "drive", "delay"};
  Kit k;
  std::vector<std::string> before;
  auto draw = [seed, n = std::uint64_t{0}](std::size_t below) mutable { return static_cast<std::size_t>(chance(seed, ++n) * static_cast<double>(below)); };
  for (std::size_t i = 0; i < 60; ++i) {
    const ModuleSpec& type = *find_module(types[draw(std::size(types))]);
    const std::string name = "m" + std::to_string(i);
    k.add(name, type.name, {}, type.sums || type.histories_per_lane || draw(3) ? 0 : 20);
    for (const PortSpec& in : type.inputs)
      for (std::size_t c = draw(3); c > 0 && !before.empty(); --c) k.cable(before[draw(before.size())], name + "." + std::string(in.name));
    if (!type.params.empty() && draw(4) == 0 && !before.empty())
      k.cable(before[draw(before.size())], name + "." + std::string(type.params[draw(type.params.size())].name), 0.01F);
    if (type.has_gate() || draw(5) == 0) k.cable(name, draw(2) ? "out.1" : "out.2");
    before.push_back(name);
  }
  return k;
}

/// Gates open and close, values glide and jump, at any frame. `all`: nothing rests.
Heard play(render::Plan& plan, control::Ids& ids, const control::Patch& patch, std::uint64_t seed, bool all, std::size_t& rested) {
  flush_denormals();
  Heard heard(static_cast<std::size_t>(plan.outs));
  plan.start(0);
  for (Frame f = 0; f < 64000;) {
    std::uint64_t n = 0;
    for (const auto& [name, instance] : patch.instances) {
      ++n;
      if (instance.type->has_gate() && chance(seed, 1, n, f) < 0.01) plan.apply(gate_op(ids, name, chance(seed, 2, n, f) < 0.4));
      if (!instance.type->params.empty() && chance(seed, 3, n, f) < 0.002) {
        const ParamSpec& p = instance.type->params[0];
        const float x = p.choices.empty() ? p.initial * static_cast<float>(0.5 + chance(seed, 4, n, f)) : static_cast<float>(static_cast<int>(chance(seed, 4, n, f) * static_cast<double>(p.choices.size())));
        plan.apply(set_op(ids, name, 0, std::min(std::max(x, p.range.low), p.range.high), chance(seed, 5, n, f) < 0.5));
      }
    }
    const Frame count = std::min<Frame>(chance(seed, 6, f) < 0.3 ? 1 + static_cast<Frame>(chance(seed, 7, f) * 63) : 64, block_frames - f % block_frames);
    if (all) plan.run_all(f, static_cast<int>(count));
    else plan.run(f, static_cast<int>(count));
    for (std::size_t i = 0; !all && i < plan.steps.size(); ++i) rested += plan.steps[i].kind == render::StepKind::run && plan.rests.now[i] == render::Rests::unheard;
    for (int c = 0; c < plan.outs; ++c) {
      const float* from = plan.output(c) + f % block_frames;
      heard[static_cast<std::size_t>(c)].insert(heard[static_cast<std::size_t>(c)].end(), from, from + count);
    }
    f += count;
  }
  return heard;
}

} // namespace

TEST_CASE("where an envelope is closed, the oscillator that it alone hears is not run, until it opens") {
  using render::Rests;
  control::Ids ids;
  Kit k;
  k.add("osc", "saw", {}, 20).add("other", "saw").add("env", "adsr", {{"release", 1}}, 20).cable("osc", "env").cable("env", "out");
  k.add("loud", "saw").add("vol", "gain").cable("loud", "vol").cable("vol", "env"); // a gain may give what is no sound, and says so
  k.cable("other", "env").cable("other", "out").add("lonely", "sine");
  const auto p = plan_of(k.patch, ids);
  Heard heard;
  run(*p, 0, 64, heard);
  CHECK(why(*p, ids, "env") == Rests::deaf);
  CHECK(why(*p, ids, "vol") == Rests::none);
  CHECK(why(*p, ids, "loud") == Rests::none);
  CHECK(why(*p, ids, "osc") == Rests::unheard);
  CHECK(why(*p, ids, "other") == Rests::none);
  CHECK(why(*p, ids, "lonely") == Rests::unheard);
  p->apply(gate_op(ids, "env", true));
  run(*p, 64, 128, heard);
  CHECK(why(*p, ids, "osc") == Rests::none);
  p->apply(gate_op(ids, "env", false));
  run(*p, 128, 192, heard);
  CHECK(why(*p, ids, "osc") == Rests::none); // one block of the release
  run(*p, 192, 256, heard);
  CHECK(why(*p, ids, "osc") == Rests::unheard);
  p->apply(set_op(ids, "osc", param_of(*find_module("saw"), "freq"), 100));
  run(*p, 256, 320, heard);
  CHECK(why(*p, ids, "osc") == Rests::none); // while a value glides
}

TEST_CASE("random patches have the same bits as where nothing rests") {
  std::size_t rested = 0;
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    CAPTURE(seed);
    const Kit k = tangle(seed);
    control::Ids ids;
    const auto a = plan_of(k.patch, ids), b = plan_of(k.patch, ids);
    CHECK(first_difference(play(*a, ids, k.patch, seed, false, rested), play(*b, ids, k.patch, seed, true, rested)) == -1);
  }
  CHECK(rested > 1000);
}
