#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "actors/monitor/control_socket.hpp"
#include "actors/monitor/listener_thread.hpp"
#include "actors/monitor/observer.hpp"
#include "actors/monitor/status.hpp"
#include "actors/runtime/alarm.hpp"
#include "actors/runtime/outcome.hpp"
#include "actors/runtime/process_services.hpp"
#include "actors/runtime/runtime_options.hpp"
#include "actors/sinks/output_locks.hpp"
#include "actors/supervisor/supervised_tree.hpp"
#include "libstream/api/runtime.hpp"
#include "libstream/log/data_directory.hpp"

namespace weir::actors {

/// A process between its start and its end: all that it holds, how it is watched, how it drains, and in which order it is taken down. What it
/// holds at its start is filled in by `process_start`. Any thread, once its actors run.
class running_process {
public:
  /// `options` outlive it.
  explicit running_process(const runtime_options& options);
  ~running_process();

  // -- what a start fills in

  std::optional<log::data_directory> directory;
  output_locks locks;
  process_services services; // after the directory: nobody has its store any more when it closes
  std::unique_ptr<control_socket> control;

  // -- its life, in this order

  /// Before anything is told to the journal.
  void observe(const plan::physical_plan& plan, std::shared_ptr<const listener_list> told);
  /// Starts the actors. Returns when ports are bound and the program's own receivers have begun; who takes long begins later. Error: the
  /// application has said why not.
  result<void> run();
  /// Asks the actors to drain, and sees to it that it does not take for ever.
  void begin_drain();
  /// Takes all down, in order. Whoever comes second waits for the first.
  void end();

  actors::outcome& outcome() { return *outcome_; }
  /// A task or an output did not return, and its thread was left alone.
  bool has_left_threads() const { return left_threads_; }

private:
  void report_to_outcome();
  process_figures figures() const;
  result<void> await_inputs();
  void serve_control();
  void await_worker(input_id receiver, std::chrono::nanoseconds limit);
  void await_receivers();
  void say_ended();
  void end_actors();
  bool join_workers();
  void let_go();
  void keep_for_ever();
  std::chrono::microseconds uptime() const;

  const runtime_options& options_;
  std::shared_ptr<actors::listener_thread> listeners_;
  std::shared_ptr<actors::observer> observer_;
  std::shared_ptr<actors::outcome> outcome_;
  std::shared_ptr<void> jobs_; ///< actions on datasets run on the executors
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> own_system_; ///< null: the user's
  caf::actor_system* system_ = nullptr;
  std::shared_ptr<supervised_tree> tree_;
  std::int64_t started_us_;
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now(); ///< the wall clock may jump
  bool said_started_ = false;
  std::optional<alarm> stop_alarm_;
  std::once_flag ended_;
  std::atomic<bool> left_threads_{false};
};

} // namespace weir::actors
