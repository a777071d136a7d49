#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/monitor/journal.hpp"
#include "libstream/api/streaming_listener.hpp"

namespace weir::actors {

inline event_time event_time_of(std::int64_t us) { return event_time{std::chrono::microseconds{us}}; }

/// What is known of an application's batches: the open ones, and the last ones that ended. A pure class, one thread; facts that are said
/// again, or of batches that it does not know, change nothing. Bounded, as open batches are.
///
///   submitted ──first task──▶ running ──commit──▶ committed ──all outputs──▶ completed
class batch_book {
public:
  enum class state { submitted, running, committed, completed };
  struct entry {
    batch_info info;
    state where = state::submitted;
    std::uint64_t bytes = 0;
    std::vector<output_index> publishing{}; ///< outputs that must publish it, once it is committed
  };
  /// How one output stands.
  struct publication {
    std::uint64_t published = 0;       ///< batches, since the start
    std::size_t waiting = 0;           ///< batches that are committed and that it has not published
    std::optional<batch_id> failing{}; ///< the oldest batch that it cannot publish
    std::string failure{};             ///< why
  };
  struct counts {
    std::size_t waiting = 0; ///< for their first task
    std::size_t running = 0;
    std::size_t unpublished = 0;
    std::uint64_t completed = 0; ///< since the start
    std::uint64_t processed_records = 0;
  };

  /// Names of outputs and inputs, by their numbers; how many batches that ended are kept.
  batch_book(std::vector<std::string> outputs, std::vector<std::string> inputs, std::size_t retained = 1000)
    : outputs_{std::move(outputs)}, inputs_{std::move(inputs)}, retained_{retained} {}

  // Each returns what the batch is now, or null if nothing has changed.

  const entry* submitted(const batch_submission& batch);
  const entry* started(batch_id batch, event_time time);
  const entry* committed(const batch_summary& batch, event_time time);
  const entry* completed(batch_id batch, event_time time);
  std::optional<output_operation_info> output_started(batch_id batch, output_index output, event_time time);
  std::optional<output_operation_info> output_ended(batch_id batch, output_index output, event_time time,
                                                    const std::string& failure);
  /// Forgets open batches that are in neither; returns those of `open` that are new.
  std::vector<const entry*> recovered(const std::vector<batch_submission>& open,
                                      const std::vector<batch_submission>& unpublished);
  const std::map<batch_id, entry>& open() const { return open_; }
  /// Oldest first.
  const std::deque<entry>& ended() const { return ended_; }
  counts count() const;
  /// By the numbers of outputs.
  std::vector<publication> publications() const;
  const std::vector<std::string>& output_names() const { return outputs_; }

private:
  entry* find(batch_id batch);
  output_operation_info* find(batch_id batch, output_index output);
  void note_inputs(entry& of, const std::vector<batch_input>& inputs) const;

  std::vector<std::string> outputs_;
  std::vector<std::string> inputs_;
  std::size_t retained_;
  std::map<batch_id, entry> open_;
  std::deque<entry> ended_;
  std::vector<std::uint64_t> published_ = std::vector<std::uint64_t>(outputs_.size()); ///< batches, by output
  std::uint64_t completed_ = 0;
  std::uint64_t processed_records_ = 0;
};

} // namespace weir::actors
