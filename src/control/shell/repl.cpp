// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. readline's callback interface.
#include "repl.hpp"
#include "../text.hpp"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <readline/readline.h>
#include <unistd.h>

namespace chronus::control {

Repl* Repl::current_ = nullptr;

bool Repl::possible() {
  return isatty(STDIN_FILENO) && (isatty(STDOUT_FILENO) || isatty(STDERR_FILENO)) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

Repl::Repl(Callbacks callbacks, std::string prompt, std::string history)
    : callbacks_(std::move(callbacks)), prompt_(std::move(prompt)), history_(std::move(history)) {
  current_ = this;
  rl_readline_name = "chronus"; // `$if chronus` in ~/.inputrc
  rl_catch_signals = 0;
  rl_catch_sigwinch = 0;
  rl_change_environment = 0;
  rl_outstream = isatty(STDOUT_FILENO) ? stdout : stderr; // `chronus | tee log` stays clean
  rl_completer_word_break_characters = " \t\n";
  rl_completer_quote_characters = "\"'";
  rl_filename_quote_characters = " \t\"'#["; // what parts words, or means something in one
  rl_filename_quoting_function = quote;
  rl_attempted_completion_function = attempt;
  rl_callback_handler_install(prompt_.c_str(), take_line);
}

Repl::~Repl() {
  leave();
  rl_attempted_completion_function = nullptr;
  current_ = nullptr;
}

void Repl::leave() {
  if (left_) return;
  left_ = true;
  if (!delivering_) rl_clear_visible_line(); // whatever comes next begins where the prompt was
  rl_callback_handler_remove();
}

void Repl::on_readable() {
  if (!left_) rl_callback_read_char();
}

void Repl::take_line(char* line) {
  Repl& repl = *current_;
  repl.delivering_ = true;
  if (line) {
    std::string text(line);
    std::free(line);
    repl.deliver(std::move(text));
  } else {
    rl_eof_found = 0; // readline has gone to a new line for it, and would do so once more in leave()
    repl.callbacks_.end();
  }
  repl.delivering_ = false;
}

/// A bracketed paste arrives as one line with newlines in it.
void Repl::deliver(std::string text) {
  std::size_t begin = 0;
  while (begin <= text.size() && !left_) {
    auto end = std::min(text.find_first_of("\n\r", begin), text.size());
    const auto line = text.substr(begin, end - begin);
    begin = end + (text.compare(end, 2, "\r\n") == 0 ? 2 : 1);
    history_.add(line);
    callbacks_.line(line);
  }
}

void Repl::write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), rl_outstream);
  std::fflush(rl_outstream);
}

void Repl::print(std::string_view text) {
  std::string lines = printable_lines(text);
  if (lines.empty() || lines.back() != '\n') lines += '\n';
  const bool prompting = !delivering_ && !left_;
  if (prompting) rl_clear_visible_line();
  write(lines);
  if (!prompting) return;
  rl_on_new_line();
  rl_redisplay();
}

void Repl::set_prompt(const std::string& prompt) {
  if (prompt == prompt_) return;
  prompt_ = prompt;
  if (left_) return;
  if (!delivering_) rl_clear_visible_line();
  rl_set_prompt(prompt_.c_str());
  if (delivering_) return;
  rl_on_new_line();
  rl_redisplay();
}

Repl::Interrupt Repl::on_interrupt() {
  const auto now = std::chrono::steady_clock::now();
  const bool typed = rl_end > 0 && !left_;
  if (!typed && now - hinted_ < std::chrono::seconds(1)) return Interrupt::quit;
  if (left_) {
    hinted_ = now;
    return Interrupt::hinted;
  }
  rl_free_line_state();
  rl_callback_sigcleanup();
  write(typed ? "^C\n" : "^C  (Ctrl-C again or Ctrl-D leaves)\n");
  rl_replace_line("", 0);
  rl_on_new_line();
  rl_redisplay();
  if (typed) return Interrupt::cleared;
  hinted_ = now;
  return Interrupt::hinted;
}

void Repl::on_resize() {
  if (!left_) rl_resize_terminal();
}

char* Repl::candidate(const char* word, int first) {
  Repl& repl = *current_;
  if (first == 0) repl.next_word_ = 0;
  const std::size_t length = std::strlen(word);
  while (repl.next_word_ < repl.words_.size()) {
    const auto& offered = repl.words_[repl.next_word_++];
    if (offered.compare(0, length, word) == 0) return strdup(offered.c_str());
  }
  return nullptr;
}

/// Opens a quote that the name does not contain; readline closes it where the name is whole.
char* Repl::quote(char* name, int, char* quote) {
  const char mark = std::strchr(name, '"') ? '\'' : *quote && !std::strchr(name, '\'') ? *quote : '"';
  const std::string quoted = mark + std::string(name);
  *quote = mark;
  return strdup(quoted.c_str());
}

char** Repl::attempt(const char* word, int, int end) {
  Repl& repl = *current_;
  Completion completion;
  if (repl.callbacks_.complete) completion = repl.callbacks_.complete(rl_line_buffer, static_cast<std::size_t>(end));
  rl_attempted_completion_over = completion.file_names ? 0 : 1;
  if (completion.file_names) return nullptr;
  repl.words_ = std::move(completion.words);
  char** matches = rl_completion_matches(word, candidate);
  // `osc1.` and `freq=` want to be gone on with.
  if (matches && matches[0] && !matches[1]) {
    const char last = matches[0][0] ? matches[0][std::strlen(matches[0]) - 1] : ' ';
    if (last == '.' || last == '=') rl_completion_append_character = '\0';
  }
  return matches;
}

} // namespace chronus::control
