// SPDX-License-Identifier: GPL-3.0-or-later
// Any control thread. See discontinuities.hpp.
#include "discontinuities.hpp"
#include <algorithm>
#include <cmath>

namespace chronus::control {
namespace {

constexpr float least_jump = 1e-4F, above_usual = 4, least_level = 1e-3F;
constexpr std::size_t piece = 64, together = 4, zeros = 16, beside = 16, fewest_pieces = 8, passed_over = 3;
constexpr double window_s = 0.1;

class Channel {
public:
  Channel(const float* interleaved, int channels, int channel, Frame from, Frame frames, double rate)
      : channel_(channel), from_(from), window_(static_cast<std::size_t>(window_s * rate) / piece), x_(frames), d_(frames) {
    for (std::size_t i = 0; i < x_.size(); ++i) x_[i] = interleaved[i * static_cast<std::size_t>(channels) + static_cast<std::size_t>(channel)];
    for (std::size_t i = 2; i < x_.size(); ++i) d_[i] = std::abs(x_[i] - 2 * x_[i - 1] + x_[i - 2]);
  }

  void find(std::vector<Discontinuity>& found) {
    const std::size_t first = found.size();
    find_zeros(found);
    const std::size_t jumps = found.size();
    find_jumps(found);
    // What is both is told of once.
    const auto both = [&](const Discontinuity& j) {
      return std::any_of(found.begin() + static_cast<long>(first), found.begin() + static_cast<long>(jumps), [&](const Discontinuity& z) {
        return (j.frame > z.frame ? j.frame - z.frame : z.frame - j.frame) < together;
      });
    };
    std::vector<Discontinuity> rest;
    std::copy_if(found.begin() + static_cast<long>(jumps), found.end(), std::back_inserter(rest), [&](const Discontinuity& j) { return !both(j); });
    found.resize(jumps);
    found.insert(found.end(), rest.begin(), rest.end());
  }

private:
  void add(std::vector<Discontinuity>& found, std::size_t at, Break kind, float size, float usual) const {
    found.push_back({from_ + at, channel_, kind, size, usual});
  }

  float level(std::size_t from, std::size_t to) const {
    float sum = 0;
    for (std::size_t i = from; i < to; ++i) sum += std::abs(x_[i]);
    return sum / static_cast<float>(to - from);
  }

  void find_zeros(std::vector<Discontinuity>& found) const {
    for (std::size_t i = 0; i < x_.size();) {
      std::size_t end = i;
      while (end < x_.size() && x_[end] == 0) ++end;
      if (end - i >= zeros) {
        if (i >= beside) edge(found, i, Break::to_zero, x_[i - 1], level(i - beside, i));
        if (end + beside <= x_.size()) edge(found, end, Break::from_zero, x_[end], level(end, end + beside));
      }
      i = std::max(end, i + 1);
    }
  }
  void edge(std::vector<Discontinuity>& found, std::size_t at, Break kind, float size, float mean) const {
    if (std::abs(size) > least_level && std::abs(size) > mean / 2) add(found, at, kind, size, mean);
  }

  void find_jumps(std::vector<Discontinuity>& found) {
    const std::size_t pieces = x_.size() / piece;
    std::vector<float> greatest(pieces), around;
    for (std::size_t p = 0; p < pieces; ++p) greatest[p] = *std::max_element(d_.begin() + static_cast<long>(p * piece), d_.begin() + static_cast<long>((p + 1) * piece));
    std::size_t last = 0;
    bool any = false;
    for (std::size_t p = 0; p < pieces; ++p) {
      if (greatest[p] <= least_jump) continue;
      around.clear();
      const std::size_t width = std::min(2 * window_ + 1, pieces), begin = std::min(p > window_ ? p - window_ : 0, pieces - width);
      for (std::size_t q = begin; q < begin + width; ++q)
        if (q + 1 < p || q > p + 1) around.push_back(greatest[q]);
      if (around.size() < fewest_pieces) continue;
      std::nth_element(around.begin(), around.begin() + passed_over, around.end(), std::greater<>());
      const float usual = around[passed_over];
      for (std::size_t i = p * piece; i < (p + 1) * piece; ++i) {
        if (d_[i] <= least_jump || d_[i] <= above_usual * usual) continue;
        if (!any || i - last >= together) add(found, i, Break::jump, d_[i], usual);
        last = i;
        any = true;
      }
    }
  }

  const int channel_;
  const Frame from_;
  const std::size_t window_;
  std::vector<float> x_, d_;
};

} // namespace

std::vector<Discontinuity> find_discontinuities(const float* interleaved, int channels, Frame from, Frame frames, double rate) {
  std::vector<Discontinuity> found;
  for (int c = 0; c < channels; ++c) Channel(interleaved, channels, c, from, frames, rate).find(found);
  std::stable_sort(found.begin(), found.end(), [](const Discontinuity& a, const Discontinuity& b) { return a.frame < b.frame; });
  return found;
}

} // namespace chronus::control
