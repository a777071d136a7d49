#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "actors/batch_coordinator/input_queue.hpp"
#include "actors/batch_coordinator/recovered_batches.hpp"
#include "actors/monitor/journal.hpp"

namespace weir::actors {

/// What the coordinator tells people and the monitor, in words. It decides nothing but whether something was said before. One thread.
class coordinator_reports {
public:
  explicit coordinator_reports(std::shared_ptr<actors::journal> journal) : journal_{std::move(journal)} {}

  /// What an earlier coordinator left behind, by the log; it took `took_us` to find out.
  void recovered(const recovered_batches& log, const std::vector<batch_submission>& open,
                 const std::vector<batch_submission>& unpublished, std::int64_t took_us);
  void amended(const log::batch_record& record) { journal_->batch_amended(record); }
  void submitted(const batch_submission& batch) { journal_->batch_submitted(batch); }
  void committed(const batch_summary& batch) { journal_->batch_committed(batch); }
  void done(batch_id batch, std::int64_t time_ms) { journal_->batch_done(batch, time_ms); }
  void problem(const std::string& sentence) { journal_->warning(sentence); }

  /// Those of `inputs` inputs that have something that waits; and once more those that have nothing any more.
  void waiting(const input_queue& queue, std::size_t inputs);
  /// All of the directory's files were read by earlier batches.
  void nothing_new(input_id input, const std::string& directory, std::uint64_t files);
  /// A file has changed after batches had read it.
  void changed_after_reading(const error& why) { journal_->tell({.name = "file_changed", .message = why.message()}); }

private:
  void say_recovered(std::size_t open, std::size_t unpublished, std::int64_t took_us);
  void say_reconsidered(batch_id batch, const log::exclusion& exclusion);

  std::shared_ptr<actors::journal> journal_;
  std::set<input_id> said_to_wait_; ///< inputs of which the journal last heard that something waits
};

} // namespace weir::actors
