#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "actors/batch_coordinator/batch_progress.hpp"
#include "actors/batch_coordinator/batch_watch.hpp"
#include "actors/batch_coordinator/rate_controller.hpp"

namespace weir::actors {

/// When the batches that are not committed yet were due, began and were computed, and how fast inputs may come because of that. Pure; one
/// thread; times come from the actor clock.
class batch_times {
public:
  using time_point = batch_watch::time_point;
  using microseconds = std::chrono::microseconds;

  struct new_rate {
    batch_input of; ///< what the batch took
    std::uint64_t rate = 0;
  };
  struct ended_batch {
    batch_summary summary;
    std::vector<new_rate> rates;
  };

  explicit batch_times(const rate_controller::parameters& rates) : rates_{rates} {}

  /// A batch is due, but may not be sealed yet: how long is part of its delay.
  void held(time_point now) {
    if (!held_since_)
      held_since_ = now;
  }
  /// Answers for how long it has been due.
  microseconds submitted(const log::batch_record& record, const std::vector<batch_input>& inputs, time_point now) {
    auto due = std::exchange(held_since_, std::nullopt).value_or(now);
    watches_.insert_or_assign(record.id, batch_watch{inputs, record, due});
    return std::chrono::duration_cast<microseconds>(now - due);
  }
  /// An open one of the log.
  void recovered(const log::batch_record& record, time_point now) {
    watches_.emplace(record.id, batch_watch{inputs_of(record), record, now});
  }
  /// `late_us`: since the batch time.
  void announced(batch_id batch, time_point now, std::int64_t late_us) {
    if (auto watch = find(batch))
      watch->announced(now, late_us);
  }
  void task_read(batch_id batch, task_index task, std::uint64_t records) {
    if (auto watch = find(batch))
      watch->task_read(task, records);
  }
  void computed(batch_id batch, time_point now) {
    if (auto watch = find(batch))
      watch->computed(now);
  }

  /// It has been committed. Nothing for one that was already when this coordinator began.
  std::optional<ended_batch> committed(const batch_progress& batch, time_point now) {
    auto entry = watches_.find(batch.record().id);
    if (entry == watches_.end())
      return std::nullopt;
    auto& watch = entry->second;
    ended_batch ended;
    auto& summary = ended.summary;
    summary.batch = batch.record().id;
    summary.time_ms = batch.record().time_ms;
    summary.records = batch.commit().records;
    summary.bytes = batch.record().bytes;
    summary.scheduling_delay_us = watch.late_us();
    summary.processing_us = std::chrono::duration_cast<microseconds>(now - watch.start()).count();
    summary.total_delay_us = summary.scheduling_delay_us + summary.processing_us;
    summary.inputs = watch.inputs();
    ended.rates = rates_of(watch, summary.inputs);
    computed_until_ = watch.end();
    watches_.erase(entry);
    return ended;
  }

  /// The last one that followed for this input.
  std::optional<std::uint64_t> rate(input_id input) const { return rates_.rate(input); }

private:
  batch_watch* find(batch_id batch) {
    auto entry = watches_.find(batch);
    return entry == watches_.end() ? nullptr : &entry->second;
  }

  std::vector<new_rate> rates_of(const batch_watch& watch, const std::vector<batch_input>& inputs) {
    std::vector<new_rate> found;
    if (!watch.end())
      return found;
    auto steady = [](auto time) { return std::chrono::duration_cast<microseconds>(time.time_since_epoch()); };
    for (auto& input : inputs)
      if (auto rate = rates_.batch_computed(input.input, input.records, steady(watch.due()), steady(watch.start()),
                                            steady(*watch.end()), steady(computed_until_.value_or(watch.start()))))
        found.push_back({input, *rate});
    return found;
  }

  rate_controller rates_;
  std::map<batch_id, batch_watch> watches_;
  std::optional<time_point> held_since_;
  std::optional<time_point> computed_until_; ///< when the last batch that is committed had been computed
};

} // namespace weir::actors
