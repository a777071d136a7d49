#include "actors/batch_coordinator/coordinator_reports.hpp"

#include "libstream/base/marks.hpp"

namespace weir::actors {

void coordinator_reports::recovered(const recovered_batches& log, const std::vector<batch_submission>& open,
                                    const std::vector<batch_submission>& unpublished, std::int64_t took_us) {
  for (auto& record : log.open)
    if (record.amendment.number > 0) {
      mark("coordinator.recovers_amended_batch");
      journal_->batch_amended(record); // again: the one that decided may have died before it said so
    }
  journal_->batches_recovered(open, unpublished);
  if (!open.empty() || !unpublished.empty())
    say_recovered(open.size(), unpublished.size(), took_us);
  for (auto& [batch, exclusion] : log.reconsidered)
    say_reconsidered(batch, exclusion);
}

void coordinator_reports::say_recovered(std::size_t open, std::size_t unpublished, std::int64_t took_us) {
  journal_->tell({.name = "recovered",
                  .level = log_level::notice,
                  .limited = true,
                  .actor = address{role::batch_coordinator, 0},
                  .message = "the log was read: " + std::to_string(open) + " batches are computed again, " +
                             std::to_string(unpublished) + " committed ones are published",
                  .more = {{"batches_to_compute", std::to_string(open)},
                           {"batches_to_publish", std::to_string(unpublished)},
                           {"took_ms", std::to_string(took_us / 1000)}}});
}

void coordinator_reports::say_reconsidered(batch_id batch, const log::exclusion& exclusion) {
  journal_->tell({.name = "exclusion_reconsidered",
                  .limited = true,
                  .batch = batch,
                  .message = "batch " + std::to_string(batch.value) + " was to leave out a record on which operator " +
                             exclusion.operator_name +
                             " failed; the program is another one now and has no such operator, or it has no "
                             "name of its own, so the record is computed again",
                  .more = {{"operator", exclusion.operator_name}}});
}

void coordinator_reports::nothing_new(input_id input, const std::string& directory, std::uint64_t files) {
  journal_->tell({.name = "nothing_new",
                  .level = log_level::notice,
                  .limited = true,
                  .actor = address{role::receiver, input.value},
                  .message = "nothing new in " + directory + ": " + std::to_string(files) +
                             (files == 1 ? " file was" : " files were") + " read before",
                  .more = {{"files", std::to_string(files)}}});
}

void coordinator_reports::waiting(const input_queue& queue, std::size_t inputs) {
  for (std::uint32_t i = 0; i < inputs; ++i) {
    auto waiting = queue.waiting(input_id{i});
    if (waiting.bytes > 0 || waiting.records > 0)
      said_to_wait_.insert(input_id{i});
    else if (said_to_wait_.erase(input_id{i}) == 0)
      continue;
    journal_->input_waits(input_id{i}, waiting.records, waiting.bytes);
  }
}

} // namespace weir::actors
