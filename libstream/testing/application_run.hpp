#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libstream/api/stream_context.hpp"
#include "libstream/log/batch_calendar.hpp"
#include "libstream/plan/batch_rules.hpp"
#include "libstream/testing/data_directory.hpp"
#include "libstream/testing/witness.hpp"

namespace weir::testing {

/// How a driven application runs.
struct driver_options {
  std::uint32_t partitions = 3;
  std::size_t records_per_split = 3; ///< a map task reads so many, so that merging is tested as well
  std::int64_t interval_ms = 1000;
  std::uint32_t max_task_failures = 4; ///< so often an output that goes to the program is tried
};

/// Where in the life of a batch an application dies.
enum class moment {
  before_seal, ///< its records are acknowledged, and wait
  sealed,      ///< its input is fixed
  computed,    ///< its results are in memory
  committed,   ///< its results are logged, nobody has seen them
  published,   ///< everybody has seen them, and they are published again, as that was not logged
};
/// "sealed but not computed" and so on.
const char* name_of(moment);

/// An application between a start and its end: its plan and all that it has in memory. What it leaves behind is in the data directory and
/// with the witness. One thread; what goes wrong is thrown as plan_error.
class application_run {
public:
  application_run(const application& build, const driver_options& options, data_directory& directory, witness& outside);

  const std::shared_ptr<const plan::physical_plan>& plan() const { return plan_; }
  /// The place of an input in the data directory: 0 is `text_input`.
  std::uint32_t source_of(std::string_view receiver) const;
  bool reads_text() const;

  /// Finishes what a run before has begun: publishes what it committed, computes what it sealed. Refuses what the real runtime refuses.
  void recover();
  /// One batch from its seal to its end, or up to a moment, at which everything stops.
  void run(const log::batch_calendar::entry& batch, std::optional<moment> until = std::nullopt);
  /// Whether something runs in every batch, also without input.
  bool is_always_due() const { return plan::is_always_due(*plan_); }

private:
  void finish(const log::batch_record& batch, std::optional<moment> until);
  std::vector<plan::staged_output> compute(const log::batch_record& batch, batch_info& seen) const;
  void publish(const log::committed_batch& batch, batch_info seen);
  void publish_output(const plan::output& output, const log::commit_record& batch);
  void deliver(plan::delivery& destination, const plan::delivered_batch& batch) const;
  batch_info describe(const log::batch_record& batch) const;
  void output_started(output_operation_info& output) const;
  void output_ended(output_operation_info& output, const std::optional<std::string>& failure) const;
  void batch_ended(batch_info& seen) const;
  void tell(const listener_event& event) const { (void)listeners_->tell(event); }

  const driver_options& options_;
  data_directory& directory_;
  witness& outside_;
  std::shared_ptr<stream_context> context_ = std::make_shared<stream_context>();
  std::shared_ptr<listener_list> listeners_ = context_->listeners();
  std::shared_ptr<const plan::physical_plan> plan_;
  std::vector<log::static_table> tables_; ///< what batches are computed with beside their input
};

/// Whether an output has records as they are, in frames, and not lines of text: it goes to the program itself.
inline bool is_framed(const plan::output& output) {
  return !output.targets.empty() && output.targets.front().what == plan::output_target::kind::program;
}

} // namespace weir::testing
