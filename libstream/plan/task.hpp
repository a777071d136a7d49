#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/data/buffer.hpp"
#include "libstream/plan/live_source.hpp"
#include "libstream/plan/replayable_source.hpp"
#include "libstream/plan/text_piece.hpp"

/// The border between "who does what and when" (a runtime) and "what is computed" (the plan):
/// a runtime gives a task its input, `physical_plan::run` gives back what the task made. No threads, no clocks, no I/O here.
namespace weir::plan {

/// What one map task made for one partition of one shuffle. Immutable once the task has ended, so a handle
/// may be shared between threads; the operator that wrote it is the only one that can read it.
class run {
public:
  virtual ~run() = default;
  virtual std::size_t bytes() const = 0;   ///< memory held, approximately
  virtual std::size_t entries() const = 0; ///< records or combined entries
  /// Appends what `physical_plan::decode_run` makes an equal run of. False, and nothing appended, if its types have no flat encoding
  /// (`data/flat.hpp`): such a run cannot leave the memory.
  virtual bool encode_to(std::string& bytes) const = 0;
};
using run_handle = std::shared_ptr<const run>;

/// Which keys a task behind a shuffle computes, by their hash. All, but where a user function fails on one.
struct key_choice {
  std::uint64_t first = 0;
  std::uint64_t last = ~std::uint64_t{0};
  std::vector<std::uint64_t> left_out; ///< ascending

  bool all() const { return first == 0 && last == ~std::uint64_t{0} && left_out.empty(); }
  bool leaves_out(std::uint64_t hash) const { return std::binary_search(left_out.begin(), left_out.end(), hash); }
  bool takes(std::uint64_t hash) const { return first <= hash && hash <= last && !leaves_out(hash); }
};

/// All that a task depends on. Equal inputs give byte-identical results on every attempt and in every process.
struct task_input {
  batch_id batch;
  std::int64_t batch_time_ms = 0;
  stage_index stage;
  task_index index; ///< of a source stage: the split; of a later stage: the partition
  std::uint64_t hash_seed = 0;
  std::uint32_t partitions = 1; ///< of shuffles that do not say otherwise
  std::size_t splits = 1;       ///< of the batch's input, in all
  std::size_t max_record_bytes = 0;
  std::vector<text_piece> text; ///< of a source stage
  /// Of a stage that reads shuffles: one element for each entry of `stage::reads`, each in map-index order.
  std::vector<std::vector<run_handle>> runs;
  /// Of a `keyed` stage.
  key_choice keys;
};

/// What a task made for one shuffle: a run for each partition; null where there is nothing.
struct shuffle_output {
  shuffle_index shuffle;
  std::vector<run_handle> runs;
  bool kept_by_plan =
    false; ///< the plan holds them as long as it lives: whoever passes them on need not count or spill them
};

/// One task's part of one output: formatted bytes, not yet visible to anyone.
struct staged_output {
  output_index output;
  std::uint32_t part = 0;
  std::uint64_t records = 0;
  std::string bytes;
};

struct task_result {
  std::vector<shuffle_output> shuffles; ///< one for each entry of `stage::writes`
  std::vector<staged_output> staged;    ///< one for each way from the stage to an output
  std::uint64_t records_in = 0;         ///< text records read, without skipped ones
  std::uint64_t skipped_records = 0;    ///< longer than `max_record_bytes`
  /// Keys that `task_input::keys` leaves out and that were there: hash and text, ascending.
  std::map<std::uint64_t, std::string> left_out;
};

/// An operator of a stage, or a shuffle that it writes to, whose functions run there as well.
struct stage_operator {
  std::string name; ///< stable if the user gave it; otherwise it changes with the operator's position in the program
  bool by_user = false; ///< the user gave it
};

/// What a runtime must know of a stage: operators between two shuffles.
struct stage {
  stage_index index;
  bool reads_text = false;  ///< a source stage: one task for each split of the batch
  std::uint32_t source = 0; ///< of a source stage: 0 = all configured inputs, else 1 + its place in `receivers()`
  std::uint32_t slices = 0; ///< of a stage over static data: its tasks; 0 = not one
  std::vector<shuffle_index> reads; ///< otherwise: one task a partition, after all tasks of the writing stages
  std::vector<shuffle_index> writes;
  std::vector<output_index> outputs;
  bool always_due = false;               ///< runs in every batch, also without input (`count`)
  bool keyed = false;                    ///< obeys `task_input::keys`
  std::string unrecoverable;             ///< the operator whose records end with the process; empty: none
  std::vector<stage_operator> operators; ///< the root first
  bool lines = false; ///< of a source stage with a `source` of its own: its records are lines all the same

  /// A source stage: its records lie in frames (`data/frames.hpp`), not in lines.
  bool framed() const { return source > 0 && !lines; }
};

/// What one partition staged for an output.
struct delivered_part {
  std::uint32_t partition = 0;
  std::string_view bytes;
};

/// A committed batch of an output that goes to the program itself.
struct delivered_batch {
  batch_id batch;
  std::int64_t time_ms = 0;
  std::vector<delivered_part> parts; ///< those that have records, in order
  std::string application;
  std::string output;
};

/// Takes committed batches to where the program wants them. Called on the output's own thread, in batch order, and may block for a
/// bounded time. It may throw, or return an error: then the same batch comes again. It also comes again after a crash. Runtimes call it
/// through `plan::deliver` (`delivery.hpp`).
class delivery {
public:
  virtual ~delivery() = default;
  virtual result<void> deliver(const delivered_batch&) = 0;
  /// Wants every batch, also those without records.
  virtual bool always_due() const { return false; }
  /// After an error: what of the batch it was about, for people ("partition 3"); may be empty.
  virtual std::string failed_at() const { return {}; }
  /// The application ends: `deliver` should not wait much longer. Any thread.
  virtual void cancel() = 0;
  /// After `cancel`: an error of `deliver` says nothing about the batch, which stays in the log. Any thread.
  virtual bool is_cancelled() const { return false; }
};

/// Where an output goes. `text` is files, whatever the operator wrote into them.
struct output_target {
  enum class kind { text, print, program } what = kind::print;
  std::string prefix;                              ///< of text
  std::uint32_t limit = 10;                        ///< of print: records shown of each batch
  std::shared_ptr<delivery> destination = nullptr; ///< of program
  std::string suffix = {};                         ///< of text; may be empty

  /// Of text: where a batch is: `PREFIX-TIME_MS[.SUFFIX]`, without a prefix `TIME_MS[.SUFFIX]`.
  std::string directory(std::int64_t time_ms) const {
    return (prefix.empty() ? "" : prefix + "-") + std::to_string(time_ms) + (suffix.empty() ? "" : "." + suffix);
  }
};

struct output {
  output_index index;
  std::string name;   ///< stable, unique in the plan
  bool named = false; ///< by the user, not by its position
  std::vector<output_target> targets;
  bool partial = false; ///< what each task has summed up: its parts depend on how the batch was cut
};

/// One way of records from a stage to a shuffle: a shuffle with several inputs, or behind a union, has several.
struct shuffle {
  shuffle_index index;
  stage_index reader;
  std::vector<stage_index> writers;
};

/// A source that the program brings itself: its name in the data directory, and what the runtime must start, or read.
struct receiver_stream {
  std::string name;
  bool named = false;                                      ///< by the user, not by its position
  std::shared_ptr<live_source> source = nullptr;           ///< null: `replayable`
  std::shared_ptr<replayable_source> replayable = nullptr; ///< null: `source`
};

/// A plan cut into stages, ready to run. Immutable, so one instance serves all threads of a process.
class physical_plan {
public:
  virtual ~physical_plan() = default;
  /// In an order in which every stage comes after those that it reads from.
  virtual const std::vector<stage>& stages() const = 0;
  virtual const std::vector<shuffle>& shuffles() const = 0;
  virtual const std::vector<output>& outputs() const = 0;
  /// Sources that the program brings itself.
  virtual const std::vector<receiver_stream>& receivers() const {
    static const std::vector<receiver_stream> none;
    return none;
  }
  /// How many tasks each stage has in a batch of so many splits. `partitions`: of shuffles that do not say otherwise.
  virtual std::vector<std::size_t> task_counts(std::size_t splits, std::uint32_t partitions) const {
    std::vector<std::size_t> counts;
    for (auto& each : stages())
      counts.push_back(each.reads_text ? splits : each.slices > 0 ? each.slices : partitions);
    return counts;
  }
  /// One line an operator (name, kind, schema, inputs), then the partition count: what two processes must agree on.
  virtual const std::string& description() const = 0;
  /// Hash of the description.
  virtual std::uint64_t fingerprint() const = 0;
  /// The static data that batches are computed with: a digest of each by the name of its operator. Looks at all of it.
  virtual std::map<std::string, std::uint64_t> static_data() const { return {}; }
  /// Runs one task from start to end on the calling thread. Thread-safe. An exception of a user function comes back
  /// as an error that names operator (`thrown_by`), batch and task.
  virtual result<task_result> run(const task_input& input) const = 0;
  /// A record of that source stage as an output would show it, from its bytes without frame or line end. Thread-safe.
  virtual std::string record_text(stage_index stage, std::string_view bytes) const {
    static_cast<void>(stage);
    return std::string{bytes};
  }
  /// A run of that shuffle from what its `encode_to` made; it keeps `bytes`. Thread-safe. Error 65: the bytes are no such run.
  virtual result<run_handle> decode_run(shuffle_index shuffle, data::buffer_handle bytes) const {
    static_cast<void>(bytes);
    return fail(error_code::corrupt, "this plan has no runs that can be read",
                "shuffle " + std::to_string(shuffle.value));
  }
};

} // namespace weir::plan
