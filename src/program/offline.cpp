// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. --render: the driver that JACK is otherwise. It asks for a period at a time, as far as the script has issued.
#include "../control/engine.hpp"
#include "../control/error.hpp"
#include "../control/shell/event_fd.hpp"
#include "../control/shell/wav_file.hpp"
#include "../control/text.hpp"
#include "../rt/process.hpp"
#include "program.hpp"
#include "sources.hpp"
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <optional>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utility>

namespace chronus::program {

namespace {

/// How far the workers may run ahead where nobody listens: enough to keep them busy between two looks.
Frame lead(const link::Link& link) { return link.capacity * 4 / 5 * block_frames; }
constexpr auto returns = rt::Process::Patience::returns;

/// A render must not take the place of what it is made from. Throws Error.
void refuse_target(const std::string& target, const std::vector<control::ScriptFile>& scripts) {
  if (target == "-" || target == "/dev/stdout" || target == "/dev/fd/1") {
    if (isatty(STDOUT_FILENO)) throw control::Error(0, "--render -: standard output is a terminal; redirect it, or name a file");
    return;
  }
  struct stat there;
  if (stat(target.c_str(), &there) != 0 || !S_ISREG(there.st_mode)) return;
  const control::FileId file(target);
  for (const control::ScriptFile& script : scripts)
    if (script.id.same_as(file)) throw control::Error(0, fmt::format("--render: {} is the script itself", control::printable(target, 300)));
  if (control::FileId(STDIN_FILENO).same_as(file))
    throw control::Error(0, fmt::format("--render: {} is standard input itself", control::printable(target, 300)));
}

constexpr std::chrono::seconds patience{30}; // an injected stall may last that long

class Offline {
public:
  Offline(const control::Options& o, std::vector<control::ScriptFile> scripts, control::Signals& signals)
      : options_(o), signals_(signals), engine_({.rate = o.rate, .slots = o.slots, .workers = o.workers, .outs = o.outs, .ins = o.ins, .spare = o.spare, .offline = true, .faults = o.faults, .black_box = true},
                             [this] { woken_.ring(); }),
        process_(engine_.link(), o.rate, o.lead ? o.lead : lead(engine_.link()), o.spare, o.guard), workspace_(engine_),
        session_(workspace_, {.name = "<stdin>", .json = o.json, .strict = o.strict}, to_stdout(o) ? control::Output::errors() : control::Output::standard()),
        samples_(static_cast<std::size_t>(o.outs) * static_cast<std::size_t>(o.period)),
        silence_(static_cast<std::size_t>(o.period)), reader_(STDIN_FILENO) {
    for (int c = 0; c < o.outs; ++c) out_.push_back(samples_.data() + static_cast<std::size_t>(c) * static_cast<std::size_t>(o.period));
    in_.assign(static_cast<std::size_t>(o.ins), silence_.data());
    for (control::ScriptFile& script : scripts) session_.run(std::move(script));
    streams_ = to_stdout(o) || is_stream(o.render);
    if (streams_) file_.emplace(o.outs, o.rate, o.render);
    else file_.emplace(o.render, o.outs, o.rate, control::WavWriter::Appears::when_whole);
    struct stat about {};
    if (!to_stdout(o) && (stat(o.render.c_str(), &about) != 0 || S_ISREG(about.st_mode)))
      target_ = workspace_.files_in_use().hold(control::FileId(o.render), "is what is being rendered");
    input_ = workspace_.files_in_use().hold(control::FileId(STDIN_FILENO), "is standard input");
    piped_ = o.scripts.empty() || std::ranges::find(o.scripts, "-") != o.scripts.end();
    if (!piped_) session_.close();
    if (o.seconds >= 0) end_ = static_cast<Frame>(std::llround(o.seconds * o.rate));
  }

  int run() {
    for (;;) {
      engine_.poll();
      say();
      const auto state = advance(session_, piped_ ? &reader_ : nullptr);
      const bool ended = session_.issued() == never; // a swap may be still to come: the end does not wait for it
      if (ended && options_.seconds < 0) end_ = session_.clock();
      engine_.set_issued(ended ? never : session_.issued());
      if (engine_.playhead() >= end_ || interrupted() || stands_still()) break;
      if (!play(ended ? never : session_.issued()) && !ended) wait(state);
    }
    process_.cycle(in_.data(), out_.data(), 0, returns);
    engine_.set_last_cycle();
    engine_.poll();
    say();
    session_.step();
    session_.flush();
    const int status = end();
    // A worker or a disk that still hangs is not waited for.
    if (signal_ != 0 || stuck_ || stands_still_) _exit(status);
    return status;
  }

private:
  static bool to_stdout(const control::Options& o) { return o.render == "-" || o.render == "/dev/stdout" || o.render == "/dev/fd/1"; }
  /// A pipe or a device that keeps what it is given: it is written straight, at the end, as a WAV's length stands at its beginning.
  static bool is_stream(const std::string& path) {
    struct stat about;
    return stat(path.c_str(), &about) == 0 && (S_ISFIFO(about.st_mode) || (S_ISCHR(about.st_mode) && about.st_rdev != makedev(1, 3)));
  }

  /// \return the descriptor; below 0: errno says why not. A pipe without a reader is waited for.
  int open_stream() {
    if (to_stdout(options_)) return STDOUT_FILENO;
    for (;;) {
      const int fd = ::open(options_.render.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      if (fd >= 0 || errno != ENXIO || interrupted()) return fd;
      ::poll(nullptr, 0, 20);
    }
  }

  /// Hands on what has been rendered. \return what went wrong, or nothing
  std::string give_to_stream() {
    const int fd = open_stream();
    if (fd < 0) return fmt::format("{}: {}", control::printable(options_.render, 300), signal_ ? "nobody reads it" : std::strerror(errno));
    const int before = std::exchange(signal_, 0);
    const bool good = file_->copy_to(fd, [this] { return interrupted(); });
    if (signal_ == 0) signal_ = before; // a second one gave it up
    if (fd != STDOUT_FILENO) ::close(fd);
    return good ? std::string() : file_->error();
  }

  /// What was made of it all, for people.
  void report() const {
    if (options_.json || options_.render == "/dev/null") return;
    const std::string peak = file_->peak() > 0 ? fmt::format("peak {:.1f} dB", 20 * std::log10(file_->peak())) : "silent";
    fmt::print(stderr, "chronus: {}: {:.3f} s, {}\n", control::printable(options_.render, 300), static_cast<double>(file_->frames()) / options_.rate, peak);
  }

  /// Ended by a signal. What has been rendered so far is a whole file, but takes no other one's place.
  bool interrupted() {
    while (const auto signal = signals_.next())
      if (control::Signals::ends(*signal)) signal_ = *signal;
    return signal_ != 0;
  }

  /// For half a minute neither the sound nor the script has come further, and no patch was being built: it never will.
  bool stands_still() {
    using namespace std::chrono;
    const auto now = steady_clock::now();
    const std::pair come{engine_.playhead(), session_.issued()};
    if (come != come_ || engine_.building()) come_ = come, came_at_ = now;
    return stands_still_ = now - came_at_ > patience;
  }

  /// Writes the file's end, and says what became of it. \return the exit status
  int end() {
    bool failed = session_.errors() != 0;
    const auto tell = [&](const std::string& text) {
      fmt::print(stderr, "chronus: {}\n", control::printable(text, 1000));
      failed = true;
    };
    if (signal_ != 0) tell(fmt::format("ended by SIG{} at frame {}", sigabbrev_np(signal_), engine_.playhead()));
    if (stands_still_) tell(fmt::format("the render does not get on: nothing has come after frame {} for {} s", engine_.playhead(), patience.count()));
    if ((signal_ != 0 || stands_still_ || (failed && options_.strict)) && file_->replaces()) {
      file_->abandon();
      tell(fmt::format("{}: not written, what was there is kept", control::printable(options_.render, 300)));
    } else if (const bool kept = file_->replaces(); !file_->close()) {
      tell(file_->error() + (kept ? "; what was there is kept" : ""));
    } else if (const std::string why = streams_ ? give_to_stream() : std::string(); !why.empty()) {
      tell(why);
    } else {
      report();
    }
    failed = failed || engine_.recording_failed();
    if (const std::string why = engine_.finish_recordings(); !why.empty()) {
      stuck_ = true;
      tell(why);
    }
    say();
    if (const std::string why = input_error(reader_); !why.empty()) tell(why);
    if (const int code = control::Output::failed()) tell(std::string("answers could not be written: ") + std::strerror(code));
    return signal_ != 0 ? 128 + signal_ : failed ? command_failed : all_well;
  }

  void say() {
    for (std::string m; !(m = engine_.take_message()).empty();) fmt::print(stderr, "chronus: {}\n", control::printable(m, 1000));
  }

  /// As many cycles as the script allows, but not so many that its next line waits long. \return false: none
  bool play(Frame issued) {
    const Frame until = std::min(block_floor(issued), end_);
    for (int cycles = 0; cycles < 64; ++cycles) {
      const Frame playhead = engine_.playhead();
      if (playhead >= until) {
        if (cycles == 0) process_.cycle(in_.data(), out_.data(), 0, returns);
        return cycles > 0;
      }
      const auto n = static_cast<int>(std::min<Frame>(static_cast<Frame>(options_.period), until - playhead));
      const int played = process_.cycle(in_.data(), out_.data(), n, returns);
      file_->write_planar(out_.data(), static_cast<Frame>(played));
      engine_.listen();
      engine_.make_room();
      if (played < n) return true; // the engine has something to do first
    }
    return true;
  }

  void wait(const control::Session::State& state) {
    pollfd fds[] = {{woken_.fd(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    const bool hungry = piped_ && state.wait == control::Session::Wait::input && reader_.hungry();
    ::poll(fds, hungry ? 2 : 1, hungry ? 1000 : 1);
    if (fds[0].revents) woken_.drain();
    if (hungry && fds[1].revents) reader_.on_readable();
  }

  const control::Options& options_;
  control::Signals& signals_;
  control::EventFd woken_;
  control::Engine engine_;
  rt::Process process_;
  control::Workspace workspace_;
  control::Session session_;
  std::optional<control::WavWriter> file_;
  std::vector<float> samples_, silence_;
  std::vector<float*> out_;
  std::vector<const float*> in_;
  control::LineReader reader_;
  std::shared_ptr<const control::FilesInUse::Use> target_, input_; ///< nothing else is to be written there
  bool stuck_ = false;   ///< a disk does not take a recording
  bool streams_ = false; ///< the file goes to standard output, a pipe, a device
  bool piped_ = false;
  Frame end_ = never;
  int signal_ = 0; ///< that ended it
  bool stands_still_ = false;
  std::pair<Frame, Frame> come_{never, never};
  std::chrono::steady_clock::time_point came_at_{};
};

} // namespace

int run_offline(const control::Options& options, control::Signals& signals) {
  std::vector<control::ScriptFile> scripts = read_scripts(options.scripts);
  refuse_target(options.render, scripts);
  return Offline(options, std::move(scripts), signals).run();
}

} // namespace chronus::program
