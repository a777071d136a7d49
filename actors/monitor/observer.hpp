#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "actors/monitor/batch_book.hpp"
#include "libstream/api/listener_list.hpp"

namespace weir::actors {

/// What can be seen of one input.
struct observed_input {
  receiver_info info;
  receiver_figures figures;          ///< of its present incarnation
  std::uint64_t records = 0;         ///< taken since the start: they are durable
  double records_per_s = 0;          ///< over the last seconds
  std::uint64_t waiting_records = 0; ///< taken and in no batch
  std::uint64_t waiting_bytes = 0;
  std::uint64_t restarts = 0;
  bool counts = false; ///< its receiver does; else batches tell what was taken
};

/// What can be seen of one output.
struct observed_output {
  std::string name;
  batch_book::publication publication;
};

/// What results lack since the start, as `on_error` has it.
struct left_out {
  std::uint64_t batches = 0;           ///< skipped
  std::uint64_t records = 0;           ///< or keys: isolated
  std::uint64_t batches_of_output = 0; ///< that one output is without

  bool anything() const { return batches + records + batches_of_output > 0; }
};

/// A copy of what an observer has seen.
struct observation {
  std::vector<observed_input> inputs;   ///< by number
  std::vector<observed_output> outputs; ///< by number
  std::vector<batch_book::entry> open;
  std::vector<batch_book::entry> ended; ///< the last ones, oldest first
  batch_book::counts counts;
  actors::left_out left_out;
  std::uint64_t received_records = 0;
  double received_per_s = 0; ///< over the last seconds
  double processed_per_s = 0;
  std::uint64_t restarts = 0;
  std::string last_restart; ///< "ACTOR: REASON"
  std::string last_warning;
};

/// The journal behind listeners, `weir top` and tests: makes events of facts, and remembers enough of them to show how things stand. Any
/// thread; `deliver` is called in the order of the events, must return at once, and must not call back.
class observer final : public journal {
public:
  using clock = std::function<std::int64_t()>; ///< microseconds since 1970

  observer(std::vector<std::string> outputs, std::vector<std::string> inputs, clock now,
           std::function<void(listener_event)> deliver);

  /// The application begins. Before the first fact.
  void started();
  /// The application has ended: receivers that still take records do so no longer. The last events.
  void ended();
  /// With the last `batches` that ended, at most.
  observation look(std::size_t batches) const;

  void input_bound(const std::string&) override {}
  void batch_submitted(const batch_submission& batch) override;
  void batch_started(batch_id batch, std::int64_t at_us) override;
  void batch_committed(const batch_summary& batch) override;
  void batch_done(batch_id batch, std::int64_t time_ms) override;
  void output_started(batch_id batch, output_index output, std::int64_t at_us) override;
  void output_ended(batch_id batch, output_index output, std::int64_t at_us, const std::string& failure) override;
  void batches_recovered(const std::vector<batch_submission>& open,
                         const std::vector<batch_submission>& unpublished) override;
  void receiver_started(input_id input, const std::string& location) override;
  void receiver_stopped(input_id input, const std::string& why) override;
  void receiver_failed(input_id input, const std::string& sentence) override;
  void receiver_counted(input_id input, const receiver_figures& figures) override;
  void input_waits(input_id input, std::uint64_t records, std::uint64_t bytes) override;
  void actor_restarted(const address& who, const std::string& reason) override;
  void batch_amended(const log::batch_record& batch) override;
  void tell(const event& told) override;
  void warning(const std::string& sentence) override;
  void detail(const std::string&) override {}

private:
  struct sample {
    std::int64_t at_us = 0;
    std::uint64_t received = 0;
    std::uint64_t processed = 0;
    std::vector<std::uint64_t> inputs{}; ///< received, of each
  };

  void tell_batch(void (streaming_listener::*function)(const batch_info&), const batch_book::entry* batch);
  void tell_output(void (streaming_listener::*function)(const output_operation_info&),
                   const std::optional<output_operation_info>& output);
  void tell_receiver(void (streaming_listener::*function)(const receiver_info&), const observed_input& input);
  void leave_out(const log::amendment& amendment);
  void stop(observed_input& input, const std::string& why);
  sample sample_now() const;
  void note_error(observed_input& input, const std::string& sentence);
  observed_input* find(input_id input);
  std::uint64_t received() const;
  void take_sample();

  clock now_;
  std::function<void(listener_event)> deliver_;
  mutable std::mutex mutex_;
  batch_book book_;
  std::vector<observed_input> inputs_;
  /// Of each input: told by batches. Nobody counts what is read from files, and a receiver that counts says so after its first batch.
  std::vector<std::uint64_t> in_batches_;
  std::deque<sample> samples_; ///< a few a second, of the last seconds
  std::uint64_t restarts_ = 0;
  std::string last_restart_;
  std::string last_warning_;
  std::map<batch_id, log::amendment> amendments_; ///< the latest one of each open batch
  std::map<std::uint32_t, batch_id> without_;     ///< by output: the last batch that it left out
  actors::left_out left_out_;
};

} // namespace weir::actors
