// SPDX-License-Identifier: GPL-3.0-or-later
// Fuzzing. Any bytes as a script for the whole engine, played offline: no crash, only finite samples, a refusal changes nothing, undo goes back.
// Modes in a first comment: single (no spare), three (slots), guard, json. What would be slow is left out: see `small`.
#include "control/engine.hpp"
#include "control/values.hpp"
#include "input.hpp"
#include "render/plan.hpp"
#include "rt/process.hpp"
#include <cmath>
#include <time.h>

using namespace chronus;
using namespace chronus::fuzz;

namespace {

constexpr double rate = 16000;            // the 10 s of a delay lane are smaller there
constexpr Frame longest = 3200;           // 0.2 s
constexpr std::size_t most_lines = 60, longest_line = 200, most_modules = 10;
constexpr int most_lanes = 5;
constexpr double most_history = 1.1e6;    // floats: six lanes of a delay
constexpr int most_faults = 8;
constexpr int period = 256, outs = 2;

class Player {
public:
  explicit Player(const Input& input)
      : engine_({.rate = rate, .slots = input.mode("three") ? 3 : 2, .outs = outs, .ins = 1, .spare = !input.mode("single"), .offline = true, .faults = true}, [] {}),
        process_(engine_.link(), rate, 1024, !input.mode("single"), input.mode("guard")), workspace_(engine_),
        session_(workspace_, {.json = input.mode("json")}, {[](std::string_view) {}, [](std::string_view) {}}) {}

  void run(const Input& input) {
    for (const control::Line& line : input.lines) {
      const Understood meant(line);
      if (meant.command && small(meant, line)) feed(line, meant);
      if (session_.quit()) break;
    }
    if (before_ && small(Understood({"undo", 0}), {"undo", 0})) feed({"undo", 0}, Understood({"undo", 0}));
    session_.close();
    settle();
    const Frame end = session_.clock() + 2 * block_frames;
    engine_.set_issued(never);
    while (engine_.playhead() < end) play(end);
    engine_.poll();
    session_.step();
    session_.flush();
  }

private:
  /// Whether a line may be tried: what is slow by its size is not what is looked for.
  bool small(const Understood& line, const control::Line& whole) {
    if (whole.text.size() > longest_line || line.names_foreign_file()) return false;
    if (line.is("source")) return false; // the other target reads scripts
    if (line.is("fault") && ++faults_ > most_faults) return false;
    try {
      if (line.is("fault") && !line.rest().empty() && line.rest()[0].text == "stall") return line.rest().size() == 3 && control::parse_seconds(line.rest()[2], 48000, "fault") < 0.005;
      if (line.is("wait") && !line.rest().empty()) return control::parse_time(line.rest()[0], rate, "wait") + session_.clock() <= longest;
    } catch (const control::Error&) {
      return true;
    }
    for (const control::Word& w : line.words) {
      if (w.text.starts_with("lanes=") && w.text > fmt::format("lanes={}", most_lanes)) return false;
      if (w.text.size() > 7 && w.text.starts_with("lanes=")) return false;
      if (w.text.find('[') != std::string::npos && std::ranges::count_if(w.text, [](char c) { return c == ' ' || c == '\t' || c == ','; }) >= most_lanes) return false;
    }
    if (line.is("create") && session_.patch().instances.size() >= most_modules) return false;
    if (line.command->commits && session_.editing()) {
      try {
        double floats = 0;
        for (const auto& [name, width] : control::lanes_of(session_.patch()))
          if (const auto at = session_.patch().instances.find(name); at != session_.patch().instances.end()) {
            const ModuleSpec& type = *at->second.type;
            floats += width * type.histories_per_lane * (type.history_seconds * rate + static_cast<double>(render::Plan::history_slack));
          }
        return floats <= most_history;
      } catch (const control::Error&) {
      }
    }
    return true;
  }

  void feed(const control::Line& line, const Understood& meant) {
    const control::Patch draft = session_.patch(), current = engine_.current();
    const std::uint64_t revision = engine_.revision();
    const bool editing = session_.editing();
    const int errors = session_.errors();
    // Behind a swap that is to come, what looks is carried out later: its error is then not this line's.
    if (meant.command->when == control::When::at_playhead && engine_.busy()) blurred_ = true;
    session_.feed_line(line.text, line.too_long);
    settle();
    if (session_.errors() != errors && !blurred_)
      require(session_.patch() == draft && session_.editing() == editing && engine_.current() == current && engine_.revision() == revision,
              "a refused line changed something: " + line.text);
    if (meant.is("commit") && engine_.revision() != revision) {
      before_ = current;
      after_ = engine_.current();
    } else if (meant.is("undo") && engine_.revision() != revision) {
      if (before_) require(same_sound(engine_.current(), *before_), "undo did not go back");
      before_.reset();
    } else if (before_ && !(engine_.current() == after_)) before_.reset(); // values set since hold on
    if (engine_.revision() != revision) require(engine_.revision() == revision + 1, "one line, more than one revision");
  }

  /// Until the session asks for more: verdicts are waited for, and what is issued is played.
  void settle() {
    for (;;) {
      engine_.poll();
      const auto state = session_.step();
      engine_.set_issued(session_.issued());
      const bool played = play(std::min(block_floor(session_.issued()), longest + block_frames));
      using Wait = control::Session::Wait;
      if (!played && (state.wait == Wait::input || session_.issued() == never)) return; // an answer may still wait for a swap
      if (!played) rest();
    }
  }

  bool play(Frame until) {
    const Frame playhead = engine_.playhead();
    const int n = playhead < until ? static_cast<int>(std::min<Frame>(period, until - playhead)) : 0;
    const int played = process_.cycle(in_, out_, n, rt::Process::Patience::returns);
    for (const float* channel : out_)
      for (int i = 0; i < played; ++i)
        if (!std::isfinite(channel[i])) finding(fmt::format("{} at frame {}", channel[i], playhead + static_cast<Frame>(i)));
    engine_.poll();
    if (n > 0 && played == 0) rest();
    return n > 0;
  }

  static void rest() {
    const timespec pause{0, 20'000};
    nanosleep(&pause, nullptr);
  }

  control::Engine engine_;
  rt::Process process_;
  control::Workspace workspace_;
  control::Session session_;
  std::optional<control::Patch> before_; ///< what an undo goes back to
  control::Patch after_;
  int faults_ = 0;
  bool blurred_ = false;
  float silence_[period] = {}, left_[period] = {}, right_[period] = {};
  const float* in_[1] = {silence_};
  float* out_[outs] = {left_, right_};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  enter_scratch_folder();
  const Input input(bytes, size);
  if (input.lines.size() <= most_lines) Player(input).run(input);
  return 0;
}
