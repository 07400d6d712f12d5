// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The program at a JACK server: one loop over standard input, signals, JACK's notices and the engine's.
#include "../control/complete.hpp"
#include "../control/engine.hpp"
#include "../control/shell/event_fd.hpp"
#include "../control/shell/jack_client.hpp"
#include "../control/shell/repl.hpp"
#include "../control/shell/scheduling.hpp"
#include "../control/text.hpp"
#include "../rt/process.hpp"
#include "dumps.hpp"
#include "keeper.hpp"
#include "program.hpp"
#include "sources.hpp"
#include <algorithm>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace chronus::program {

namespace {

constexpr double look_ahead_s = 0.5;   // scripts are built this far ahead of the ear
constexpr double first_wait_s = 0.25;  // before a script's first frame: its first patch is being built
constexpr double patience_s = 0.004;   // the lead that ordinary threads need at least
constexpr double longest_run_s = 0.02; // of a worker without a pause, before it is taken to hang
constexpr double last_breath_s = 1;    // for the fade at the end, if JACK does not call

using Clock = std::chrono::steady_clock;

class Live {
public:
  Live(const control::Options& o, control::Signals& signals)
      : options_(o), signals_(signals), client_({.name = o.name, .outs = o.outs, .ins = o.ins},
                                                {.say = [this](const std::string& s) { say(s); },
                                                 .returned = [this](double rate, std::uint32_t period, control::JackSide&) { return returned(rate, period); }},
                                                "/proc/self/exe"),
        reader_(STDIN_FILENO) {}

  int run() {
    scripts_ = read_scripts(options_.scripts);
    if (const std::string error = client_.open(); !error.empty()) {
      fmt::print(stderr, "chronus: {}\n", control::printable(error, 1000));
      return no_server;
    }
    lock_memory();
    rate_ = client_.rate();
    engine_.emplace(control::EngineConfig{.rate = rate_, .slots = options_.slots, .workers = options_.workers, .outs = options_.outs, .ins = options_.ins, .spare = options_.spare, .faults = options_.faults, .black_box = true},
                    [this] { woken_.ring(); });
    make_process(client_.period());
    process_->refill(client_.period());
    if (!client_.start({this, &Live::on_process, &Live::on_period, &Live::on_latency})) {
      fmt::print(stderr, "chronus: {}\n", control::printable(client_.start_error(), 1000));
      return no_server;
    }
    settle_priority();
    if (options_.connect) client_.connect(*options_.connect);
    workspace_.emplace(*engine_);
    keeper_.emplace(options_, *engine_, *workspace_, [this](const std::string& s) { say(s); });
    dumps_.emplace(options_, *engine_, [this](const std::string& s) { say(s); });
    keeper_->begin([this] { wait(never); });
    open_sources();
    while (!leaving_over()) loop();
    if (repl_) repl_->leave();
    client_.stop();
    if (keeper_->leave() && repl_) fmt::print("kept: chronus --resume{}\n", options_.name == "chronus" ? "" : " --name " + options_.name);
    dumps_->leave();
    for (auto& s : sessions_) s->flush();
    // What was mistyped at the prompt is no failure of the program.
    const bool errors = std::ranges::any_of(sessions_, [](const auto& s) { return s->errors() > 0 && !s->options().prompt; });
    const std::string lost = engine_->finish_recordings();
    for (std::string m; !(m = engine_->take_message()).empty();) say(m);
    if (!lost.empty()) say(lost);
    const std::string unread = input_error(reader_);
    if (!unread.empty()) say(unread);
    if (const int code = control::Output::failed()) say(std::string("answers could not be written: ") + std::strerror(code));
    const bool failed = errors || engine_->recording_failed() || !lost.empty() || !unread.empty() || control::Output::failed() != 0;
    if (client_.hung() || !lost.empty() || keeper_->stuck()) _exit(failed ? command_failed : all_well);
    return failed ? command_failed : all_well;
  }

private:
  // ---- JACK's threads ---------------------------------------------------------------------------------------------------
  static void on_process(void* self, const float* const* in, float* const* out, std::uint32_t frames, bool freewheel) noexcept CHRONUS_REALTIME {
    Live& l = *static_cast<Live*>(self);
    if (freewheel != (l.engine_->link().driver_waits.get() != 0)) l.engine_->link().driver_waits.set(freewheel);
    l.process_->cycle(in, out, static_cast<int>(frames), freewheel ? rt::Process::Patience::waits : rt::Process::Patience::none);
  }
  static void on_period(void* self, std::uint32_t frames) noexcept { static_cast<Live*>(self)->process_->refill(frames); }
  static std::uint32_t on_latency(void* self) noexcept {
    return static_cast<std::uint32_t>(static_cast<Live*>(self)->engine_->link().counters.lead.get() + block_frames);
  }

  /// Pages that a worker touches stay. Only where the limit allows any amount: under a finite one threads could not start.
  static void lock_memory() {
    rlimit limit{};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY) mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT);
  }

  // ---- starting ---------------------------------------------------------------------------------------------------------
  void settle_priority() {
    const int wanted = control::priority_below(client_.process_priority());
    if (wanted > 0 && engine_->set_priority(wanted) == wanted) return;
    ordinary_ = true;
    const auto lead = static_cast<Frame>(patience_s * rate_);
    if (options_.lead == 0 && lead > engine_->link().counters.lead.get()) process_->refill(client_.period(), lead);
    say(fmt::format("no real-time priority: the workers are ordinary threads, the lead is {} frames", engine_->link().counters.lead.get()));
  }

  /// A worker may take its time for all that was granted, and then some.
  void limit_workers() {
    const Frame lead = engine_->link().counters.lead.get();
    if (ordinary_ || std::exchange(limited_for_, lead) == lead) return;
    control::limit_realtime(static_cast<std::uint64_t>(1e6 * std::max(longest_run_s, 2 * static_cast<double>(lead) / rate_)));
  }

  void open_sources() {
    const bool terminal = control::Repl::possible();
    const bool dash = std::ranges::find(options_.scripts, "-") != options_.scripts.end();
    if (!options_.scripts.empty() || !terminal) {
      auto& s = add_session({.name = "<stdin>", .live = true, .json = options_.json, .strict = options_.strict,
                             .clock = block_ceil(engine_->horizon() + static_cast<Frame>(first_wait_s * rate_)),
                             .margin = static_cast<Frame>(look_ahead_s / 10 * rate_),
                             .look_ahead = static_cast<Frame>(look_ahead_s * rate_)});
      for (control::ScriptFile& script : scripts_) s.run(std::move(script));
      if ((terminal || !options_.scripts.empty()) && !dash) s.close(); // as offline: a script, or what is piped in, and both with "-"
      else piped_ = &s;
    }
    if (terminal && !dash) {
      auto& s = add_session({.name = "<prompt>", .prompt = true, .live = true, .json = options_.json});
      repl_.emplace(control::Repl::Callbacks{.line = [&s](const std::string& line) { s.feed_line(line); },
                                             .end = [this, &s] {
                                               if (s.may_leave()) leave(0);
                                               else say("a draft is open and would be lost: commit it, or Ctrl-D again");
                                             },
                                             .complete = [this, &s](const std::string& line, std::size_t cursor) {
                                               auto c = control::complete(line, cursor, s.patch(), options_.outs, options_.ins);
                                               return control::Completion{std::move(c.words), c.file_names};
                                             }},
                    "chronus> ");
      if (options_.scripts.empty())
        repl_->print(fmt::format("chronus {}: client \"{}\", {} Hz, {} frames, latency {} frames. Type help; TAB completes.",
                                 CHRONUS_VERSION, client_.name(), rate_, client_.period(), engine_->link().counters.lead.get()));
    }
  }

  control::Session& add_session(control::SessionOptions o) {
    control::Output out = control::Output::standard();
    auto through_prompt = [this, out](auto which) {
      return [this, out, which](std::string_view text) { repl_ ? repl_->print(text) : (out.*which)(text); };
    };
    sessions_.push_back(std::make_unique<control::Session>(
        *workspace_, std::move(o), control::Output{through_prompt(&control::Output::out), through_prompt(&control::Output::err)}));
    return *sessions_.back();
  }

  // ---- the loop ---------------------------------------------------------------------------------------------------------
  void loop() {
    limit_workers();
    engine_->set_running(client_.running());
    engine_->set_xruns(client_.xruns());
    engine_->poll();
    for (std::string m; !(m = engine_->take_message()).empty();) say(m);
    if (const std::string why = engine_->take_trouble(); !why.empty()) roll_back(why);
    Frame until = never;
    for (auto& s : sessions_) {
      if (leaving_ && s->spent()) s->step(); // answers that are due yet
      else if (!leaving_ && !engine_->congested()) until = std::min(until, step(*s));
    }
    keeper_->look();
    dumps_->look();
    if (repl_) show_prompt();
    wait(until);
    client_.housekeeping();
    while (auto signal = signals_.next()) on_signal(*signal);
  }

  /// \return the playhead at which to look again
  Frame step(control::Session& s) {
    const bool prompt = s.options().prompt;
    const auto state = advance(s, &s == piped_ ? &reader_ : nullptr);
    if (s.quit()) leave(prompt ? 0 : s.clock());
    else if (s.spent()) end_of_script(s); // a swap may be still to come: the end does not wait for it
    return state.until;
  }

  /// What plays is not good and does not get better by itself.
  void roll_back(const std::string& why) {
    const auto bad = engine_->revision();
    const control::Patch* good = engine_->last_good();
    if (!options_.rollback) return say(fmt::format("{} (--rollback off)", why));
    if (!good || !workspace_->roll_back(*good, [this, why, bad](const control::Verdict& v, std::uint64_t revision) {
          if (v.error.empty()) say(fmt::format("rollback: {}; revision {} is what was good before revision {} (undo takes it back)", why, revision, bad));
          else say(fmt::format("rollback: {}; going back was refused: {}", why, v.error));
        }))
      say(fmt::format("{}; there is nothing good to go back to", why));
  }

  void end_of_script(control::Session& s) {
    if (over_ || repl_) return;
    over_ = true;
    if (options_.eof == control::Eof::quit) return leave(s.clock());
    if (options_.eof == control::Eof::stay) return;
    const auto& cables = engine_->current().cables;
    const bool sounds = std::ranges::any_of(cables, [](const control::Cable& c) { return c.to.module == control::out_name; });
    if (!sounds) return leave(s.clock());
    say("end of input; still playing, Ctrl-C stops (--eof quit leaves here)");
  }

  void wait(Frame until) {
    int ms = 20; // a lost slot waits for its plan no longer than this
    if (until != never) {
      const Frame playhead = engine_->playhead();
      ms = until <= playhead ? 1 : static_cast<int>(std::min(20.0, 1 + 1000.0 * static_cast<double>(until - playhead) / rate_));
    }
    if (engine_->busy() || leaving_) ms = std::min(ms, 2);
    const bool hungry = piped_ && !leaving_ && reader_.hungry();
    pollfd fds[] = {{signals_.fd(), POLLIN, 0}, {client_.fd(), POLLIN, 0}, {woken_.fd(), POLLIN, 0}, {repl_ || hungry ? STDIN_FILENO : -1, POLLIN, 0}};
    ::poll(fds, 4, ms);
    if (fds[2].revents) woken_.drain();
    if (fds[3].revents) {
      if (repl_) repl_->on_readable();
      else reader_.on_readable();
    }
  }

  void show_prompt() {
    const control::Session& s = *sessions_.back();
    std::string text = fmt::format("chronus[{}{}{}]> ", engine_->revision(), s.editing() ? "*" : "", client_.running() ? "" : "!");
    if (text == prompt_) return;
    prompt_ = std::move(text);
    repl_->set_prompt(prompt_);
  }

  void on_signal(int signal) {
    if (signal == SIGWINCH) {
      if (repl_) repl_->on_resize();
    } else if (const char* hint = control::Signals::hint(signal)) {
      say(hint);
    } else if (control::Signals::saves(signal)) {
      keeper_->keep();
    } else if (signal == SIGINT && repl_) {
      if (repl_->on_interrupt() == control::Repl::Interrupt::quit) leave(0);
    } else if (leaving_) {
      leave_by_ = Clock::now(); // asked twice: at once
    } else {
      leave(0);
    }
  }

  void say(const std::string& text) {
    const std::string line = control::printable(text, 1000);
    if (repl_) repl_->print("* " + line);
    else control::Output::standard().err("chronus: " + line + "\n");
  }

  bool returned(double rate, std::uint32_t period) {
    if (rate != rate_ && !change_rate(rate, period)) return false;
    process_->refill(period);
    return true;
  }

  bool change_rate(double rate, std::uint32_t period) {
    const Frame from = engine_->playhead();
    if (const std::string why = engine_->begin_anew(rate); !why.empty()) {
      say(fmt::format("the server is back at {:g} Hz; the patch waits for {:g} Hz: {}", rate, rate_, why));
      return false;
    }
    const control::RateChange change{from, engine_->playhead(), rate / std::exchange(rate_, rate)};
    make_process(period);
    for (auto& s : sessions_) s->change_rate(change);
    return true;
  }

  void make_process(std::uint32_t period) {
    const Frame least = options_.lead ? options_.lead : ordinary_ ? static_cast<Frame>(patience_s * rate_) : 0;
    process_.emplace(engine_->link(), rate_, std::max<Frame>(least, period), options_.spare, options_.guard, options_.lead == 0);
  }

  // ---- leaving ----------------------------------------------------------------------------------------------------------
  void leave(Frame at) {
    if (leaving_) return;
    leaving_ = true;
    leave_at_ = at;
    engine_->fade_out(at);
    const Frame playhead = engine_->playhead();
    const double seconds = at > playhead ? static_cast<double>(at - playhead) / rate_ : 0;
    leave_by_ = Clock::now() + std::chrono::milliseconds(static_cast<long>(1000 * (seconds + last_breath_s)));
  }

  bool leaving_over() const { return leaving_ && (engine_->faded_out() || Clock::now() >= leave_by_ || !client_.running()); }

  const control::Options& options_;
  control::Signals& signals_;
  control::EventFd woken_;
  std::optional<control::Engine> engine_;
  std::optional<rt::Process> process_;
  control::JackClient client_; // below what its threads call
  std::optional<control::Workspace> workspace_;
  std::optional<Keeper> keeper_;
  std::optional<Dumps> dumps_;
  std::optional<control::Repl> repl_;
  std::vector<control::ScriptFile> scripts_; ///< read before anything begins, until they run
  std::vector<std::unique_ptr<control::Session>> sessions_;
  control::Session* piped_ = nullptr;
  control::LineReader reader_;
  std::string prompt_;
  double rate_ = 48000;
  bool leaving_ = false, over_ = false;
  bool ordinary_ = false; ///< the workers are ordinary threads
  Frame limited_for_ = 0; ///< the lead that limit_workers has seen
  Frame leave_at_ = 0;
  Clock::time_point leave_by_{};
};

} // namespace

int run_live(const control::Options& options, control::Signals& signals) { return Live(options, signals).run(); }

} // namespace chronus::program
