// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. readline and nothing but readline: the prompt on a terminal.
#pragma once
#include "history.hpp"
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace chronus::control {

struct Completion {
  std::vector<std::string> words; ///< what may stand in place of the word at the cursor
  bool file_names = false;        ///< files are wanted instead
};

/// readline is one for each process, so there is at most one of these.
class Repl {
public:
  struct Callbacks {
    std::function<void(const std::string&)> line;                          ///< without its newline, never empty of all but a newline
    std::function<void()> end;                                             ///< Ctrl-D on an empty line
    std::function<Completion(const std::string& line, std::size_t cursor)> complete;
  };
  enum class Interrupt : unsigned char { cleared, hinted, quit };

  /// Standard input is a terminal, so is an output, and this process is in its foreground.
  static bool possible();

  Repl(Callbacks callbacks, std::string prompt, std::string history = history_path());
  ~Repl();
  Repl(const Repl&) = delete;
  Repl& operator=(const Repl&) = delete;

  /// When standard input is readable.
  void on_readable();
  void set_prompt(const std::string& prompt);
  /// A line or more, above a line that is half typed.
  void print(std::string_view text);
  /// After SIGINT: clears what is typed; on an empty line gives a hint; the second within a second asks to quit.
  Interrupt on_interrupt();
  /// After SIGWINCH.
  void on_resize();
  /// No more prompts, and the last one is wiped; the terminal is as it was. What is printed from now on goes straight out.
  void leave();

private:
  static void take_line(char* line);
  static char** attempt(const char* word, int start, int end);
  static char* candidate(const char* word, int first);
  static char* quote(char* name, int, char* quote);
  void deliver(std::string text);
  void write(std::string_view text);

  static Repl* current_;
  Callbacks callbacks_;
  std::string prompt_;
  History history_;
  std::vector<std::string> words_; ///< of the completion that is going on
  std::size_t next_word_ = 0;
  std::chrono::steady_clock::time_point hinted_{};
  bool delivering_ = false, left_ = false;
};

} // namespace chronus::control
