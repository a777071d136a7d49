#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/log/batch_calendar.hpp"
#include "libstream/log/memory_store.hpp"
#include "libstream/log/recovery.hpp"
#include "libstream/plan/inline_batch.hpp"

namespace weir::testing {

/// What outlives an application that dies: the logs of the real runtime, on the store without a disk, and the records that were
/// acknowledged and are in no batch yet. One thread. What goes wrong in here is thrown as a plan_error.
class data_directory {
public:
  /// A new start: each input, named in the order of its source (`plan::stage::source`), begins an epoch. Inputs that were known before go on.
  void open(const std::vector<std::string>& inputs);

  /// Acknowledges a record, in the form in which a block holds it: a line with its end, or a frame.
  void append(std::uint32_t source, std::string_view record);
  /// How many records of a source are in no batch yet.
  std::size_t waiting(std::uint32_t source) const;
  bool has_waiting() const;

  /// Fixes a batch: all that waits, cut into splits of so many records, the first source's first.
  /// `tables` are the static data that it is computed with.
  log::batch_record seal(const log::batch_calendar::entry& batch, std::size_t records_per_split,
                         const std::vector<log::static_table>& tables);
  /// The splits of a sealed batch, for the sources of this start.
  std::vector<plan::inline_batch::split> read(const log::batch_record& batch) const;
  /// How many records a sealed batch took from each source.
  std::map<std::uint32_t, std::uint64_t> records_of(const log::batch_record& batch) const;
  /// Keeps what the outputs of a batch have staged; it is never computed again. `outputs` are those of the plan.
  log::commit_record commit(const log::batch_record& batch, const std::vector<plan::output>& outputs,
                            const std::vector<plan::staged_output>& staged);
  /// The staged bytes of one part of a committed batch.
  data::buffer_handle staged(const log::commit_record& batch, const log::staged_part& part) const;
  /// Forgets a batch that is published.
  void finish(const log::batch_record& batch);

  /// What a start has to do.
  log::recovery_plan recover() const;
  /// The newest batch that was sealed; number zero before the first.
  log::batch_calendar::entry last_batch() const;

private:
  struct input {
    input_id id;
    std::string name;
    weir::epoch epoch; ///< of this start
    block_sequence last;
  };
  /// Records of one input, one behind the other.
  struct waiting_records {
    std::string bytes;
    std::vector<std::size_t> ends;
  };

  void open_epoch(input& of);
  /// Cuts what waits for an input into blocks, one a split.
  void cut(input& of, std::size_t records_per_split, log::transaction& changes, log::batch_record& batch);
  const input* find(input_id id, std::uint32_t& source) const;

  log::memory_store store_;
  std::map<std::string, waiting_records> waiting_; ///< by the input's name, which a new start knows again
  std::vector<input> inputs_;                      ///< of this start, by source
};

} // namespace weir::testing
