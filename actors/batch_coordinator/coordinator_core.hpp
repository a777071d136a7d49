#pragma once

#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "actors/batch_coordinator/batch_clock.hpp"
#include "actors/batch_coordinator/batch_times.hpp"
#include "actors/batch_coordinator/coordinator_action.hpp"
#include "actors/batch_coordinator/coordinator_facts.hpp"
#include "actors/batch_coordinator/coordinator_inputs.hpp"
#include "actors/batch_coordinator/coordinator_reports.hpp"
#include "actors/batch_coordinator/input_rates.hpp"
#include "actors/batch_coordinator/messages.hpp"
#include "actors/batch_coordinator/open_batches.hpp"
#include "actors/batch_coordinator/publication_order.hpp"
#include "actors/batch_coordinator/recovered_batches.hpp"
#include "actors/node/message_parts.hpp"

namespace weir::actors {

/// What the coordinator decides: when a batch is sealed and of what, when it runs, commits, is published and over, and who is asked again.
/// It hears facts, with the moment at which they come, and leaves actions behind, which its caller carries out in their order after each
/// call. No actor, no clock, no file: tests call it. One thread.
///
/// Every message may come late, twice, or of an older coordinator: what carries another epoch, view or incarnation changes nothing.
class coordinator_core {
public:
  using moment = batch_clock::moment;

  coordinator_core(coordinator_facts facts, std::shared_ptr<journal> journal, const moment& now);
  coordinator_core(const coordinator_core&) = delete;
  coordinator_core& operator=(const coordinator_core&) = delete;

  /// A message has come, or a timer is due.
  template <class Message>
  void hear(const Message& message, const moment& now) {
    now_ = now;
    on(message);
  }
  /// The answer to `read_recovered`.
  void recovered(weir::epoch claimed, const recovered_batches& log, const moment& now);
  /// The answer to `read_positions`.
  void positions_read(input_queue::logged_positions positions, const moment& now);

  /// What has to be done since the last call, in this order.
  coordinator_actions take_actions() { return std::exchange(actions_, {}); }

  /// How many batches, and inputs that have something to seal, stand where.
  struct phases {
    std::int32_t receiving = 0;
    std::int32_t sealed = 0;
    std::int32_t staged = 0;
    std::int32_t committed = 0;
  };
  phases count_phases() const;

private:
  // Its epoch. From the log writer.
  void on(const coordination_claimed&);
  void on(const coordination_lost&);
  // Inputs. From receivers, the block store and the log writer.
  void on(const open_input&);
  void on(const epoch_opened&);
  void on(const blocks_ready&);
  void on(const blocks_void&);
  void on(const blocks_reported&);
  void on(const offsets_found&);
  void on(const offsets_counted&);
  void on(const input_activity&);
  void on(const input_drained&);
  // The way of a batch. From the log writer, executors and sinks.
  void on(const batch_sealed&);
  void on(const seal_impossible&);
  void on(const task_finished&);
  void on(const task_poisoned&);
  void on(const task_failed&);
  void on(const batch_amended&);
  void on(const batch_committed&);
  void on(const ready_to_publish&);
  void on(const batch_published&);
  void on(const batch_finished&);
  // Time, lost peers, the end.
  void on(const batch_tick&);
  void on(const idle_check&);
  void on(const retry_tick&);
  void on(const peer_restarted&);
  void on(const drain&);

  // Beginning.
  void claim();
  void recover_batch(const log::batch_record& record);
  void recover_batch(const log::commit_record& commit, std::uint64_t input_bytes);
  void report_recovered(const recovered_batches& log);

  // Sealing.
  void input_waits();
  void input_taken();
  void seal_if_due();
  bool seal_next_if_due();
  bool rates_allow();
  void seal_next();
  void measure(const log::batch_record& record, const input_queue::share& share);
  void schedule_tick();
  void release_committed(const blocks_ready& message);

  // A batch's way.
  void announce(batch_progress& batch);
  void run_all_again();
  bool reads_split(const task_finished& message, const log::batch_record& record) const;
  void commit_in_order();
  void conclude(batch_progress& batch);
  void release_inputs(const log::batch_record& record);
  void summarise(const batch_progress& batch);
  void publish_next();
  void done(const batch_progress& batch);

  // Asking again.
  void ask_writer_again();
  void run_unfinished_again();
  void send_rate(input_id input);
  void forget_committed();
  void ask_for_counts(const input_rates::questions& questions);

  // The end.
  void finish_if_drained();
  void schedule_idle_check();

  bool is_active() const { return epoch_.value != 0; }
  batch_progress progress_of(const log::batch_record& record) const;
  std::set<output_index> outputs_of(const log::commit_record& commit) const;
  batch_progress* find(weir::epoch owner, batch_id batch);
  void pass_fault_point(const char* name) { actions_.push_back(at_fault_point{name}); }
  void set_timer(coordinator_timer timer, std::chrono::microseconds after) {
    actions_.push_back(start_timer{timer, after});
  }
  /// What is too long for a message goes in parts.
  template <class Message>
  void to(const address& who, Message message) {
    for (auto& part : parts_of(std::move(message)))
      actions_.push_back(send_to{who, std::move(part)});
  }
  template <class Message>
  void to_writer(Message message) {
    address writer{role::checkpoint_writer, 0, facts_.node};
    if constexpr (splittable_message<Message>)
      to(writer, std::move(message));
    else
      actions_.push_back(send_to{writer, std::move(message)});
  }
  void to_executors(run_batch message) {
    for (auto& part : parts_of(std::move(message)))
      actions_.push_back(send_to_all{role::partition_executor, std::move(part)});
  }

  const coordinator_facts facts_;
  coordinator_actions actions_;
  coordinator_reports reports_;
  moment now_;          ///< of the call under way
  weir::epoch claimed_; ///< what the log is being read for; 0 = not claimed yet
  weir::epoch known_;   ///< the newest that was claimed, as far as it was said
  std::int64_t claimed_us_ = 0;
  weir::epoch epoch_; ///< 0 until the log has been read
  view_id view_{1};
  coordinator_inputs inputs_;
  open_batches batches_; ///< published ones, too, until their end is logged
  publication_order publication_;
  batch_clock clock_;
  batch_times times_;
  joined_parts<task_poisoned> poisoned_;
  input_rates rates_;
  batch_id committed_; ///< and all before it
  std::uint64_t rates_said_ = 0;
  bool tick_comes_ = false;
  bool always_due_ = false;
  bool draining_ = false;
  bool finished_ = false;
};

} // namespace weir::actors
