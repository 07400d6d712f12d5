// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The states of a client: down, probing, opening, opened, starting, running, closing, and down again.
#include "jack_client.hpp"
#include "jack_answer.hpp"
#include "libjack_log.hpp"
#include <cstdlib>
#include <fmt/format.h>

namespace chronus::control {
namespace {

using namespace std::chrono_literals;
constexpr auto retry_every = 300ms;
constexpr auto retry_refused = 3s;
constexpr auto open_limit = 10s;
constexpr auto start_limit = 5s;
constexpr auto close_limit = 2s;

} // namespace

JackClient::JackClient(JackPorts ports, Notices notices, std::string prober)
    : ports_(std::move(ports)), prober_(std::move(prober)), notices_(std::move(notices)), rung_(std::make_shared<EventFd>()), errand_(rung_), name_(ports_.name) {
  capture_libjack_messages();
}

JackClient::~JackClient() { stop(); }

void JackClient::say(const std::string& text) const {
  if (notices_.say) notices_.say(text);
}

void JackClient::tell_hung() {
  if (!std::exchange(told_hung_, true)) say("jack: the server does not answer; still waiting");
}

/// The server takes clients, but not from here: what a close that never returned holds in libjack, nobody can free.
void JackClient::tell_stuck() {
  if (!std::exchange(told_stuck_, true)) say("jack: libjack hangs where it left the server before; if it stays so, quit, and start again with --resume");
}

std::uint32_t JackClient::period() const noexcept { return connection_ ? connection_->period() : 0; }

bool JackClient::silent() const noexcept { return running() && Clock::now() - cycled_ > 500ms; }

/// A server is there, and refuses: why, as far as libjack tells.
std::string JackClient::refusal(const std::string& server, const std::string& why) const {
  const auto longest = static_cast<std::size_t>(jack_client_name_size()) - 1;
  std::string line, told;
  while (take_libjack_message(line))
    if (!line.starts_with("JackShmReadWritePtr")) told = line; // its destructor's, after every failure
  if (ports_.name.size() + 3 >= longest)
    return fmt::format("the JACK server '{}' refuses the client '{}': the name is taken, and is too long for a suffix such as -01 ({} characters at the most)",
                       server, ports_.name, longest - 4);
  return fmt::format("the JACK server '{}' refuses the client '{}'{}{}", server, ports_.name, why.empty() && told.empty() ? "" : ": ", why.empty() ? told : why);
}

std::string JackClient::start_error() const {
  const char* named = std::getenv("JACK_DEFAULT_SERVER");
  const std::string server = named && *named ? named : "default";
  const std::string port = connection_ && !hung_ ? connection_->refused_port() : "";
  if (port.empty()) return fmt::format("the JACK server '{}' refused to start the client", server);
  return fmt::format("the JACK server '{}' has no port left for {} ({} outputs, {} inputs are wanted): start it with more (jackd --port-max N)", server,
                     port, ports_.outs, ports_.ins);
}

std::string JackClient::open() {
  const char* named = std::getenv("JACK_DEFAULT_SERVER");
  const std::string server = named && *named ? named : "default";
  const auto no_answer = fmt::format("the JACK server '{}' does not answer", server);
  const auto nobody = fmt::format("no JACK server '{}' runs. Start one ('jackd -d alsa', or 'jackd -d dummy' without a sound card), "
                                  "use 'pw-jack chronus' under PipeWire, or 'chronus --render FILE' without JACK",
                                  server);
  for (const auto end = Clock::now() + open_limit; state_ != State::opening;) {
    if (Clock::now() > end) return no_answer;
    begin_probe();
    if (!errand_.wait(open_limit)) break;
    if (answer_->probed == Probed::no_server) {
      const std::string why = out_of_reach(server);
      return why.empty() ? nobody : fmt::format("the JACK server '{}' runs, but is out of reach: {}", server, why);
    }
    finish_probe();
  }
  if (!errand_.wait(open_limit)) {
    hung_ = true;
    return no_answer;
  }
  const auto failure = answer_->connection ? answer_->connection->failure() : JackConnection::Failure::refused;
  finish_open();
  if (failure == JackConnection::Failure::none) return {};
  // The probe has just found a server: one that is not found now has refused, or has gone within a moment.
  const std::string why = out_of_reach(server);
  return failure == JackConnection::Failure::no_server && why.empty() ? nobody : refusal(server, why);
}

void JackClient::begin_probe() {
  state_ = State::probing;
  answer_ = std::make_shared<Answer>();
  errand_.send([answer = answer_, prober = prober_] { answer->probed = probe_server(prober); });
}

void JackClient::finish_probe() {
  if (answer_->probed == Probed::opens) return begin_open();
  if (answer_->probed == Probed::no_answer) tell_hung();
  go_down(retry_every);
}

void JackClient::begin_open() {
  state_ = State::opening;
  answer_ = std::make_shared<Answer>();
  errand_.send([answer = answer_, ports = ports_, rung = rung_] { answer->connection = std::make_shared<JackConnection>(ports, rung); });
}

void JackClient::finish_open() {
  auto opened = std::move(answer_->connection);
  if (!opened || opened->failure() != JackConnection::Failure::none) return go_down(retry_every);
  connection_ = std::move(opened);
  name_ = connection_->name();
  rate_ = connection_->rate();
  state_ = State::opened;
  if (!has_run_) return;
  if (rate_ == refused_rate_) return begin_close(retry_refused);
  if (!notices_.returned || notices_.returned(rate_, period(), side_)) return begin_start();
  refused_rate_ = rate_;
  begin_close(retry_refused);
}

bool JackClient::start(const JackSide& side) {
  if (state_ != State::opened) return false;
  side_ = side;
  begin_start();
  if (!errand_.wait(start_limit)) {
    hung_ = true;
    return false;
  }
  finish_start();
  return running();
}

void JackClient::begin_start() {
  state_ = State::starting;
  answer_ = std::make_shared<Answer>();
  errand_.send([answer = answer_, connection = connection_, side = side_] {
    answer->good = connection->activate(side);
    answer->priority = connection->process_priority();
  });
}

void JackClient::finish_start() {
  if (!answer_->good) return begin_close(connection_->gone() ? retry_every : retry_refused);
  priority_ = answer_->priority;
  state_ = State::running;
  cycles_seen_ = 0;
  cycled_ = Clock::now();
  undecorated_ = true;
  refused_rate_ = 0;
  told_hung_ = told_stuck_ = false;
  wires_.back(cycled_);
  answer_.reset();
  if (has_run_) say(fmt::format("jack: back at {:g} Hz, {} frames, as {}", rate_, period(), name_));
  has_run_ = true;
}

void JackClient::lose(const char* why) {
  connection_->detach();
  wires_.lost();
  say(why);
  begin_close(retry_every / 2); // the close takes its time as well
}

/// An errand that is still out uses the client: the close then waits for it.
void JackClient::begin_close(Clock::duration pause) {
  state_ = State::closing;
  pause_ = pause;
  close_sent_ = !errand_.out() && errand_.send([connection = connection_] { connection->close(); });
}

void JackClient::go_down(Clock::duration pause) {
  state_ = State::down;
  if (connection_) xruns_before_ += connection_->xruns();
  connection_.reset();
  answer_.reset();
  next_try_ = Clock::now() + pause;
}

void JackClient::housekeeping() {
  rung_->drain();
  if (state_ == State::running) return watch();
  if (errand_.out()) {
    const auto limit = state_ == State::closing ? Clock::duration(close_limit) : Clock::duration(open_limit);
    if (errand_.age() < limit) return;
    hung_ = true;
    if (state_ == State::closing) {
      errand_.abandon(); // it keeps the connection for as long as it hangs
      close_hangs_ = true;
      return go_down(retry_every);
    }
    return state_ == State::opening && close_hangs_ ? tell_stuck() : tell_hung(); // another try would hang behind this one, on libjack's own lock
  }
  switch (state_) {
  case State::down:
    if (has_run_ && Clock::now() >= next_try_) begin_probe();
    break;
  case State::probing: finish_probe(); break;
  case State::opening: finish_open(); break;
  case State::starting: finish_start(); break;
  case State::closing:
    if (close_sent_) go_down(pause_);
    else begin_close(pause_);
    break;
  case State::opened:
  case State::running: break;
  }
}

void JackClient::stop() {
  const auto deadline = Clock::now() + close_limit;
  const auto left = [&] { return std::max(0ms, std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now())); };
  if (state_ == State::probing) errand_.abandon(); // it holds nothing, and ends soon
  bool free = errand_.wait(left());
  if (free && state_ == State::opening && answer_ && answer_->connection) connection_ = answer_->connection;
  if (free && connection_ && !(state_ == State::closing && close_sent_)) {
    free = errand_.send([connection = connection_] { connection->close(); }) && errand_.wait(left());
  }
  if (!free) {
    hung_ = true;
    errand_.abandon();
  }
  if (!free && connection_) {
    connection_->detach();
    const timespec nap{0, 50'000'000}; // a call that is going on may end
    nanosleep(&nap, nullptr);
  }
  has_run_ = false; // no more tries
  go_down({});
}

} // namespace chronus::control
