#include "actors/simulation/world.hpp"

#include <algorithm>
#include <optional>

#include "actors/simulation/failing_disk.hpp"
#include "actors/simulation/fault_budget.hpp"
#include "actors/simulation/faults.hpp"
#include "actors/simulation/readers.hpp"
#include "actors/simulation/simulated_process.hpp"
#include "actors/simulation/simulated_program.hpp"
#include "actors/simulation/surroundings.hpp"
#include "actors/simulation/trial.hpp"
#include "actors/simulation/verdict.hpp"
#include "libstream/base/marks.hpp"

namespace weir::actors::simulation {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

/// How long the world may go without a commit, and then take to come to rest, once nothing fails any more.
constexpr microseconds patience{300'000'000};
constexpr std::uint64_t most_steps = 3'000'000;
constexpr microseconds look_around{20'000};

/// Lets the processes, their surroundings and the faults take turns, step by step, until all is published or a promise is broken.
class world {
public:
  world(const scenario& planned, bool trace);
  outcome run();

private:
  void end(simulated_process& process, bool power);

  // -- steps
  void step();
  void freeze(std::uint64_t chosen, microseconds pause);
  void take_turn(std::uint64_t chosen);
  void run_worker(simulated_process& process, const std::string& name);
  void move_clock();
  void after_step();

  // -- the end
  void look_around_again();
  bool everything_is_done() const;
  milliseconds longest_interval() const;
  microseconds rest_before_the_end() const;
  outcome conclude();
  std::string describe() const;

  /// Who might go on in this step.
  struct turn {
    simulated_process* process;
    std::uint64_t messages;
    std::vector<std::string> jobs; ///< names of workers
  };

  trial run_;
  fault_budget faults_left_{run_};
  failing_disk disk_{run_, faults_left_};
  std::shared_ptr<simulated_files> files_ = std::make_shared<simulated_files>();
  surroundings outside_{run_};
  simulated_program program_{run_};
  readers readers_{run_.plan, *files_};
  verdict verdict_{run_, outside_, program_, readers_};
  faults faults_{run_, faults_left_, disk_, *outside_.network(),
                 [this](simulated_process& process, bool power) { end(process, power); }};
  std::vector<std::uint64_t> marks_before_ = marks_reached();
  bool over_ = false;
  std::optional<timeline::time_point> deadline_; ///< moves on with every commit: small bounds make many batches
  decltype(outcome::batches) committed_ = 0;
  std::optional<timeline::time_point> at_rest_since_;
  std::vector<turn> turns_;
  std::vector<std::unique_ptr<simulated_process>> processes_; // last: they end while all they use is there
};

world::world(const scenario& planned, bool trace) : run_{planned, trace} {
  disk_.hold(*files_, [this] { readers_.look(); });
  faults_.schedule();
  processes_.push_back(std::make_unique<simulated_process>(
    simulated_process::shared_parts{run_, outside_, program_, disk_, files_, verdict_}));
}

void world::end(simulated_process& process, bool power) {
  run_.time.note(power ? "power cut" : "process ends");
  process.end();
  disk_.let_publish();
  faults_left_.process_ended();
  if (power)
    files_->fail_power(run_.time.random());
  readers_.look();
  run_.time.after(run_.time.random().between(run_.plan.downtime.shortest, run_.plan.downtime.longest),
                  [this, &process] {
                    verdict_.restarted();
                    process.start();
                  });
}

// -- steps -----------------------------------------------------------------------------------------------------------------

outcome world::run() {
  for (auto& process : processes_)
    process->start();
  run_.time.after(look_around, [this] { look_around_again(); });
  while (!over_) {
    step();
    after_step();
  }
  return conclude();
}

/// One message, one job, one event; or, when there is none of them, the clock moves on.
void world::step() {
  ++run_.ended.steps;
  turns_.clear();
  std::uint64_t messages = 0, jobs = 0;
  for (auto& process : processes_)
    if (process->lives()) {
      turns_.push_back({process.get(), process->life().runnable(), process->life().workers().due()});
      messages += turns_.back().messages;
      jobs += turns_.back().jobs.size();
    }
  auto& random = run_.time.random();
  auto choices = messages + jobs + (run_.time.is_due() ? 1 : 0);
  auto late = run_.plan.late_messages_permille > 0 && random.below(1000) < run_.plan.late_messages_permille;
  if (late)
    run_.time.advance_to(run_.time.now() + random.between(microseconds{1}, microseconds{5'000}));
  if (choices == 0 || late)
    return move_clock();
  if (messages > 0 && !at_rest_since_ && random.below(1000) < run_.plan.freezes_permille) {
    auto pause = microseconds{random.magnitude(100, 300'000)};
    return freeze(random.below(messages), pause);
  }
  auto chosen = random.below(choices);
  run_.time.mix(choices * 1024 + chosen);
  take_turn(chosen);
}

void world::freeze(std::uint64_t chosen, microseconds pause) {
  for (auto& each : turns_) {
    if (chosen < each.messages)
      return each.process->life().freeze(chosen, pause);
    chosen -= each.messages;
  }
}

/// Choices are numbered: messages of all processes, jobs of all, the next event.
void world::take_turn(std::uint64_t chosen) {
  for (auto& each : turns_) {
    if (chosen < each.messages)
      return each.process->life().run(chosen);
    chosen -= each.messages;
  }
  for (auto& each : turns_) {
    if (chosen < each.jobs.size())
      return run_worker(*each.process, each.jobs[chosen]);
    chosen -= each.jobs.size();
  }
  run_.time.run_next_event();
}

void world::run_worker(simulated_process& process, const std::string& name) {
  run_.time.tell("job of " + name);
  try {
    process.life().workers().run(name);
  } catch (const process_ended& how) {
    faults_.process_ended_in_operation(process, how.power);
  }
  readers_.look();
}

void world::move_clock() {
  auto next = run_.time.next_event();
  for (auto& process : processes_)
    if (process->lives()) {
      auto& life = process->life();
      next = std::min({next, life.next_timeout(), life.next_waking(), life.workers().next_end()});
    }
  if (next != timeline::time_point::max())
    run_.time.advance_to(next);
  for (auto& process : processes_)
    if (process->lives())
      process->life().clock_moved();
  run_.time.mix(static_cast<std::uint64_t>(run_.time.elapsed().count()));
}

void world::after_step() {
  for (auto& process : processes_)
    if (process->lives())
      process->look_at_bounds();
  for (auto& process : processes_)
    if (process->is_to_end())
      end(*process, false);
  over_ = std::all_of(processes_.begin(), processes_.end(), [](auto& process) { return process->is_over(); });
  for (auto& process : processes_)
    if (process->lives() && !over_)
      faults_.maybe_inject(*process);
  if (!run_.ended.violations.empty() || readers_.has_complaint())
    over_ = true;
  if (faults_left_.is_spent())
    for (auto& process : processes_)
      if (process->lives())
        process->life().links().calm();
  if (faults_left_.is_spent() && (!deadline_ || committed_ != run_.ended.batches))
    deadline_ = run_.time.now() + patience;
  committed_ = run_.ended.batches;
  if (run_.ended.steps > most_steps || (deadline_ && run_.time.now() > *deadline_)) {
    run_.violated("stuck: " + describe());
    over_ = true;
  }
}

// -- the end ---------------------------------------------------------------------------------------------------------------

void world::look_around_again() {
  run_.time.after(look_around, [this] { look_around_again(); });
  if (!everything_is_done()) {
    at_rest_since_.reset();
    return;
  }
  if (!at_rest_since_)
    at_rest_since_ = run_.time.now();
  auto any_drains = std::any_of(processes_.begin(), processes_.end(), [](auto& each) { return each->is_draining(); });
  if (run_.time.now() - *at_rest_since_ < rest_before_the_end() || any_drains)
    return;
  if (auto held = outside_.held_bytes(); held > 0)
    run_.violated("receivers still hold " + std::to_string(held) + " bytes although all is published");
  if (auto connections = outside_.network()->open_connections(); connections > 0)
    run_.violated(std::to_string(connections) + " connections are open although all producers have gone");
  for (auto& process : processes_) {
    if (!run_.plan.lines_output) // then there is always a batch
      process->look_at_rest();
    process->drain(true);
  }
}

milliseconds world::longest_interval() const {
  auto longest = std::chrono::ceil<milliseconds>(run_.plan.settings.batch_interval);
  for (auto& each : run_.plan.upgrades.intervals)
    longest = std::max(longest, each);
  return longest;
}

microseconds world::rest_before_the_end() const {
  auto long_enough = microseconds{500'000} + 2 * longest_interval() + run_.plan.settings.block_interval;
  if (run_.plan.faults.disk_full > 0) // what was refused is held until it is tried again
    long_enough += run_.plan.settings.disk_full_retry;
  if (run_.plan.links.hostile) // what was lost is asked again, and the answer to it may come late
    long_enough += 3 * run_.plan.settings.retry_interval + run_.plan.links.latest;
  return long_enough;
}

/// An output that acts in every batch leaves no time without one: then it is the drain that empties the log.
bool world::everything_is_done() const {
  if (!faults_.are_over() || !outside_.everything_was_sent())
    return false;
  return std::all_of(processes_.begin(), processes_.end(), [this](auto& each) {
    return each->lives() && (run_.plan.lines_output ? each->log_has_no_blocks() : each->log_is_empty()) &&
           outside_.files_are_sealed(each->log()) && outside_.feeds_are_done(each->log());
  });
}

outcome world::conclude() {
  auto& ended = run_.ended;
  ended.marks = marks_reached();
  for (std::size_t i = 0; i < ended.marks.size(); ++i)
    ended.marks[i] -= marks_before_[i];
  auto all_logged = ended.injected == 0;
  auto logs_are_empty = true;
  for (auto& process : processes_) {
    process->leave();
    all_logged = all_logged && !process->has_ended_by_failure();
    logs_are_empty = logs_are_empty && process->log_is_empty();
  }
  verdict_.conclude(all_logged, logs_are_empty);
  ended.virtual_us = static_cast<std::uint64_t>(run_.time.elapsed().count());
  ended.hash = run_.time.hash();
  return ended;
}

std::string world::describe() const {
  auto text = "after " + std::to_string(run_.time.elapsed().count() / 1000) + " ms and " +
              std::to_string(run_.ended.steps) + " steps" + outside_.describe();
  for (auto& process : processes_) {
    text += process->describe();
    if (!outside_.files_are_sealed(process->log()))
      text += "; files are not sealed";
    if (!outside_.feeds_are_done(process->log()))
      text += "; feeds are not done";
  }
  return text;
}

} // namespace

outcome run(const scenario& planned, bool trace) { return world{planned, trace}.run(); }

outcome run_seed(std::uint64_t seed, bool trace) { return run(draw_scenario(seed), trace); }

} // namespace weir::actors::simulation
