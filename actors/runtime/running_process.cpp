#include "actors/runtime/running_process.hpp"

#include <algorithm>
#include <set>

#include <unistd.h>

#include "actors/caf.hpp"
#include "actors/monitor/composite_journal.hpp"
#include "actors/runtime/application_start.hpp"
#include "actors/runtime/clock_and_chance.hpp"
#include "actors/runtime/draining.hpp"
#include "actors/runtime/executor_jobs.hpp"
#include "actors/runtime/life_lines.hpp"
#include "actors/runtime/tree.hpp"
#include "actors/runtime/tree_verbs.hpp"
#include "libstream/api/dataset_jobs.hpp"

namespace weir::actors {

namespace {

/// How long inputs may take to be there; after that the application starts without having heard of them.
constexpr std::chrono::milliseconds start_limit{10'000};

struct system_config : caf::actor_system_config {
  system_config() {
    register_messages(*this);
    // "sharing": messages to an idle actor arrive in microseconds, and idle workers cost nothing.
    set("scheduler.policy", caf::atom("sharing"));
    // One is enough for messages, as tasks and the log have threads of their own; and from actor to actor no thread is woken.
    set("scheduler.max-threads", std::size_t{1});
    set("scheduler.max-throughput", std::size_t{50});
  }
};

/// Tells the outcome that inputs are there.
class start_journal final : public composite_journal {
public:
  start_journal(std::vector<std::shared_ptr<journal>> parts, std::shared_ptr<outcome> told)
    : composite_journal{std::move(parts)}, told_{std::move(told)} {}
  void receiver_started(input_id input, const std::string& location) override {
    composite_journal::receiver_started(input, location);
    told_->input_started(input);
  }

private:
  std::shared_ptr<outcome> told_;
};

} // namespace

running_process::running_process(const runtime_options& options) : options_{options}, started_us_{wall_clock_us()} {}

running_process::~running_process() = default;

std::chrono::microseconds running_process::uptime() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - started_);
}

void running_process::observe(const plan::physical_plan& plan, std::shared_ptr<const listener_list> told) {
  std::vector<std::string> outputs, inputs;
  for (auto& output : plan.outputs())
    outputs.push_back(output.name);
  for (auto& input : services.application->settings.inputs)
    inputs.push_back(input.text());
  // Listeners are complained of where people read: not to the observer, which is in the middle of telling them something.
  auto read_by_people = std::make_shared<composite_journal>(std::vector{options_.journal});
  if (told)
    listeners_ = std::make_shared<listener_thread>(std::move(told), read_by_people);
  observer_ =
    std::make_shared<actors::observer>(outputs, inputs, wall_clock_us, [to = listeners_](listener_event event) {
      if (to)
        to->post(std::move(event));
    });
  outcome_ =
    std::make_shared<actors::outcome>([seen = observer_, has_log = !options_.data_dir.empty(), read_by_people] {
      auto left = unfinished_work(seen->look(0), has_log);
      read_by_people->detail("the graceful stop has reached its limit: " + left);
      return left;
    });
  services.node->journal =
    std::make_shared<start_journal>(std::vector<std::shared_ptr<journal>>{options_.journal, observer_}, outcome_);
  report_to_outcome();
}

void running_process::report_to_outcome() {
  services.application->fail = [outcome = outcome_](const error& why) { outcome->fail(why); };
  services.application->spoil = [outcome = outcome_](const error& why) { outcome->spoil(why); };
  services.coordinator->finished = [outcome = outcome_] { outcome->finish(); };
  services.coordinator->idle = [application = services.application.get(), node = services.node.get(),
                                coordinator = services.coordinator.get(), outcome = outcome_, observer = observer_] {
    request_drain(*application, *node, *coordinator, *outcome, *observer);
  };
}

result<void> running_process::run() {
  auto& application = *services.application;
  jobs_ = run_jobs_on(make_executor_jobs(services.node->workers, application.settings.executors));
  observer_->started();
  said_started_ = true;
  services.node->journal->tell(
    started_line(options_.application, options_.data_dir, application.settings, *application.plan));
  if (!options_.system) {
    config_ = std::make_unique<system_config>();
    own_system_ = std::make_unique<caf::actor_system>(*config_);
  }
  system_ = options_.system ? options_.system : own_system_.get();
  tree_ = spawn_tree(*system_, services, restart_limits(application.settings));
  if (auto begun = await_inputs(); !begun)
    return begun;
  serve_control();
  if (options_.stop_after)
    stop_alarm_.emplace(*options_.stop_after, [this] { begin_drain(); });
  return {};
}

result<void> running_process::await_inputs() {
  auto until = actors::outcome::clock::now() + start_limit;
  std::set<input_id> ports, receivers;
  auto& inputs = services.application->settings.inputs;
  for (std::uint32_t i = 0; i < inputs.size(); ++i)
    if (inputs[i].what() == input_url::kind::weir)
      ports.insert(input_id{i});
    else if (has_live_source(*services.application, input_id{i}))
      receivers.insert(input_id{i});
  auto all = ports;
  all.insert(receivers.begin(), receivers.end());
  if (!outcome_->await_inputs(all, start_limit))
    return outcome_->await(std::chrono::milliseconds{0}).map([](bool) {});
  for (auto input : receivers) // what their workers were told before has begun
    await_worker(input, until - actors::outcome::clock::now());
  return {};
}

void running_process::begin_drain() {
  request_drain(*services.application, *services.node, *services.coordinator, *outcome_, *observer_);
}

// -- what local tools ask ------------------------------------------------------------------------------------------------

void running_process::serve_control() {
  if (!control)
    return;
  auto verbs = tree_verbs(tree_, about_actors(services.application->settings, *services.application->plan));
  verbs["status"] = [this](std::string_view) { return status_json(observer_->look(status_batches), figures()); };
  control->answer_with(std::move(verbs));
}

process_figures running_process::figures() const {
  auto& settings = services.application->settings;
  process_figures now;
  now.application = options_.application;
  now.data_dir = options_.data_dir;
  now.pid = ::getpid();
  now.started_us = started_us_;
  now.now_us = wall_clock_us();
  now.uptime_us = uptime().count();
  now.batch_interval_us = settings.batch_interval.count();
  now.draining = services.coordinator->draining;
  now.resident_bytes = resident_bytes();
  now.memory_limit = settings.memory_limit;
  now.exchange_bytes = services.node->exchange.held_bytes();
  now.exchange_limit = settings.exchange_bytes;
  now.spilled_bytes = services.node->exchange.spilled_bytes();
  now.staging_bytes = services.node->staging.bytes();
  now.staging_limit = settings.staging_bytes;
  if (!options_.data_dir.empty()) {
    now.log_bytes = disk_bytes(options_.data_dir + "/log/data.mdb");
    now.log_limit = settings.log_limit;
  }
  now.lost_events = listeners_ ? listeners_->lost() : 0;
  return now;
}

} // namespace weir::actors
