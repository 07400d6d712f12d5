// SPDX-License-Identifier: GPL-3.0-or-later
// Builder thread. See prime.hpp.
#include "prime.hpp"
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <numbers>
#include <thread>
#include <time.h>

namespace chronus::control {

namespace {

constexpr double silent_below = 0.001;       // RMS of the loudest block and channel
constexpr double longest_rehearsal_s = 12;   // in frames: a slow attack, a long delay
constexpr double deadline_s = 0.5;           // by the clock, in real time
constexpr int cost_repeats = 3;              // a preempted block counts by the least of these
constexpr double enough_s = 0.3e-3;          // measured for so long, what fits and has no block that stands out needs no repeat
constexpr double far_below = 0.25;           // nor does what fits four times over
constexpr double stands_out = 1.5;           // of the median block
constexpr double most_of_a_core = 0.9;       // for one slot
constexpr double most_of_all = 0.95;         // for all of them, of the cores there are

double seconds(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

bool gates_closed(const Instance& i) { return std::ranges::none_of(i.gates, [](bool open) { return open; }); }

struct Level {
  double loudest = 0, peak = 0; ///< the RMS of the loudest block and channel
  bool finite = true;
};

/// Mean and mean square of each channel over a stretch, weighed by a Hann window: part of a period at its ends counts for little.
class Window {
public:
  Window(int channels, Frame frames) : frames_(frames), sums_(static_cast<std::size_t>(channels)) {}

  /// The next block of the stretch.
  void take(const render::Plan& plan) {
    for (int i = 0; i < block_frames; ++i, ++at_) {
      const double w = 1 - std::cos(2 * std::numbers::pi * (static_cast<double>(at_) + 0.5) / static_cast<double>(frames_));
      weight_ += w;
      for (std::size_t c = 0; c < sums_.size(); ++c) {
        const double x = plan.output(static_cast<int>(c))[i];
        sums_[c].mean += w * x;
        sums_[c].square += w * x * x;
      }
    }
  }
  double rms() const {
    double most = 0;
    for (const Sums& s : sums_) most = std::max(most, s.square);
    return weight_ > 0 ? std::sqrt(most / weight_) : 0;
  }
  double dc() const {
    double most = 0;
    for (const Sums& s : sums_)
      if (std::abs(s.mean) > std::abs(most)) most = s.mean;
    return weight_ > 0 ? most / weight_ : 0;
  }

private:
  struct Sums {
    double mean = 0, square = 0;
  };
  Frame frames_, at_ = 0;
  double weight_ = 0;
  std::vector<Sums> sums_;
};

/// How many blocks the level is measured over: 50 ms, less for a large patch. It follows from the patch alone, so that the
/// figures do not depend on the machine.
int level_blocks(const render::Plan& plan, int warmup) {
  constexpr double window_s = 0.05;
  constexpr std::size_t most_steps = 600; // some 0.1 ms
  const auto wanted = static_cast<int>(std::ceil(window_s * plan.context.rate / block_frames));
  std::size_t work = 1;
  for (const render::Pack& pack : plan.packs) work += 1 + pack.voices / 8;
  return std::max(std::min(wanted, warmup + static_cast<int>(most_steps / work)), warmup);
}

/// Runs one block and measures it.
double run_block(render::Plan& plan, Frame frame) {
  const double before = seconds(CLOCK_THREAD_CPUTIME_ID);
  plan.run_all(frame, block_frames);
  return seconds(CLOCK_THREAD_CPUTIME_ID) - before;
}

/// The first module that gave something that is no sound; empty: none.
std::string at_fault(render::Plan& plan, const Wiring& wiring) {
  std::string first;
  plan.take_faults([&](const link::Fault& f) {
    const auto member = static_cast<std::size_t>(plan.member_of_id[f.module]);
    if (first.empty()) first = fmt::format("{} gave {}", *wiring.members[member].name, fault_value(f.value));
  });
  return first;
}

void measure(const render::Plan& plan, Level& level) {
  for (int c = 0; c < plan.outs; ++c) {
    double square = 0;
    for (int i = 0; i < block_frames; ++i) {
      const double x = plan.output(c)[i];
      if (!std::isfinite(x) || std::abs(x) > absurd) level.finite = false;
      square += x * x;
      level.peak = std::max(level.peak, std::abs(x));
    }
    level.loudest = std::max(level.loudest, std::sqrt(square / block_frames));
  }
}

} // namespace

std::vector<double> pack_costs(render::Plan& plan, Frame frame) {
  std::vector<double> cost(plan.packs.size());
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const auto kind = plan.steps[i].kind;
    const double before = seconds(CLOCK_MONOTONIC);
    plan.run_steps(i, i + 1, frame, block_frames);
    if (kind == render::StepKind::run || kind == render::StepKind::read || kind == render::StepKind::write)
      cost[plan.steps[i].pack] += seconds(CLOCK_MONOTONIC) - before;
  }
  return cost;
}

namespace {

/// What each module costs of a block, the dearest first.
std::string dearest_modules(render::Plan& plan, const Wiring& wiring, Frame frame) {
  std::vector<double> cost(plan.members.size());
  const std::vector<double> packs = pack_costs(plan, frame);
  for (std::size_t p = 0; p < packs.size(); ++p) {
    const render::Pack& pack = plan.packs[p];
    for (std::uint32_t v = 0; v < pack.voices; ++v) cost[plan.voices[pack.first_voice + v].member] += packs[p] / pack.voices;
  }
  std::vector<std::pair<double, const std::string*>> dear;
  for (std::size_t m = 0; m < cost.size(); ++m) dear.push_back({cost[m] * plan.context.rate / block_frames, wiring.members[m].name});
  const auto count = std::min<std::size_t>(dear.size(), 3);
  std::partial_sort(dear.begin(), dear.begin() + static_cast<long>(count), dear.end(), std::greater<>());
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += fmt::format("{}{} {:.2f}", i ? ", " : "", *dear[i].second, dear[i].first);
  return text;
}

/// The dearest block, as a part of a block's time.
double load_of(const std::vector<double>& cost, const render::Plan& plan) {
  return *std::ranges::max_element(cost) * plan.context.rate / block_frames * plan.parallel_time;
}

/// The system's answer comes out of a file.
double cores() {
  static const double count = std::max(1U, std::thread::hardware_concurrency());
  return count;
}

/// Of all cores: by the slots that will run it, or by these and live's until they have all changed over.
double load_of_all(const Verdict& v, const Rehearsal& r) { return std::max(v.load * r.slots, r.live_load + v.load * std::max(r.slots - 1, 1)); }

/// Within this part of what there is.
bool fits(const Verdict& v, const Rehearsal& r, double part = 1) {
  return v.load <= part * most_of_a_core && load_of_all(v, r) <= part * most_of_all * cores();
}

/// Of what does not fit.
std::string too_dear(const Verdict& v, const Rehearsal& r) {
  if (v.load > most_of_a_core) return fmt::format("refused: needs {:.2f} of the period; the dearest: {}", v.load, v.dearest);
  return fmt::format("refused: needs {:.2f} of the period in each of {} slots, more than {:.0f} cores have (live takes {:.2f}); the dearest: {}", v.load, r.slots,
                     cores(), r.live_load, v.dearest);
}

} // namespace

int held_up(const std::vector<double>& cost) {
  std::vector<double> sorted = cost;
  const auto middle = sorted.begin() + static_cast<long>(sorted.size() / 2);
  std::ranges::nth_element(sorted, middle);
  const auto last = std::find_if(cost.rbegin(), cost.rend(), [most = stands_out * *middle](double c) { return c >= most; });
  return static_cast<int>(cost.rend() - last);
}

std::string fault_value(float value) {
  return std::isnan(value) ? "NaN" : std::isinf(value) ? "infinity" : fmt::format("{:g}", value);
}

Soundness soundness(const Wiring& wiring) {
  // A module may sound when a sounding cable reaches its input. Sounds spread along audio cables from the sources, and stop at
  // closed gates; in a second round also at modules whose parameters are moved by something that does not sound yet.
  const std::size_t count = wiring.members.size();
  const auto each = [](const std::vector<std::vector<Feed>>& ports, auto&& body) {
    for (const auto& port : ports) std::ranges::for_each(port, body);
  };
  std::vector<std::vector<std::size_t>> onward(count);
  for (std::size_t m = 0; m < count; ++m)
    each(wiring.members[m].inputs, [&](const Feed& f) {
      if (f.member >= 0) onward[static_cast<std::size_t>(f.member)].push_back(m);
    });
  const auto is_fed = [](const WiredMember& m) { return std::ranges::any_of(m.inputs, [](const auto& port) { return !port.empty(); }); };
  using Marks = std::vector<char>;
  auto spread = [&](const Marks& stops) {
    Marks sounding(count);
    std::vector<std::size_t> todo;
    auto sound = [&](std::size_t m) {
      const Instance& i = *wiring.members[m].instance;
      if (sounding[m] || stops[m] || (i.type->has_gate() && gates_closed(i))) return;
      sounding[m] = true;
      todo.push_back(m);
    };
    for (std::size_t m = 0; m < count; ++m) {
      const WiredMember& w = wiring.members[m];
      if (w.instance->type->source || (w.instance->type->has_gate() && !is_fed(w))) sound(m);
    }
    while (!todo.empty()) {
      const std::size_t m = todo.back();
      todo.pop_back();
      for (std::size_t to : onward[m]) sound(to);
    }
    return sounding;
  };
  const auto sounds = [](const Feed& f, const Marks& sounding) { return f.member >= 0 && sounding[static_cast<std::size_t>(f.member)]; };
  const Marks sounding = spread(Marks(count));
  Marks waiting(count);
  for (std::size_t m = 0; m < count; ++m)
    each(wiring.members[m].params, [&](const Feed& f) { waiting[m] = waiting[m] || !sounds(f, sounding); });
  const Marks sure = spread(waiting);
  Soundness s;
  each(wiring.outs, [&](const Feed& f) {
    s.reaches_out = true;
    s.must_sound = s.must_sound || sounds(f, sure);
  });
  return s;
}

namespace {

/// What a patch that is rightly silent waits for.
std::string waits_for(const Wiring& wiring) {
  constexpr std::size_t most = 3;
  std::string gates;
  std::size_t count = 0;
  for (const WiredMember& w : wiring.members)
    if (w.instance->type->has_gate() && gates_closed(*w.instance) && ++count <= most) gates += fmt::format("{}gate {} on", count > 1 ? ", " : "", *w.name);
  if (count == 0) return {};
  return fmt::format("until a gate opens: {}{}", gates, count > most ? fmt::format(" and {} more", count - most) : "");
}

} // namespace

Verdict prime(render::Plan& plan, const Rehearsal& rehearsal) {
  Verdict v;
  const Soundness sound = soundness(rehearsal.wiring);
  if (!rehearsal.wiring.members.empty() && !sound.reaches_out && !rehearsal.force) {
    v.error = "silent: nothing reaches out (connect something to out, or commit force)";
    return v;
  }
  const double start = seconds(CLOCK_MONOTONIC);
  std::vector<double> cost(static_cast<std::size_t>(rehearsal.warmup), std::numeric_limits<double>::max());
  Level level;
  const int measured = level_blocks(plan, rehearsal.warmup);
  Window window(plan.outs, static_cast<Frame>(measured) * block_frames);
  Frame last = 0; // that it was run up to
  for (int repeat = 0, blocks = rehearsal.warmup; repeat < cost_repeats; ++repeat) {
    plan.start(0);
    for (int c = 0; c < plan.ins; ++c) std::memset(plan.input(c), 0, block_frames * sizeof(float));
    for (int b = 0; b < blocks; ++b) {
      auto& least = cost[static_cast<std::size_t>(b)];
      least = std::min(least, run_block(plan, static_cast<Frame>(b) * block_frames));
      if (repeat == 0) measure(plan, level), window.take(plan);
    }
    // The first time it goes on from there for the level, which is not timed.
    for (int b = blocks; repeat == 0 && b < measured; ++b) {
      run_block(plan, static_cast<Frame>(b) * block_frames);
      measure(plan, level);
      window.take(plan);
    }
    last = static_cast<Frame>(repeat == 0 ? measured : blocks) * block_frames;
    const double spent = seconds(CLOCK_MONOTONIC) - start;
    v.load = load_of(cost, plan);
    if (rehearsal.realtime && spent > deadline_s) break;
    if ((blocks = held_up(cost)) > 0) continue; // those are looked at again
    if (spent > enough_s && !rehearsal.realtime) break;
    if (rehearsal.realtime && fits(v, rehearsal, spent > enough_s ? 1 : far_below)) break;
    blocks = rehearsal.warmup;
  }
  const bool listens = sound.must_sound && !rehearsal.force;
  const auto limit = static_cast<Frame>(longest_rehearsal_s * plan.context.rate);
  bool out_of_time = false;
  for (; listens && level.finite && level.loudest <= silent_below && last < limit; last += block_frames) {
    run_block(plan, last);
    measure(plan, level);
    if (rehearsal.realtime && seconds(CLOCK_MONOTONIC) - start > deadline_s) {
      out_of_time = true;
      break;
    }
  }
  const std::string culprit = at_fault(plan, rehearsal.wiring);
  v.rms = window.rms() > silent_below ? window.rms() : level.loudest; // it began to sound later
  v.peak = level.peak;
  v.dc = window.dc();
  if (level.loudest <= silent_below) v.silent_until = waits_for(rehearsal.wiring);
  if (rehearsal.realtime && v.load < 100) v.dearest = dearest_modules(plan, rehearsal.wiring, last);
  if (!culprit.empty()) v.error = "not finite: " + culprit + " in the rehearsal";
  else if (!level.finite) v.error = "not finite: the patch blows up within its first blocks";
  else if (rehearsal.realtime && !fits(v, rehearsal)) v.error = too_dear(v, rehearsal);
  else if (out_of_time) v.error = "no verdict within 500 ms: it was still silent";
  else if (listens && level.loudest <= silent_below)
    v.error = fmt::format("silent: RMS {:.6f} in {} s (an oscillator at gain 0? commit force if silence is meant)", level.loudest, longest_rehearsal_s);
  return v;
}

} // namespace chronus::control
