// SPDX-License-Identifier: GPL-3.0-or-later
// Main thread. The engine as commands see it: slots and their workers, the builder, commits on their way, and the table of
// current values. It makes plans and it frees them.
#pragma once
#include "black_box.hpp"
#include "builder.hpp"
#include "crew.hpp"
#include "host.hpp"
#include <deque>
#include <set>
#include <tuple>

namespace chronus::control {

class Recorder;

struct EngineConfig {
  double rate = 48000;
  int slots = 2, workers = 1, outs = 2, ins = 0; ///< workers: threads a slot
  bool spare = true;
  bool offline = false;
  bool faults = false;
  bool black_box = false; ///< keeps what was heard last
};

class Engine final : public Host {
public:
  /// `wake` is called on any control thread when poll() has something to do.
  Engine(const EngineConfig& config, std::function<void()> wake);
  ~Engine() override;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// While the callback is away: what is current goes on at another rate, with its values and gates, at the playhead's frame and
  /// from silence. Commits that are on their way are swapped by then, those that are being built are built anew; ops that are on
  /// their way keep their time; a recording ends. The callback's side must be made anew afterwards, and each session told.
  /// \return why it cannot; all is then as it was
  std::string begin_anew(double rate);

  /// Takes what has come back from the other threads, and sends on what waits. Often.
  void poll();
  std::size_t pending() const override { return commits_.size() + requests_.size(); }
  /// Something is on its way that poll() must see soon: call it every few milliseconds.
  bool busy() const { return building_ || !commits_.empty() || !backlog_[0].empty() || !backlog_[1].empty(); }
  /// A patch is being built and rehearsed.
  bool building() const { return building_ || !requests_.empty(); }
  /// Orders wait in control: the sources should wait too.
  bool congested() const { return backlog_[0].size() + backlog_[1].size() > 4096; }

  link::Link& link() const { return crew_->link(); }
  /// The workers' real-time priority. \return what they got: 0 = ordinary
  int set_priority(int priority) { return crew_->set_priority(priority_ = priority); }

  /// Takes what the callback tells, into the black box; poll() does it too. Offline after each cycle.
  void listen() {
    if (black_box_) black_box_->drain();
  }
  /// The frame of the first missing block or contained fault since the last look.
  std::optional<Frame> take_alarm() { return black_box_ ? black_box_->take_alarm() : std::nullopt; }
  /// What the black box holds.
  FlightLog flight() const { return black_box_->copy(); }

  /// Offline: the sources have issued every op before `frame`.
  void set_issued(Frame frame);
  /// All outputs go to silence within 20 ms from `at` on (0: now).
  void fade_out(Frame at);
  bool faded_out() const { return link().counters.fade_over.get() != 0; }
  void set_xruns(std::uint64_t n) { xruns_ = n; }
  /// Grows when values of the current patch are set.
  std::uint64_t values_set() const { return values_set_; }
  void set_running(bool running) { running_ = running; }
  /// Offline, after each cycle: waits for the writers of recordings, so that nothing is lost on the way to them.
  void make_room();
  /// Offline: the callback will not be called again.
  void set_last_cycle() { last_cycle_ = true; }
  /// A take ended before it was to.
  bool recording_failed() const { return recording_failed_; }
  /// At the end, when the callback is away: closes the files of recordings. \return what to tell the user of a disk that does not
  /// take them within 5 s; the engine must then not be destroyed
  std::string finish_recordings();
  /// What the user should know, each once; empty: nothing.
  std::string take_message();
  /// Why the patch should go back to the last good one; empty: no need. Live: a module that is still at fault a second after it
  /// was found so, or a plan that takes more than its time in every slot. Told once for each revision.
  std::string take_trouble();
  /// The newest patch that has played for a second without a fault, with its values; null: none has.
  const Patch* last_good() const { return good_.get(); }

  // Host
  double rate() const override { return config_.rate; }
  int outs() const override { return config_.outs; }
  int ins() const override { return config_.ins; }
  bool running() const override { return running_; }
  Frame playhead() const override { return link().counters.playhead.get(); }
  Frame horizon() const override { return link().counters.horizon.get(); }
  const Patch& current() const override { return current_; }
  std::uint64_t revision() const override { return revision_; }
  void set(const std::string& module, int param, const Setting& value, Frame at) override;
  void gate(const std::string& module, int lane, bool on, Frame at) override;
  void commit(CommitRequest request, std::function<void(const Verdict&, std::uint64_t)> verdict,
              std::function<void(Frame)> swapped) override;
  Stats stats() const override;
  void panic(Frame at) override;
  void record_start(const std::string& path, Frame at) override;
  bool recording_to(const FileId& file) const override;
  void record_stop(Frame at) override;
  std::optional<Recorded> recorded() override;
  FlightReport black_box(const std::string& path) override;
  void fault(const std::string& kind, const std::string& slot, double seconds, Frame at) override;

private:
  struct Request {
    CommitRequest request; ///< but for its patch, which the builder reads too
    std::shared_ptr<Patch> patch;
    std::function<void(const Verdict&, std::uint64_t)> verdict;
    std::function<void(Frame)> swapped;
  };
  struct Pending {
    std::unique_ptr<link::Commit> commit;
    std::function<void(Frame)> swapped;
    Patch patch; ///< once it is no longer the newest: the patch of this revision
    std::set<std::pair<std::string, int>> staged; ///< parameters whose value comes with the swap, whatever is set before it
  };

  struct Recording {
    std::unique_ptr<link::RecordTap> tap;
    std::unique_ptr<Recorder> recorder; ///< below what it reads
    bool told_to_stop = false, reported = false;
    bool over = false; ///< without having been told to stop
    Frame stops_at = 0;
    bool unfinished = false;                       ///< when it was reported
    std::chrono::steady_clock::time_point asked{}; ///< for its report, the first time
    bool goes_on() const;
  };

  using Plans = std::vector<std::unique_ptr<render::Plan>>;
  Plans first_plans(double rate);
  void begin(Frame frame, Plans plans);
  std::vector<link::Order> orders_on_their_way();
  void forget_commits(const RateChange& change);
  void end_recordings_at(Frame frame);
  void start_building();
  void take_result(Builder::Result result);
  bool values_moved() const { return values_set_ != set_before_; }
  void keep_live_values(Patch& next) const;
  std::map<std::string, std::vector<bool>> gates_moved_since(const Patch& next) const;
  void order(link::Order o, Frame at);
  std::vector<link::Order> gates_at_swaps(const link::Op& op, const std::string& module) const;
  void book(const std::vector<link::Order>& orders);
  void send_on();
  void take_events();
  void free_retired();
  void tend_slots();
  void discard(render::Plan* plan);
  void supply(std::uint64_t revision);
  Patch as_played(Patch patch, std::uint64_t revision);
  void deliver(Builder::Result result);
  void take_faults();
  void take_guard();
  void judge();
  void end_recordings();
  int lanes(const std::string& module);
  bool is_staged(const std::string& module, int param) const;
  const link::Progress& progress(int slot) const { return link().rings(slot).progress; }
  bool offline() const { return config_.offline; }

  EngineConfig config_;
  std::unique_ptr<Crew> crew_;
  std::optional<BlackBox> black_box_; ///< below what it drains
  Ids ids_;
  HistoryStore store_;
  std::function<void()> wake_;
  std::optional<Builder> builder_;

  Patch current_;
  std::uint64_t revision_ = 0, refused_ = 0, sequence_ = 0, xruns_ = 0, guarded_ = 0, values_set_ = 0;
  double prime_ms_last_ = 0;
  int priority_ = 0;
  bool running_ = true, building_ = false, last_cycle_ = false, recording_failed_ = false;
  std::shared_ptr<const Patch> before_; ///< what `current_` was when the job that is being built was sent
  std::uint64_t set_before_ = 0;        ///< and `values_set_`
  std::deque<Request> requests_;
  std::deque<Pending> commits_;
  std::size_t commits_sent_ = 0;
  std::deque<link::Order> backlog_[link::Link::sources];
  /// Offline: what waits in the callback for a swap to come. By revision, module, parameter (−1: gate), lane.
  std::set<std::tuple<std::uint64_t, std::uint32_t, int, int>> booked_;
  std::map<std::string, std::uint64_t, std::less<>> born_; ///< the revision with which an instance came
  std::map<std::string, int, std::less<>> lanes_;
  std::uint64_t lanes_of_ = ~std::uint64_t{0};
  std::deque<Recording> recordings_; ///< in their order: at the most the last was not told to stop
  std::set<std::pair<std::string, std::uint64_t>> named_; ///< modules whose fault was told, by revision
  std::deque<std::string> messages_;
  std::string trouble_, dearest_;
  std::uint64_t trouble_of_ = 0;           ///< the revision that it was told of
  std::map<std::string, std::pair<Frame, Frame>> at_fault_;             ///< of this revision: the first and the last time
  std::map<std::pair<std::string, Frame>, unsigned> reports_; ///< which slots had that fault
  std::shared_ptr<const Patch> good_;
  std::pair<std::uint64_t, std::uint64_t> good_of_; ///< its revision, and how many values had been set by then
  Frame calm_since_ = 0;                   ///< the last fault or swap
  Frame strained_since_ = never;
};

} // namespace chronus::control
