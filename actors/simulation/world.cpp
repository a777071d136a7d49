#include "actors/simulation/world.hpp"

#include <algorithm>
#include <optional>

#include "actors/runtime/tree.hpp"
#include "actors/simulation/batch_watch.hpp"
#include "actors/simulation/checker.hpp"
#include "actors/simulation/expectation.hpp"
#include "actors/simulation/life.hpp"
#include "actors/simulation/poison.hpp"
#include "actors/simulation/simulated_feed.hpp"
#include "actors/simulation/simulated_files.hpp"
#include "actors/simulation/simulated_inputs.hpp"
#include "actors/simulation/simulated_journal.hpp"
#include "actors/simulation/simulated_lines.hpp"
#include "actors/simulation/simulated_network.hpp"
#include "actors/simulation/simulated_producer.hpp"
#include "actors/simulation/simulated_scratch.hpp"
#include "actors/simulation/simulated_store.hpp"
#include "actors/simulation/simulated_table.hpp"
#include "actors/simulation/timeline.hpp"
#include "libstream/api/dstream.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"
#include "libstream/operators/split_words.hpp"
#include "libstream/plan/extra_output.hpp"

namespace weir::actors::simulation {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::int64_t wall_clock_base_ms = 1'700'000'000'000;
/// How long the world may take to come to rest once nothing fails any more.
constexpr microseconds patience{300'000'000};
constexpr std::uint64_t most_steps = 3'000'000;
/// A fault waits this many steps for a batch to be open, so that few are wasted.
constexpr std::uint64_t fault_waits_steps = 300;
constexpr microseconds look_around{20'000};
constexpr const char* dead_letter_prefix = "/dead/letters";
constexpr const char* sums_prefix = "/sums/sums";

/// Thrown through a simulated file operation: the process ends here and now.
struct process_ended {
  bool power;
};

class world {
public:
  world(const scenario& what, bool trace);
  ~world() { use_chaos_page(nullptr); }
  outcome run();

private:
  enum class fault {
    end_process,
    end_power,
    end_while_publishing,
    kill_actor,
    kill_and_freeze,
    reset_connection,
    disk_full,
    disk_fails,
    drain
  };

  void show_more(const planned_file& file, std::size_t step);
  bool has_logs(const std::string& directory) const;
  std::int64_t wall_clock_us() const {
    return (wall_clock_base_ms + clock_offset_ms_) * 1000 + time_.elapsed().count();
  }

  // -- the application's lives
  void build_plan();
  void add_sums(dstream<std::string_view> lines);
  std::uint64_t most_per_s() const;
  milliseconds longest_interval() const;
  services_ptr make_services();
  void start_life();
  void end_life(bool power);
  void start_later();

  // -- steps
  void step();
  void run_worker(const std::string& name);
  void move_clock();
  void after_step();

  // -- faults
  void schedule_fault();
  void maybe_inject();
  fault draw_fault();
  void inject(fault what);
  address draw_address(std::optional<role> wanted = std::nullopt);
  void kill_and_freeze();
  void kill(const address& who);
  void count_fault(fault_kind what);
  void file_operation();
  std::optional<error> scratch_fails();
  bool sync_fails();
  bool disk_fails();
  simulated_store::fate commit_ends(bool makes_room);
  bool disk_is_full();
  void fill_disk();
  void failed(const error& why);
  void jump_clock();
  void committed(const batch_summary& batch);
  void counted(input_id input, std::uint64_t records);
  void left_out(batch_id batch);
  void amended(const log::batch_record& batch);
  bool isolates() const { return what_.poison.any && what_.settings.on_error == error_policy::isolate; }

  // -- the end
  void look_around_again();
  bool everything_is_done() const;
  bool log_is_empty() const;
  bool nothing_waits() const;
  bool files_are_sealed() const;
  bool feeds_are_done() const;
  std::uint64_t held_bytes() const;
  void look_at_outputs();
  simulated_table::published_parts text_files_of(const std::string& prefix) const;
  void violated(const std::string& sentence);
  void conclude();
  std::string describe() const;

  scenario what_;
  timeline time_;
  outcome outcome_;
  chaos_page page_;
  std::shared_ptr<const plan::physical_plan> plan_;
  std::shared_ptr<log::memory_store> store_ = std::make_shared<log::memory_store>();
  std::shared_ptr<simulated_files> files_ = std::make_shared<simulated_files>();
  simulated_inputs inputs_;
  std::shared_ptr<simulated_network> network_;
  std::vector<std::unique_ptr<simulated_producer>> producers_;
  std::shared_ptr<poison> poison_;
  std::uint32_t stops_left_;
  std::set<batch_id> skipped_;
  expectation expected_;
  struct fed_input {
    simulated_source source;
    std::shared_ptr<std::uint64_t> held = std::make_shared<std::uint64_t>(0);
  };
  std::map<input_id, fed_input> feeds_;
  simulated_table table_;
  simulated_lines lines_;
  batch_watch batch_watch_;
  checker checker_;
  checker sums_;
  checker dead_letters_{{dead_letter_prefix}, checker::format::dead_letters};
  std::vector<std::uint64_t> marks_before_ = marks_reached();
  std::uint64_t looked_at_ = 0; ///< version of the files
  std::int64_t clock_offset_ms_ = 0;
  std::size_t files_to_appear_ = 0;
  std::uint32_t faults_left_ = 0;
  std::uint64_t fault_at_step_ = 0;
  std::optional<std::uint64_t> publishing_countdown_; ///< file operations until the process ends
  bool publishing_power_ = false;
  std::uint64_t lives_ = 0; ///< that have ended
  bool draining_ = false;
  bool drained_ = false; ///< the application says so
  bool stopping_ = false;
  timeline::time_point disk_full_until_{};
  timeline::time_point disk_fails_until_{}; ///< the next write to the log, or sync of an output, before then
  bool failed_ = false;                     ///< the application has stopped itself, rightly
  bool ended_without_drain_ = false;        ///< in one of its lives, so what was not logged yet is lost
  bool last_drain_ = false;
  bool over_ = false;
  std::optional<timeline::time_point> deadline_;
  std::optional<timeline::time_point> at_rest_since_;
  std::optional<timeline::time_point> recovering_since_;
  std::unique_ptr<life> life_; // last: ends while all it uses is there
};

world::world(const scenario& what, bool trace)
  : what_{what},
    time_{what.seed, trace},
    poison_{std::make_shared<poison>(what.poison.flaky_failures)},
    stops_left_{what.poison.stops},
    table_{time_, what.function, [this](const std::string& sentence) { violated(sentence); }},
    lines_{[this](const std::string& sentence) { violated(sentence); }},
    batch_watch_{most_per_s()},
    checker_{what.output_prefixes},
    sums_{what.upgrades.swap_outputs ? std::vector<std::string>{sums_prefix} : std::vector<std::string>{}},
    faults_left_{what.faults.count} {
  outcome_.seed = what.seed;
  use_chaos_page(&page_);
  auto broken = [this](const std::string& sentence) { violated(sentence); };
  network_ = std::make_shared<simulated_network>(
    time_, simulated_network::latency{what_.link.shortest, what_.link.longest}, broken);
  files_->before_each([this](const char*, const std::string&) { file_operation(); });
  files_->full_when([this](const std::string&) { return disk_is_full(); });
  files_->sync_fails_when([this](const std::string&) { return sync_fails(); });
  for (auto& plan : what_.producers)
    producers_.push_back(std::make_unique<simulated_producer>(time_, *network_, plan, broken));
  for (std::uint32_t i = 0; i < what_.settings.inputs.size(); ++i)
    for (auto& plan : what_.feeds)
      if (plan.url == what_.settings.inputs[i].text())
        feeds_.emplace(input_id{i}, fed_input{simulated_source{plan}});
  files_to_appear_ = what_.files.size();
  for (auto& file : what_.files)
    time_.after(file.appears, [this, &file] { show_more(file, 0); });
  for (std::uint32_t i = 0; i < what_.clock_jumps; ++i)
    time_.after(time_.random().between(microseconds{0}, microseconds{2'000'000}), [this] { jump_clock(); });
  schedule_fault();
}

/// The next part of a log, whole lines of it, or of a file that is written slowly; all of one that is not.
void world::show_more(const planned_file& file, std::size_t step) {
  auto is_log = !file.grows.empty();
  auto& pauses = is_log ? file.grows : file.writes;
  auto is_last = step == pauses.size();
  auto shown = file.bytes;
  if (!is_last && is_log)
    shown.resize(shown.rfind('\n', shown.size() * (step + 1) / (pauses.size() + 1)) + 1); // none: nothing
  else if (!is_last)
    shown.resize(shown.size() * step / pauses.size());
  inputs_.add(file.directory, file.name, std::move(shown), wall_clock_us() * 1000, is_log);
  if (is_last)
    --files_to_appear_;
  else
    time_.after(pauses[step], [this, &file, step] { show_more(file, step + 1); });
}

bool world::has_logs(const std::string& directory) const {
  return std::any_of(what_.files.begin(), what_.files.end(),
                     [&](auto& file) { return file.directory == directory && !file.grows.empty(); });
}

// -- the application's lives -----------------------------------------------------------------------------------------------

/// Anew for each life: what the program's functions remember dies with its process.
void world::build_plan() {
  output_targets targets;
  for (auto& prefix : what_.output_prefixes)
    targets.push_back({plan::output_target::kind::text, prefix, 0});
  stream_context context{targets};
  auto lines = what_.poison.any ? poisoned_lines(context, poison_) : context.text_input();
  auto sums_first = what_.upgrades.swap_outputs && lives_ % 2 == 1;
  if (sums_first)
    add_sums(lines);
  auto counts = what_.poison.any ? poisoned_word_count(lines, poison_) : word_count(context);
  counts.write_to(context.output());
  if (what_.upgrades.swap_outputs && !sums_first)
    add_sums(lines);
  if (what_.lines_output)
    context.text_input().named("lines").foreach_batch(
      [this](const dataset<std::string>& records, const batch_key& key) { lines_.write(key, records.collect()); });
  if (what_.function.any)
    counts.foreach_partition(
      [this](const partition_key& key, std::span<const simulated_table::row> rows) { table_.write(key, rows); });
  plan_ =
    *plan::with_output(*context.plan(), "dead-letters", {{plan::output_target::kind::text, dead_letter_prefix, 0}});
}

/// As the counts, but by a shuffle of its own, and by functions that fail on no key.
void world::add_sums(dstream<std::string_view> lines) {
  lines.flat_map(split_words)
    .map([](std::string_view word) {
      return std::pair{word, std::uint64_t{1}};
    })
    .reduce_by_key(std::plus<>{})
    .named("sums")
    .save_as_text_files(sums_prefix);
}

/// No input that is received is ever allowed more; 0 = there is no such bound.
std::uint64_t world::most_per_s() const { return what_.settings.backpressure_max_rate; }

milliseconds world::longest_interval() const {
  auto longest = std::chrono::ceil<milliseconds>(what_.settings.batch_interval);
  for (auto& each : what_.upgrades.intervals)
    longest = std::max(longest, each);
  return longest;
}

services_ptr world::make_services() {
  build_plan();
  auto made = std::make_shared<actors::services>();
  made->settings = what_.settings;
  if (auto& intervals = what_.upgrades.intervals; !intervals.empty())
    made->settings.batch_interval = intervals[time_.random().below(intervals.size())];
  made->settings.executors = static_cast<std::uint32_t>(time_.random().between(1, what_.most_executors));
  made->application.application = "simulated";
  made->application.hash_seed = what_.hash_seed;
  made->application.partitions = what_.partitions;
  made->application.interval_us = static_cast<std::uint64_t>(made->settings.batch_interval.count());
  made->plan = plan_;
  made->dead_letters = plan_->outputs().back().index;
  made->exchange.bound(what_.settings.exchange_bytes,
                       std::make_shared<simulated_scratch>([this] { return scratch_fails(); }));
  made->staging.bound(what_.settings.staging_bytes);
  made->store = std::make_shared<simulated_store>(store_, [this](bool makes_room) { return commit_ends(makes_room); });
  made->ingest = network_;
  made->files = files_;
  made->journal = std::make_shared<simulated_journal>(
    time_, simulated_journal::audience{
             [this](const batch_submission& batch) {
               if (auto wrong = batch_watch_.sealed(batch, wall_clock_us() / 1000); !wrong.empty())
                 violated(wrong);
             },
             [this](const batch_summary& batch) { committed(batch); },
             [this](const log::batch_record& batch) { amended(batch); }, [this](batch_id batch) { left_out(batch); },
             [this](input_id input) { batch_watch_.started(input, time_.elapsed()); },
             [this](input_id input, std::uint64_t records) { counted(input, records); }});
  made->wall_clock_us = [this] { return wall_clock_us(); };
  made->random = [this] { return time_.random().next(); };
  for (auto& input : made->settings.inputs)
    made->replayable.push_back(input.what() == input_url::kind::file ? inputs_.source(input.directory()) : nullptr);
  // A directory with logs is asked for all it has, as a program's own source is.
  made->watch_directory = [this](input_id input) -> std::unique_ptr<directory_watch> {
    auto& directory = what_.settings.inputs[input.value].directory();
    if (has_logs(directory))
      return nullptr;
    return inputs_.watch(directory, time_.random(), what_.clock_jumps == 0);
  };
  made->open_feed = [this, budget = what_.settings.max_receiver_bytes](
                      input_id input, std::shared_ptr<feed_listener> listener) -> result<std::unique_ptr<feed>> {
    auto& at = feeds_.at(input);
    return open_simulated_feed(time_, at.source, budget, std::move(listener), at.held);
  };
  made->print = [](std::string_view) { return result<void>{}; };
  made->fail = [this](const error& why) { failed(why); };
  made->spoil = [this](const error& why) { violated(why.message()); };
  made->idle = [] {};
  made->finished = [this] { drained_ = true; };
  return made;
}

void world::start_life() {
  draining_ = drained_ = stopping_ = failed_ = last_drain_ = false;
  auto job_takes = [this](const std::string& worker) {
    auto& range = worker == "log"                  ? what_.log_job
                  : worker.starts_with("executor") ? what_.task_job
                  : worker.starts_with("sink")     ? what_.sink_job
                                                   : what_.listing_job;
    auto takes = time_.random().between(range.shortest, range.longest);
    return time_.random().percent(what_.slow_jobs_percent) ? takes * 20 : takes;
  };
  auto services = make_services();
  time_.note("start with " + std::to_string(services->settings.executors) + " executors");
  life_ =
    std::make_unique<life>(time_, services, std::make_shared<simulated_workers>(time_, job_takes), what_.restarts);
}

void world::end_life(bool power) {
  time_.note(power ? "power cut" : "process ends");
  network_->drop_all_ports();
  life_.reset();
  table_.life_ended();
  lines_.life_ended();
  ++lives_;
  publishing_countdown_.reset();
  for (auto& open : page_.open)
    open = 0;
  if (power)
    files_->fail_power(time_.random());
  look_at_outputs();
  start_later();
}

void world::start_later() {
  time_.after(time_.random().between(what_.downtime.shortest, what_.downtime.longest), [this] {
    recovering_since_ = time_.now();
    start_life();
  });
}

// -- steps -----------------------------------------------------------------------------------------------------------------

outcome world::run() {
  start_life();
  time_.after(look_around, [this] { look_around_again(); });
  while (!over_) {
    step();
    after_step();
  }
  conclude();
  return outcome_;
}

/// One message, one job, one event; or, when there is none of them, the clock moves on.
void world::step() {
  ++outcome_.steps;
  auto messages = life_ ? life_->runnable() : 0;
  auto jobs = life_ ? life_->workers().due() : std::vector<std::string>{};
  auto choices = messages + jobs.size() + (time_.is_due() ? 1 : 0);
  auto late = what_.late_messages_permille > 0 && time_.random().below(1000) < what_.late_messages_permille;
  if (late)
    time_.advance_to(time_.now() + time_.random().between(microseconds{1}, microseconds{5'000}));
  if (choices == 0 || late)
    return move_clock();
  if (messages > 0 && !at_rest_since_ && time_.random().below(1000) < what_.freezes_permille)
    return life_->freeze(time_.random().below(messages), microseconds{time_.random().magnitude(100, 300'000)});
  auto chosen = time_.random().below(choices);
  time_.mix(choices * 1024 + chosen);
  if (chosen < messages)
    life_->run(chosen);
  else if (chosen < messages + jobs.size())
    run_worker(jobs[chosen - messages]);
  else
    time_.run_next_event();
}

void world::run_worker(const std::string& name) {
  time_.tell("job of " + name);
  try {
    life_->workers().run(name);
  } catch (const process_ended& how) {
    count_fault(how.power ? fault_kind::power_cut : fault_kind::process_killed);
    end_life(how.power);
    schedule_fault();
  }
  look_at_outputs();
}

void world::move_clock() {
  auto next = time_.next_event();
  if (life_)
    next = std::min({next, life_->next_timeout(), life_->next_waking(), life_->workers().next_end()});
  if (next != timeline::time_point::max())
    time_.advance_to(next);
  if (life_)
    life_->clock_moved();
  time_.mix(static_cast<std::uint64_t>(time_.elapsed().count()));
}

void world::after_step() {
  if (life_ && failed_) {
    ended_without_drain_ = true;
    end_life(false);
  }
  if (life_ && drained_ && draining_ && !stopping_) {
    time_.note("drained");
    stopping_ = true;
    life_->stop();
  }
  if (life_ && stopping_ && life_->has_stopped()) {
    if (last_drain_)
      over_ = true;
    else
      end_life(false);
  }
  if (life_ && !over_)
    maybe_inject();
  if (!outcome_.violations.empty() || !checker_.violations().empty() || !sums_.violations().empty() ||
      !dead_letters_.violations().empty())
    over_ = true;
  if (faults_left_ == 0 && !deadline_)
    deadline_ = time_.now() + patience;
  if (outcome_.steps > most_steps || (deadline_ && time_.now() > *deadline_)) {
    violated("stuck: " + describe());
    over_ = true;
  }
}

// -- faults ----------------------------------------------------------------------------------------------------------------

void world::schedule_fault() { fault_at_step_ = outcome_.steps + 1 + time_.random().below(what_.faults.steps_between); }

void world::maybe_inject() {
  if (faults_left_ == 0)
    publishing_countdown_.reset();
  if (faults_left_ == 0 || outcome_.steps < fault_at_step_)
    return;
  auto nothing_open = std::all_of(std::begin(page_.open), std::end(page_.open), [](auto& open) { return open == 0; });
  auto waited = outcome_.steps - fault_at_step_;
  if (nothing_open && waited < fault_waits_steps)
    return;
  if (publishing_countdown_) {
    if (waited < 4 * fault_waits_steps)
      return;
    publishing_countdown_.reset(); // nothing was published
    inject(fault::end_process);
  } else {
    inject(draw_fault());
  }
}

world::fault world::draw_fault() {
  auto& f = what_.faults;
  const std::pair<fault, std::uint32_t> weights[] = {{fault::end_process, f.end_process},
                                                     {fault::end_power, f.end_power},
                                                     {fault::end_while_publishing, f.end_while_publishing},
                                                     {fault::kill_actor, f.kill_actor},
                                                     {fault::kill_and_freeze, f.kill_and_freeze},
                                                     {fault::reset_connection, f.reset_connection},
                                                     {fault::disk_full, f.disk_full},
                                                     {fault::disk_fails, f.disk_fails},
                                                     {fault::drain, f.drain}};
  std::uint64_t sum = 0;
  for (auto& [what, weight] : weights)
    sum += weight;
  auto chosen = time_.random().below(sum);
  for (auto& [what, weight] : weights) {
    if (chosen < weight)
      return what;
    chosen -= weight;
  }
  return fault::end_process;
}

void world::inject(fault what) {
  switch (what) {
    case fault::end_while_publishing:
      publishing_countdown_ = time_.random().between(1, 12);
      publishing_power_ = time_.random().percent(50);
      return;
    case fault::end_process:
    case fault::end_power:
      count_fault(what == fault::end_power ? fault_kind::power_cut : fault_kind::process_killed);
      end_life(what == fault::end_power);
      break;
    case fault::kill_actor: kill(draw_address(what_.faults.victim)); break;
    case fault::kill_and_freeze: kill_and_freeze(); break;
    case fault::reset_connection:
      if (time_.random().percent(50))
        network_->reset_next_data();
      else
        network_->reset_one();
      time_.note("reset a connection");
      count_fault(fault_kind::connection_reset);
      break;
    case fault::disk_full: fill_disk(); break;
    case fault::disk_fails: disk_fails_until_ = time_.now() + microseconds{500'000}; break;
    case fault::drain:
      --faults_left_;
      if (!draining_) {
        time_.note("drain");
        draining_ = true;
        life_->drain();
      }
      break;
  }
  schedule_fault();
}

/// Of this role, if anyone has it, else of any: each role is as likely, however many share it.
address world::draw_address(std::optional<role> wanted) {
  auto all = addresses(life_->services());
  auto has = [&](role what) {
    return std::any_of(all.begin(), all.end(), [=](auto& each) { return each.what == what; });
  };
  while (!wanted || !has(*wanted))
    wanted = static_cast<role>(time_.random().below(7));
  std::erase_if(all, [&](auto& each) { return each.what != *wanted; });
  return all[time_.random().below(all.size())];
}

/// What the victim said last reaches its successor's world late, by way of a neighbour that was not scheduled meanwhile.
void world::kill_and_freeze() {
  static constexpr std::pair<role, role> neighbours[] = {{role::receiver, role::block_store},
                                                         {role::receiver, role::block_store},
                                                         {role::receiver, role::checkpoint_writer},
                                                         {role::block_store, role::receiver},
                                                         {role::block_store, role::batch_coordinator},
                                                         {role::checkpoint_writer, role::block_store},
                                                         {role::checkpoint_writer, role::batch_coordinator},
                                                         {role::batch_coordinator, role::checkpoint_writer},
                                                         {role::batch_coordinator, role::sink},
                                                         {role::batch_coordinator, role::partition_executor},
                                                         {role::partition_executor, role::batch_coordinator},
                                                         {role::sink, role::batch_coordinator}};
  auto [first, second] = neighbours[time_.random().below(std::size(neighbours))];
  auto any = time_.random().percent(30);
  auto victim = draw_address(what_.faults.victim ? what_.faults.victim : any ? std::nullopt : std::optional{first});
  auto frozen = draw_address(any ? std::nullopt : std::optional{second});
  auto long_enough = time_.random().percent(50) ? 100'000 : time_.random().magnitude(1'000, 100'000);
  life_->freeze(frozen, microseconds{long_enough + time_.random().below(200'000)});
  auto kill_later = [this, victim, lives = lives_](microseconds pause) {
    time_.after(pause, [this, victim, lives] {
      if (lives == lives_ && life_)
        kill(victim);
    });
  };
  auto pause = microseconds{time_.random().magnitude(10, 20'000)};
  if (time_.random().percent(50))
    network_->on_next_data([=, this](connection_id) { kill_later(what_.settings.block_interval + pause / 10); });
  else
    kill_later(pause);
}

void world::kill(const address& who) {
  if (faults_left_ == 0)
    return;
  auto chance = time_.random().below(10);
  auto how = chance < 6 ? life::way::kill : chance < 8 ? life::way::exit_message : life::way::exception;
  if (who.what == role::supervisor && how == life::way::exception)
    how = life::way::kill; // it runs no code that might throw
  count_fault(how == life::way::kill           ? fault_kind::actor_killed
              : how == life::way::exit_message ? fault_kind::actor_told_to_end
                                               : fault_kind::actor_threw);
  time_.note((how == life::way::kill           ? "kill "
              : how == life::way::exit_message ? "tell to end: "
                                               : "exception in ") +
             to_string(who));
  life_->kill(who, how);
  // What is on its way to it dies with it.
  if (time_.random().percent(25))
    life_->freeze(who, microseconds{time_.random().magnitude(100, 100'000)});
}

/// By the phase of the oldest open batch: batches go through the phases in order, so the oldest is the furthest.
void world::count_fault(fault_kind what) {
  --faults_left_;
  ++outcome_.injected;
  ++outcome_.by_kind[static_cast<std::size_t>(what)];
  for (auto at = phase_count; at-- > 0;)
    if (page_.open[at] > 0) {
      ++outcome_.effective;
      ++outcome_.by_phase[static_cast<std::size_t>(at)];
      return;
    }
}

void world::file_operation() {
  look_at_outputs();
  if (publishing_countdown_ && --*publishing_countdown_ == 0)
    throw process_ended{publishing_power_};
}

std::optional<error> world::scratch_fails() {
  ++outcome_.spills;
  if (disk_is_full())
    return error{error_code::disk, "the seed says that the disk is full", "/scratch", {}, true};
  if (faults_left_ == 0 || !time_.random().percent(what_.faults.scratch_percent))
    return std::nullopt;
  time_.note("the scratch file refuses a write");
  ++outcome_.scratch_failures;
  count_fault(fault_kind::scratch_write_failed);
  return error{error_code::disk, "cannot write the scratch file: the seed says so", "/scratch", {}};
}

void world::fill_disk() {
  auto lasts = time_.random().between(what_.full_disk.shortest, what_.full_disk.longest);
  time_.note("the disk is full for " + std::to_string(lasts.count()) + " us");
  disk_full_until_ = time_.now() + lasts;
  count_fault(fault_kind::disk_full);
}

bool world::disk_is_full() {
  if (time_.now() >= disk_full_until_)
    return false;
  ++outcome_.full_disk_refusals;
  return true;
}

/// Whether the seed's next failure of the disk is due: then it is this one.
bool world::disk_fails() {
  if (time_.now() >= disk_fails_until_ || faults_left_ == 0)
    return false;
  disk_fails_until_ = {};
  ++outcome_.disk_failures;
  return true;
}

bool world::sync_fails() {
  if (!disk_fails())
    return false;
  count_fault(fault_kind::output_sync_failed);
  time_.note("an output cannot be synced");
  return true;
}

/// What only makes room may find the few pages that it needs.
simulated_store::fate world::commit_ends(bool makes_room) {
  using enum simulated_store::fate;
  if (disk_fails()) {
    auto what = time_.random().percent(50) ? failed : uncertain;
    count_fault(what == failed ? fault_kind::log_write_failed : fault_kind::log_sync_failed);
    time_.note(what == failed ? "the disk fails" : "the disk fails, and what it was to write is there all the same");
    return what;
  }
  if (time_.now() < disk_full_until_ && !(makes_room && time_.random().percent(50)) && disk_is_full())
    return full;
  return written;
}

/// A disk that fails (one that is full does not) stops the application, which goes on when it is started again; so does an actor that dies
/// too often, and a user function that fails for good: until there is a release with a better one. Nothing else may.
void world::failed(const error& why) {
  auto by_poison = what_.poison.any && what_.settings.on_error == error_policy::stop &&
                   (failed_ || !poison_->is_mended()) &&
                   why.message().find("user function of operator") != std::string::npos;
  if (by_poison && !failed_) {
    ++outcome_.poison_stops;
    if (stops_left_ > 0)
      --stops_left_;
    else
      poison_->mend();
  }
  auto by_function = table_.thrown() > 0 && what_.settings.on_error == error_policy::stop &&
                     what_.settings.output_retry_limit != for_ever &&
                     why.message().starts_with("user function of output ");
  outcome_.poison_stops += by_function && !failed_ ? 1 : 0;
  auto by_restarts = what_.restarts && why.hint.starts_with("it cannot be kept alive");
  outcome_.gave_up += by_restarts && !failed_ ? 1 : 0;
  if (by_poison || by_function || by_restarts ||
      (why.code == error_code::disk && !why.full && outcome_.scratch_failures + outcome_.disk_failures > 0))
    failed_ = true;
  else
    violated("the application failed: " + why.message());
}

void world::committed(const batch_summary& batch) {
  ++outcome_.batches;
  if (recovering_since_)
    outcome_.recovery_us.push_back(
      static_cast<std::uint64_t>(std::chrono::duration_cast<microseconds>(time_.now() - *recovering_since_).count()));
  recovering_since_.reset();
  for (auto& taken : batch.inputs)
    outcome_.inputs.push_back({batch.time_ms, taken.input.value, taken.records});
  if (auto wrong = batch_watch_.committed(batch); !wrong.empty())
    violated(wrong);
}

/// An input that can be read again is held to its rate by the sizes of batches.
void world::counted(input_id input, std::uint64_t records) {
  if (what_.settings.inputs[input.value].what() == input_url::kind::file)
    return;
  if (auto wrong = batch_watch_.counted(input, records, time_.elapsed()); !wrong.empty())
    violated(wrong);
}

void world::left_out(batch_id batch) {
  if (what_.settings.output_retry_limit == for_ever)
    violated("an output gave up batch " + std::to_string(batch.value) + ", which it is to try for ever");
  table_.left_out(batch);
}

/// Its blocks are in the log as long as it is open.
void world::amended(const log::batch_record& batch) {
  ++outcome_.amendments;
  if (!batch.amendment.skipped || !skipped_.insert(batch.id).second)
    return;
  auto skip = [this](std::string_view line) { expected_.skipped(line); };
  for (auto& split : batch.splits) {
    for (auto& range : split.blocks)
      for (auto sequence = range.first; sequence <= range.last; sequence = sequence.next())
        if (auto block = log::read_block(*store_, {range.input, range.epoch, sequence}); block && *block)
          naive_lines((*block)->bytes->view(), skip);
        else
          violated("a skipped batch lacks a block");
    for (auto& range : split.ranges)
      if (auto pieces = inputs_.source(what_.settings.inputs[range.input.value].directory())
                          ->read(range, what_.settings.max_record_bytes))
        for (auto& piece : *pieces)
          naive_lines(piece.bytes, skip);
  }
}

void world::jump_clock() {
  auto jump = static_cast<std::int64_t>(time_.random().below(6'000)) - 3'000;
  clock_offset_ms_ += jump;
  time_.note("the wall clock jumps by " + std::to_string(jump) + " ms");
}

// -- the end ---------------------------------------------------------------------------------------------------------------

void world::look_around_again() {
  time_.after(look_around, [this] { look_around_again(); });
  if (!everything_is_done()) {
    at_rest_since_.reset();
    return;
  }
  if (!at_rest_since_)
    at_rest_since_ = time_.now();
  auto long_enough = microseconds{500'000} + 2 * longest_interval() + what_.settings.block_interval;
  if (what_.faults.disk_full > 0) // what was refused is held until it is tried again
    long_enough += what_.settings.disk_full_retry;
  if (time_.now() - *at_rest_since_ < long_enough || last_drain_ || draining_)
    return;
  if (auto held = held_bytes(); held > 0)
    violated("receivers still hold " + std::to_string(held) + " bytes although all is published");
  last_drain_ = draining_ = true;
  time_.note("drain at the end");
  life_->drain();
}

bool world::everything_is_done() const {
  auto sent = std::all_of(producers_.begin(), producers_.end(), [](auto& producer) { return producer->finished(); });
  return life_ && faults_left_ == 0 && !publishing_countdown_ && sent && files_to_appear_ == 0 && nothing_waits() &&
         files_are_sealed() && feeds_are_done();
}

std::uint64_t world::held_bytes() const {
  auto bytes = network_->held_bytes();
  for (auto& [input, at] : feeds_)
    bytes += *at.held;
  return bytes;
}

bool world::feeds_are_done() const {
  for (auto& [input, at] : feeds_) {
    if (!at.source.generator()) {
      if (!at.source.all_sent() || *at.held > 0)
        return false;
      continue;
    }
    auto known = log::read_producers(*store_, input);
    auto entry = known ? known->find(generator_producer) : decltype(known->end()){};
    if (!known || entry == known->end() || entry->second.last < at.source.generator()->count)
      return false;
  }
  return true;
}

bool world::log_is_empty() const {
  auto contents = log::read_contents(*store_);
  return contents && contents->blocks.empty() && contents->batches.empty() && contents->commits.empty() &&
         contents->staged.empty();
}

/// An output that acts in every batch leaves no time without one: then it is the drain that empties the log.
bool world::nothing_waits() const {
  if (!what_.lines_output)
    return log_is_empty();
  auto contents = log::read_contents(*store_);
  return contents && contents->blocks.empty();
}

bool world::files_are_sealed() const {
  for (std::uint32_t i = 0; i < what_.settings.inputs.size(); ++i) {
    if (what_.settings.inputs[i].what() != input_url::kind::file)
      continue;
    auto known = log::read_partitions(*store_, input_id{i});
    for (auto& file : what_.files) {
      if (file.directory != what_.settings.inputs[i].directory() || file.bytes.empty())
        continue;
      auto entry = known ? known->find(file.name) : decltype(known->end()){};
      if (!known || entry == known->end() || entry->second.sealed_to < file.bytes.size())
        return false;
    }
  }
  return true;
}

/// The parts of each batch time.
simulated_table::published_parts world::text_files_of(const std::string& prefix) const {
  simulated_table::published_parts found;
  auto slash = prefix.rfind('/');
  auto name = prefix.substr(slash + 1) + "-";
  for (auto& [directory, files] : files_->directories_in(prefix.substr(0, slash)))
    if (directory.starts_with(name))
      for (auto& [file, bytes] : files)
        if (file.starts_with("part-"))
          found[std::stoll(directory.substr(name.size()))][static_cast<std::uint32_t>(std::stoul(file.substr(5)))] =
            *bytes;
  return found;
}

void world::look_at_outputs() {
  if (files_->version() == looked_at_)
    return;
  looked_at_ = files_->version();
  for (auto& prefix : what_.output_prefixes) {
    auto parent = prefix.substr(0, prefix.rfind('/'));
    std::map<std::string, checker::directory> seen;
    for (auto& [name, files] : files_->directories_in(parent))
      seen.emplace(parent + "/" + name, files);
    checker_.look(prefix, seen);
  }
  if (what_.upgrades.swap_outputs) {
    std::map<std::string, checker::directory> sums;
    for (auto& [name, files] : files_->directories_in("/sums"))
      sums.emplace("/sums/" + name, files);
    sums_.look(sums_prefix, sums);
  }
  std::map<std::string, checker::directory> seen;
  for (auto& [name, files] : files_->directories_in("/dead"))
    seen.emplace("/dead/" + name, files);
  dead_letters_.look(dead_letter_prefix, seen);
}

void world::violated(const std::string& sentence) {
  time_.note("violation: " + sentence);
  if (outcome_.violations.size() < 5)
    outcome_.violations.push_back(sentence);
}

void world::conclude() {
  auto stopped_early = !outcome_.violations.empty();
  outcome_.marks = marks_reached();
  for (std::size_t i = 0; i < outcome_.marks.size(); ++i)
    outcome_.marks[i] -= marks_before_[i];
  outcome_.user_failures[static_cast<std::size_t>(what_.settings.on_error)] = poison_->thrown() + table_.thrown();
  life_.reset();
  for (auto& producer : producers_) {
    std::uint64_t number = 0;
    for (auto& pack : producer->plan().packs) {
      number += pack.void_records;
      for (auto& line : pack.lines) {
        if (++number <= producer->acknowledged())
          expected_.promised(line);
        else if (number <= producer->added())
          expected_.possible(line);
        outcome_.words += number <= producer->acknowledged() ? naive_words(line).size() : 0;
      }
    }
  }
  for (auto& file : what_.files) {
    naive_lines(file.bytes, [this](std::string_view line) { expected_.promised(line); });
    outcome_.words += naive_words(file.bytes).size();
  }
  for (auto& [input, at] : feeds_) {
    if (at.source.generator()) {
      naive_lines(at.source.generated(), [this](std::string_view line) { expected_.promised(line); });
      outcome_.words += naive_words(at.source.generated()).size();
    }
    for (std::size_t line = 0; line < at.source.sent(); ++line)
      if (outcome_.injected == 0 && !ended_without_drain_)
        expected_.promised(at.source.plan().lines[line]);
      else
        expected_.possible(at.source.plan().lines[line]); // the sender cannot know what was not logged yet
  }
  if (auto already = expected_.tell(checker_, sums_, dead_letters_, isolates()); !already.empty())
    violated(already);
  if (what_.function.any && !stopped_early)
    if (auto differs = table_.compare(text_files_of(what_.output_prefixes.front())); !differs.empty())
      violated(differs);
  if (what_.lines_output)
    if (auto wrong = expected_.judge_lines(lines_.totals(), isolates(), !stopped_early); !wrong.empty())
      violated(wrong);
  if (!stopped_early && !log_is_empty())
    violated("the application has drained, and something is left in its log");
  outcome_.empty_batches = lines_.empty();
  checker::verdict verdict;
  for (auto judge : {&checker_, &sums_, &dead_letters_}) {
    auto more = judge->conclude();
    verdict.lost += more.lost;
    verdict.duplicated += more.duplicated;
    if (verdict.example.empty())
      verdict.example = more.example;
  }
  for (auto judge : {&checker_, &sums_, &dead_letters_})
    outcome_.violations.insert(outcome_.violations.end(), judge->violations().begin(), judge->violations().end());
  // What has not come when the run was broken off might still have come.
  outcome_.lost = stopped_early ? 0 : verdict.lost;
  outcome_.duplicated = verdict.duplicated;
  if (outcome_.lost + outcome_.duplicated > 0)
    outcome_.violations.push_back((outcome_.lost > 0 ? "lost: " : "duplicated: ") + verdict.example);
  outcome_.virtual_us = static_cast<std::uint64_t>(time_.elapsed().count());
  outcome_.hash = time_.hash();
}

std::string world::describe() const {
  std::string text =
    "after " + std::to_string(time_.elapsed().count() / 1000) + " ms and " + std::to_string(outcome_.steps) + " steps";
  for (auto& producer : producers_)
    if (!producer->finished())
      text += "; " + producer->describe();
  if (auto contents = log::read_contents(*store_)) {
    text += "; log: " + std::to_string(contents->blocks.size()) + " blocks, " +
            std::to_string(contents->batches.size()) + " batches, " + std::to_string(contents->commits.size()) +
            " of them committed";
    if (!contents->batches.empty())
      text += ", oldest " + std::to_string(contents->batches.begin()->first.value);
  }
  if (!files_are_sealed())
    text += "; files are not sealed";
  if (!feeds_are_done())
    text += "; feeds are not done";
  if (draining_)
    text += drained_ ? "; does not stop" : "; does not drain";
  return text;
}

} // namespace

word_counts word_count(stream_context& context) {
  return context.text_input().flat_map(split_words).count_by_value().named("counts");
}

outcome run(const scenario& what, bool trace) { return world{what, trace}.run(); }

outcome run_seed(std::uint64_t seed, bool trace) { return run(draw_scenario(seed), trace); }

} // namespace weir::actors::simulation
