// SPDX-License-Identifier: GPL-3.0-or-later
// Tests. One pack of one module, alone: its state, its memory, its inputs and its values, without a plan or a worker.
#pragma once
#include <chronus/module.hpp>
#include <cstring>
#include <memory>
#include <vector>

namespace chronus::test {

/// 64-byte aligned floats, as an engine gives them.
class Floats {
public:
  explicit Floats(std::size_t n = 0) : size_(n), data_(static_cast<float*>(::operator new(n * 4 + 64, std::align_val_t{64}))) {
    std::memset(data_.get(), 0, n * 4 + 64);
  }
  float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  float& operator[](std::size_t i) const { return data_.get()[i]; }

private:
  struct Delete {
    void operator()(float* p) const { ::operator delete(p, std::align_val_t{64}); }
  };
  std::size_t size_;
  std::unique_ptr<float, Delete> data_;
};

/// Everything is for one block of 64 frames at most; `run` does one segment of it.
class Bench {
public:
  Bench(const ModuleSpec& spec, const Kernels& kernels, double rate = 48000, int first_lane = 0, int lanes = -1, std::uint64_t seed = 1)
      : spec_(spec), kernels_(kernels), context_{rate}, lanes_(lanes < 0 ? kernels.width : lanes),
        state_(kernels.state_bytes / 4) {
    const auto floats = static_cast<std::size_t>(block_frames) * static_cast<std::size_t>(width());
    for (std::size_t i = 0; i < spec.inputs.size(); ++i) inputs_.emplace_back(floats);
    for (std::size_t i = 0; i < spec.outputs.size(); ++i) outputs_.emplace_back(floats);
    for (int i = 0; i < spec.value_count(); ++i) values_.emplace_back(floats);
    moving_.assign(values_.size(), false);
    moves_.resize(values_.size());
    value_views_.resize(values_.size());
    const auto reach = static_cast<std::size_t>(spec.history_seconds * rate) + 1;
    for (int i = 0; i < lanes_ * spec.histories_per_lane; ++i) {
      lines_.emplace_back(reach);
      // Memory that was never written must not be heard.
      std::memset(lines_.back().data(), 0xff, reach * 4);
      histories_.push_back({lines_.back().data(), reach, 0});
    }
    for (const auto& p : spec.params) set(p.name, p.initial);
    const Birth birth{&context_, seed, first_lane, lanes_};
    kernels.start(state_.data(), birth);
  }

  int width() const { return kernels_.width; }
  float* input(int port) { return inputs_[static_cast<std::size_t>(port)].data(); }
  const float* output(int port = 0) const { return outputs_[static_cast<std::size_t>(port)].data(); }
  /// Words of state: each stands `width` times, once a lane.
  std::uint32_t* state() { return reinterpret_cast<std::uint32_t*>(state_.data()); }
  std::size_t state_words() const { return state_.size(); }
  std::vector<History>& histories() { return histories_; }
  void disconnect() { connected_ = 0; }
  void close_cycle() { in_cycle_ = true; }

  /// The first value of a parameter, and its index.
  std::pair<int, const ParamSpec*> find(std::string_view name) const {
    int value = 0;
    for (const auto& p : spec_.params) {
      if (p.name == name) return {value, &p};
      value += p.choices.empty() ? 1 : static_cast<int>(p.choices.size());
    }
    return {-1, nullptr};
  }

  /// All lanes, settled; a switch by the index of its choice.
  void set(std::string_view name, float x) {
    for (int l = 0; l < width(); ++l) set_lane(name, l, x);
  }
  void set_lane(std::string_view name, int lane, float x) {
    const auto [first, p] = find(name);
    if (p->choices.empty()) return fill(first, lane, x);
    for (int c = 0; c < static_cast<int>(p->choices.size()); ++c) fill(first + c, lane, c == static_cast<int>(x) ? 1.0f : 0.0f);
  }
  /// From now on one value a frame: value(index)[frame * width + lane].
  void move(int value, bool moving = true) {
    for (int l = 0; l < width(); ++l) move(value, moving, l, moving);
  }
  /// The same with a lane that moves, or stands still in a value that others move.
  void move(int value, bool by_frame, int lane, bool moves) {
    moving_[static_cast<std::size_t>(value)] = by_frame;
    moves_[static_cast<std::size_t>(value)].word[lane] = moves ? -1 : 0;
  }
  float* value(int index) { return values_[static_cast<std::size_t>(index)].data(); }
  int value_count() const { return static_cast<int>(values_.size()); }

  void gate(int lane, bool on) { kernels_.gate(state_.data(), lane, on); }

  /// Frames [frame, frame + frames) of one block; `read` makes the outputs of a closed cycle, `run` all else.
  void run(Frame frame, int frames) { kernels_.run(segment(frame, frames)); }
  void read(Frame frame, int frames) { kernels_.read(segment(frame, frames)); }
  bool pass(Frame frame, int frames) { return kernels_.pass(segment(frame, frames)); }
  bool rests() const { return kernels_.rests(state_.data()); }
  bool deaf() const { return kernels_.deaf(state_.data()); }
  const Segment& segment(Frame frame, int frames) {
    const auto at = static_cast<std::size_t>(frame % block_frames) * static_cast<std::size_t>(width());
    in_.clear(), out_.clear();
    for (const auto& f : inputs_) in_.push_back(f.data() + at);
    for (const auto& f : outputs_) out_.push_back(f.data() + at);
    for (std::size_t i = 0; i < values_.size(); ++i)
      value_views_[i] = {values_[i].data() + (moving_[i] ? at : 0), moving_[i] ? width() : 0, moves_[i].word};
    segment_ = {&context_, frame, frames, state_.data(), in_.data(), out_.data(), value_views_.data(), histories_.data(), connected_, in_cycle_};
    return segment_;
  }

private:
  void fill(int value, int lane, float x) {
    for (int f = 0; f < block_frames; ++f)
      values_[static_cast<std::size_t>(value)][static_cast<std::size_t>(f * width() + lane)] = x;
  }

  struct alignas(64) Lanes {
    std::int32_t word[16] = {};
  };

  const ModuleSpec& spec_;
  const Kernels& kernels_;
  Context context_;
  int lanes_;
  Floats state_;
  std::vector<Floats> inputs_, outputs_, values_, lines_;
  std::vector<bool> moving_;
  std::vector<Lanes> moves_; ///< which lanes of those
  std::vector<Value> value_views_;
  std::vector<History> histories_;
  std::vector<const float*> in_;
  std::vector<float*> out_;
  Segment segment_{};
  std::uint32_t connected_ = ~0u;
  bool in_cycle_ = false;
};

/// `seconds` of a module of width 1: its first output, mono input `in` when given.
inline std::vector<float> play(Bench& bench, std::size_t frames, const std::vector<float>& in = {}, int port = 0, Frame from = 0) {
  std::vector<float> out;
  for (Frame f = from; f < from + frames;) {
    const int n = static_cast<int>(std::min<Frame>(block_frames - f % block_frames, from + frames - f));
    for (int i = 0; i < n && !in.empty(); ++i) bench.input(0)[f % block_frames + static_cast<Frame>(i)] = in[f - from + static_cast<Frame>(i)];
    bench.run(f, n);
    out.insert(out.end(), bench.output(port) + f % block_frames, bench.output(port) + f % block_frames + n);
    f += static_cast<Frame>(n);
  }
  return out;
}

} // namespace chronus::test
