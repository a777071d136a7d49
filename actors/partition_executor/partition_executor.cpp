// On a record's way, step 6 of 11: decides which task runs next and tells who waits for its result. From batch_coordinator, through
// task_run, to other executors (exchange) and back to batch_coordinator.
#include "actors/partition_executor/partition_executor.hpp"

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/monitor/chaos_page.hpp"
#include "actors/node/conduct.hpp"
#include "actors/node/full_disk.hpp"
#include "actors/node/message_parts.hpp"
#include "actors/node/newest_coordinator.hpp"
#include "actors/partition_executor/ended_tasks.hpp"
#include "actors/partition_executor/task_board.hpp"
#include "actors/partition_executor/task_run.hpp"
#include "libstream/base/ensure.hpp"
#include "libstream/base/marks.hpp"

namespace weir::actors {

namespace {

struct executor_state {
  static inline const char* name = "partition_executor";

  partition_executor_actor::pointer self;
  application_ptr application;
  node_ptr node;
  address who{role::partition_executor, 0};
  newest_coordinator coordinator;
  std::optional<task_board> board;
  joined_parts<run_batch> announcements;
  ended_tasks said; ///< to the coordinator and to other executors
  std::shared_ptr<worker> thread;
  bool busy = false;
  std::vector<task_board::task> running; ///< on the thread
  std::vector<task_board::task> refused; ///< a disk had no room for what they make: they run again after a while
  std::vector<task_board::task> due;     ///< of these, the while is over
  full_disk pause;
  std::uint64_t pauses = 0; ///< so far

  executor_state(partition_executor_actor::pointer ptr) : self{ptr} {}

  void start(application_ptr of, node_ptr on, std::uint32_t index) {
    who.index = index;
    application = std::move(of);
    node = std::move(on);
    board.emplace(application->plan, application->record.partitions, executor_place{node->id, index});
    thread = node->workers->make("executor-" + std::to_string(index));
  }

  /// False: a newer coordinator has spoken before.
  bool hears(weir::epoch from) {
    if (!coordinator.hears(from))
      return false;
    node->exchange.drop_before(from);
    node->staging.drop_before(from);
    return true;
  }

  void run(const run_batch& message) {
    if (!hears(message.attempt.epoch))
      return;
    if (auto whole = announcements.take(message)) {
      board->announced(*whole);
      say_again(*whole);
      run_next();
    }
  }

  /// The batch was announced before, and what was said of it may have been lost.
  void say_again(const run_batch& message) {
    auto& known = said.of(message.record.id, message.attempt);
    if (known.finished.empty() && known.poisoned.empty() && known.failed.empty())
      return;
    mark("executor.says_again");
    for (auto& [report, feeds_others] : known.finished)
      say(report, feeds_others);
    for (auto& report : known.poisoned)
      say(report);
    for (auto& report : known.failed)
      node->directory.send(application->coordinator(), report);
  }

  void output_ready(const map_output_ready& message) {
    board->output_ready(message);
    run_next();
  }

  void forget(const forget_batch& message) {
    if (!hears(message.epoch))
      return; // the newer one says so of this batch, or of a later one
    board->forgotten(message.batch);
    said.forget(message.batch);
    node->exchange.drop(message.batch);
    node->staging.committed(message.batch);
    run_next(); // there may be room now, or another batch is the oldest
  }

  /// The choice of what is next is made when the thread is free, so that an older batch goes first. Tasks of a small batch go together:
  /// to wake a thread takes longer than they do.
  void run_next() {
    if (busy)
      return;
    running = due.empty() ? board->next_tasks(node->exchange.has_room()) : std::exchange(due, {});
    if (running.empty())
      return;
    busy = true;
    thread->post(
      [application = application, node = node, tasks = running, me = caf::actor_cast<caf::actor_addr>(self)] {
        tasks_ended message;
        node->journal->batch_started(tasks.front().record->id, node->wall_clock_us());
        for (auto& task : tasks)
          message.reports.push_back(run_task(*application, *node, task));
        if (auto handle = caf::actor_cast<caf::actor>(me))
          caf::anon_send(handle, std::move(message));
      });
  }

  void ended(const tasks_ended& message) {
    ensure(busy && message.reports.size() == running.size(), "the task thread ends all that it was given, once",
           "executor", who.index, "given", running.size(), "ended", message.reports.size());
    busy = false;
    for (std::size_t at = 0; at < message.reports.size(); ++at)
      if (message.reports[at].full)
        put_aside(running[at], message.reports[at]);
      else
        ended(message.reports[at]);
    run_next();
  }

  /// Other tasks go on meanwhile: they may be what makes room.
  void put_aside(const task_board::task& task, const task_ended& report) {
    if (!board->current(report.batch, report.attempt))
      return;
    mark("executor.waits_for_room");
    if (refused.empty())
      self->delayed_send(self, application->settings.disk_full_retry, run_again{++pauses});
    refused.push_back(task);
    if (auto words = pause.refused(self->clock().now(), report.problem))
      node->journal->warning(*words);
  }

  void try_again(const run_again& message) {
    if (message.pause != pauses)
      return;
    std::erase_if(refused, [this](auto& task) { return !board->current(task.record->id, task.attempt); });
    std::move(refused.begin(), refused.end(), std::back_inserter(due));
    refused.clear();
    run_next();
  }

  void ended(const task_ended& report) {
    if (refused.empty() && due.empty())
      if (auto words = pause.went_on(self->clock().now()))
        node->journal->warning(*words);
    if (!board->current(report.batch, report.attempt)) {
      mark("executor.drops_stale_task");
    } else if (!report.lost) {
      if (report.failed)
        failed({report.attempt, report.batch, report.code, for_people(report.problem)});
      else if (report.skip || !report.excluded.empty())
        poisoned({report.attempt, report.batch, report.skip, report.excluded, for_people(report.problem), report.stage,
                  report.task});
      else
        pass_on(report);
    }
  }

  void pass_on(const task_ended& report) {
    fault_point("executor.task_ended");
    if (report.skipped > 0)
      node->journal->tell({.name = "records_skipped",
                           .limited = true,
                           .batch = report.batch,
                           .epoch = report.attempt.epoch,
                           .actor = who,
                           .message = "batch " + std::to_string(report.batch.value) + ": skipped " +
                                      std::to_string(report.skipped) + " records longer than max_record_bytes (" +
                                      std::to_string(application->settings.max_record_bytes) + ")",
                           .more = {{"records", std::to_string(report.skipped)}}});
    task_finished news{report.attempt, report.batch, report.stage, report.task, report.parts, report.records};
    auto feeds_others = !application->plan->stages()[report.stage.value].writes.empty();
    said.finished(news, feeds_others);
    say(news, feeds_others);
  }

  void say(const task_finished& report, bool feeds_others) {
    if (feeds_others)
      node->directory.broadcast(role::partition_executor,
                                map_output_ready{report.attempt, report.batch, report.stage, report.task});
    node->directory.send(application->coordinator(), report);
  }

  void failed(const task_failed& report) {
    said.failed(report);
    node->directory.send(application->coordinator(), report);
  }

  void poisoned(const task_poisoned& report) {
    said.poisoned(report);
    say(report);
  }

  void say(const task_poisoned& report) {
    for (auto& part : parts_of(report))
      node->directory.send(application->coordinator(), std::move(part));
  }
};

partition_executor_actor::behavior_type executor_behavior(
  partition_executor_actor::stateful_pointer<executor_state> self, application_ptr application, node_ptr node,
  std::uint32_t index) {
  keep_conduct(self, node->journal, to_string(address{role::partition_executor, index}));
  auto& state = self->state;
  state.start(std::move(application), std::move(node), index);
  return {
    [&state](const run_batch& message) { state.run(message); },
    [&state](const map_output_ready& message) { state.output_ready(message); },
    [&state](const forget_batch& message) { state.forget(message); },
    [&state](const tasks_ended& message) { state.ended(message); },
    [&state](const run_again& message) { state.try_again(message); },
    [](const peer_restarted&) {},
  };
}

} // namespace

partition_executor_actor spawn_partition_executor(caf::actor_system& system, application_ptr application, node_ptr node,
                                                  std::uint32_t index) {
  return system.spawn<caf::lazy_init>(executor_behavior, std::move(application), std::move(node), index);
}

} // namespace weir::actors
