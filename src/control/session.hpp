// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. One source of commands (a script, a pipe, the prompt): its lines, its clock, its draft, its answers in order.
#pragma once
#include "exact_time.hpp"
#include "lexer.hpp"
#include "reply.hpp"
#include "script_file.hpp"
#include "workspace.hpp"

namespace chronus::control {

struct Command;
class Session;

struct SessionOptions {
  std::string name = "<stdin>"; ///< in messages
  bool prompt = false;     ///< typed: ops are at once, a wait really waits
  bool live = false;       ///< against the clock; false: the playhead waits for the script
  bool json = false, strict = false;
  Frame clock = 0;         ///< where the script begins; a multiple of 64
  Frame margin = 0;        ///< live: how far before the horizon a clock is put that fell behind
  Frame look_ahead = 0;    ///< live: how far commands run ahead of the playhead
};

/// A command that is being carried out. `words` are those behind its name.
struct Call {
  Session& session;
  std::span<const Word> words;
  Word name;
  Reply& reply;
};

class Session {
public:
  enum class Wait : std::uint8_t { nothing, input, verdict, playhead, ended };
  struct State {
    Wait wait;
    Frame until; ///< step again when the playhead is here, whatever else is waited for; `never`: no need
  };

  Session(Workspace& workspace, SessionOptions options, Output output);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void feed(std::string_view bytes);
  /// A line that the caller cut; `too_long`: only its beginning.
  void feed_line(std::string text, bool too_long = false);
  /// Nothing more will be fed.
  void close() { lines_.close(); }
  /// Runs after what stands before it. Its text is read now, of a pipe when its turn comes. Throws Error when it cannot be.
  void run_file(const std::string& path);
  /// The same of a script that has been read.
  void run(ScriptFile script) {
    const Word path{script.path, 0};
    scripts_.push_back(opened(std::move(script), path));
  }

  /// Carries out what can be carried out, at most `budget` lines, and prints what is due.
  State step(int budget = 1000);
  /// The first frame for which an op may still come; `never` when none will. The horizon of an offline run stays here.
  Frame issued() const;
  /// A script of which every command has been carried out, though an answer may still wait for a swap.
  bool spent() const;
  /// The script's own time: when it has ended, its end.
  Frame clock() const { return clock_; }
  bool quit() const { return quit_; }
  int errors() const { return errors_; }
  /// The playhead goes on at another rate: what is ahead of it keeps its time.
  void change_rate(const RateChange& change);
  /// Lines that wait are forgotten.
  void purge();
  /// Prints the answers that still wait, when nothing more will happen.
  void flush();

  /// The draft, or what is current when there is none.
  const Patch& patch() const { return draft_ ? draft_->patch() : workspace_.host().current(); }
  bool editing() const { return draft_ != nullptr; }

  // For commands:
  Workspace& workspace() { return workspace_; }
  Host& host() { return workspace_.host(); }
  const SessionOptions& options() const { return options_; }
  Draft* draft() { return draft_.get(); }
  /// Applies an edit to the draft, which is opened for it; one that fails or changes nothing opens none.
  void edit(const std::function<void(Draft&)>& change);
  void drop_draft();
  /// The frame for an op or commit of this moment; a script that fell behind slips its clock here.
  Frame act(Reply& reply);
  void wait(const ExactTime& time, Reply& reply);
  /// Frame of a time on this source's clock; 0: before the first.
  Frame at(Frame time) const { return static_cast<Frame>(std::max<std::int64_t>(start_ + static_cast<std::int64_t>(time), 0)); }
  void commit(CommitRequest request, Workspace::Step step);
  /// The folder of the file that the command in hand stands in, with its slash.
  std::string folder() const { return files_.empty() || files_.back().file.pipe ? std::string() : folder_of(files_.back().file.path); }
  /// Reads a file in the place of the command's line.
  void include(const Word& path, Reply& reply);
  void end() { quit_ = true; }
  /// At the prompt with a draft open: false the first time, so that a draft is not lost by one key. Any other command starts anew.
  bool may_leave();
  /// The command that is being carried out cannot be answered yet: it is, when it has been carried out again.
  void again() { running_->postponed = true; }

private:
  struct Input {
    ScriptFile file;
    std::shared_ptr<const FilesInUse::Use> use;
    LineBuffer lines;
  };
  struct Held {
    Line line;
    std::string file;
    std::vector<Word> words;
    const Command* command = nullptr;
    std::size_t name_words = 1;
    std::string error; ///< of the line as a whole
    int column = 0;
  };
  struct Answer {
    Reply reply;
    Held held;
    Frame due = 0;
    std::optional<Frame> swap; ///< of a commit that was accepted: the frame that was asked for
    bool done = true, postponed = false;
  };

  bool fetch(int& blanks);
  bool next_line();
  Input opened(ScriptFile file, const Word& path);
  bool refill(Input& input);
  void understand(Held& held) const;
  std::optional<State> obstacle() const;
  void execute(Held held);
  void carry_out(Answer& answer);
  bool attempt(Answer& answer, void (*act)(Call&));
  void fail(Reply& reply, int column, const std::string& text);
  void send(CommitRequest request, Workspace::Step step, Frame at, const std::shared_ptr<Answer>& answer);
  void verdict(const std::shared_ptr<Answer>& answer, Workspace::Step step, const Verdict& v, std::uint64_t revision);
  bool reached(Frame frame) const;
  bool looks(const Command* command) const;
  void emit(const Reply& reply);
  void drain();
  void move_clock(Frame by);
  Frame next_due() const;
  void stop();

  Workspace& workspace_;
  SessionOptions options_;
  Output output_;
  LineBuffer lines_;
  std::deque<Input> files_;          ///< the innermost last
  std::deque<Input> scripts_;         ///< to run after one another
  std::optional<Held> held_;
  std::deque<std::shared_ptr<Answer>> answers_;
  std::shared_ptr<Answer> running_;   ///< whose command is being carried out
  std::unique_ptr<Draft> draft_;
  Frame clock_;
  ExactTime waited_;   ///< a script's own time: the sum of its waits; clock_ is start_ and this, to the frame
  std::int64_t start_; ///< below zero: the rate was lower then
  int errors_ = 0;
  bool had_to_wait_ = false; ///< for input
  bool at_leisure_ = false;  ///< nobody keeps time: no rhythm is lost when the clock moves on
  bool slipped_ = false, deciding_ = false, stopped_ = false, quit_ = false, urgent_ = false;
  bool asked_to_leave_ = false; ///< with a draft open, and told of it
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
};

} // namespace chronus::control
