// How a process ends. In order: nobody asks it any more, its actors, the threads that worked for them, and then what these used. A thread that does
// not come back keeps what it may still use.
#include <future>
#include <system_error>
#include <thread>
#include <tuple>

#include "actors/caf.hpp"
#include "actors/receiver/live_feed.hpp"
#include "actors/runtime/application_start.hpp"
#include "actors/runtime/life_lines.hpp"
#include "actors/runtime/running_process.hpp"
#include "actors/runtime/system_visit.hpp"

namespace weir::actors {

namespace {

/// How long actors may take to end before the process goes on without them.
constexpr std::chrono::seconds shutdown_limit{5};
/// How long listeners may take for the last events.
constexpr std::chrono::milliseconds last_events_limit{1'000};

} // namespace

/// Until a receiver's own thread has done all that it was told to before.
void running_process::await_worker(input_id receiver, std::chrono::nanoseconds limit) {
  auto done = std::make_shared<std::promise<void>>();
  auto known = done->get_future();
  services.node->workers->make(live_worker_name(receiver.value))->post([done] { done->set_value(); });
  known.wait_for(limit);
}

/// Sources that the program brings are stopped on their own threads: their on_stop has run when this returns, or takes too long.
void running_process::await_receivers() {
  for (std::uint32_t i = 0; i < services.application->settings.inputs.size(); ++i)
    if (has_live_source(*services.application, input_id{i}))
      await_worker(input_id{i}, shutdown_limit);
}

/// From any thread; whoever comes second waits for the first.
void running_process::end() {
  std::call_once(ended_, [this] {
    stop_alarm_.reset();
    system_visit visit; // of the system that another thread may have made
    control.reset();    // whom it would ask is about to go
    jobs_.reset();
    end_actors();
    say_ended();
    if (observer_)
      observer_->ended();
    if (listeners_)
      listeners_->close(last_events_limit);
  });
}

void running_process::say_ended() {
  if (!said_started_)
    return;
  auto uptime_ms = uptime().count() / 1000;
  services.node->journal->tell(
    ended_line(outcome_->failure(), services.coordinator->draining, observer_->look(0), uptime_ms));
}

void running_process::end_actors() {
  if (!system_)
    return;
  for (auto& output : services.application->plan->outputs())
    for (auto& target : output.targets)
      if (target.destination)
        target.destination->cancel();
  auto all_ended = std::make_shared<std::promise<void>>();
  tree_->stop([all_ended] { all_ended->set_value(); });
  auto has_ended = all_ended->get_future().wait_for(shutdown_limit) == std::future_status::ready;
  if (!has_ended) {
    services.node->journal->warning("some actors did not end within " + std::to_string(shutdown_limit.count()) +
                                    " s; the application ends without them");
    tree_->abandon();
  }
  tree_.reset();
  services.node->directory.clear();
  await_receivers();
  if (own_system_)
    own_system_->await_actors_before_shutdown(false);
  system_ = nullptr;
  // Those that have not ended may still begin to run, if their system lives on.
  if ((has_ended || own_system_) && join_workers()) {
    own_system_.reset();
    services.use_store(nullptr);
    locks = {};
    directory.reset(); // others may use both now
    if (has_ended)
      let_go();
    return;
  }
  left_threads_ = true;
  services.node->journal->warning(has_ended || own_system_
                                    ? "a task or an output does not return; the application ends without its thread"
                                    : "the log stays in use until the process ends, as actors may still use it");
  keep_for_ever();
}

/// A thread or an actor cannot be taken back: it keeps what it may still use, until the process ends.
void running_process::keep_for_ever() {
  static_cast<void>(own_system_.release()); // it refers to its configuration
  static_cast<void>(config_.release());
  static std::mutex mutex;
  static auto& kept = *new std::vector<std::tuple<process_services, std::optional<log::data_directory>, output_locks>>;
  std::lock_guard guard{mutex};
  kept.emplace_back(services, std::move(directory), std::move(locks));
}

/// Actors that have ended are kept, with `services`, until the last timer that they set is due. What of it belongs to the user must not wait
/// for that: an actor to which results were sent would keep the user's system from ending.
void running_process::let_go() {
  services.application->plan.reset();
  services.node->replayable.clear();
  services.node->ingest.reset();
}

/// Then nothing uses the log any more, nor an actor whose system is gone. False if a job does not return.
bool running_process::join_workers() {
  auto joined = std::make_shared<std::promise<void>>();
  auto last = joined->get_future();
  auto join = [workers = std::make_shared<std::shared_ptr<worker_factory>>(std::move(services.node->workers)), joined] {
    workers->reset();
    joined->set_value();
  };
  try {
    std::thread{join}.detach();
  } catch (const std::system_error&) { // no thread is left to watch the others: they are waited for, however long
    join();
  }
  return last.wait_for(shutdown_limit) == std::future_status::ready;
}

} // namespace weir::actors
