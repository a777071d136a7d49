#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"

/// Positions that outlive every batch: inputs and their epochs, producers, files, the coordinator's epoch. They are never
/// truncated, since a record that comes again must be known again; only producers that were silent for long may leave. Writers add to a transaction, readers see what is committed.
namespace weir::log {

/// The number that an input has in this data directory.
struct input_record {
  input_id input;
  std::string name;       ///< in full; the key may be shortened
  bool forgotten = false; ///< it is not asked for any more; its positions stay

  bool operator==(const input_record&) const = default;
  WEIR_FIELDS(x.input, x.name, x.forgotten)
};

/// In order of their numbers.
result<std::vector<input_record>> read_inputs(const store& from);
/// The number of each name, in the order asked; names that the log does not know get the next free numbers and are committed.
result<std::vector<input_id>> register_inputs(store& in, std::span<const std::string> names);
void put_input(transaction& changes, const input_record& record);
void erase_input(transaction& changes, std::string_view name);

void put_epoch(transaction& changes, input_id input, epoch of, const epoch_position& position);
result<std::optional<epoch_position>> read_epoch(const store& from, input_id input, epoch of);
/// Every epoch that was ever opened, in order of (input, epoch).
result<std::map<std::pair<input_id, epoch>, epoch_position>> read_epochs(const store& from);
/// The newest epoch of an input; nothing before the first was opened.
result<std::optional<std::pair<epoch, epoch_position>>> current_epoch(const store& from, input_id input);

void put_producer(transaction& changes, input_id input, std::string_view producer, const producer_position& position);
result<std::optional<producer_position>> read_producer(const store& from, input_id input, std::string_view producer);
result<std::map<std::string, producer_position>> read_producers(const store& from, input_id input);

struct forgotten_producers {
  std::uint64_t forgotten = 0;
  std::uint64_t remaining = 0; ///< names that stay
  std::string example;         ///< one of the forgotten
};
/// Erases the names of an input that were heard of last before `before_ms` of service time and are not among `present` (sorted); at most
/// `most` of them. Cost: one pass over the input's producers.
result<forgotten_producers> forget_producers(transaction& changes, const store& from, input_id input,
                                             std::uint64_t before_ms, std::span<const std::string> present,
                                             std::uint64_t most);

/// Milliseconds during which this data directory was served, as last noted: a clock that stands while no application runs, and that no
/// change of the system's time moves.
result<std::uint64_t> read_service_time(const store& from);
void put_service_time(transaction& changes, std::uint64_t ms);

/// Partitions of an input that can be read again; a file is known by its name in the directory of the input.
void put_partition(transaction& changes, input_id input, std::string_view name, const partition_position& position);
result<std::optional<partition_position>> read_partition(const store& from, input_id input, std::string_view name);
result<std::map<std::string, partition_position>> read_partitions(const store& from, input_id input);
/// Those of which less was sealed than was known then; in the order in which they are read: by version, then name.
result<std::vector<std::pair<std::string, partition_position>>> read_begun_partitions(const store& from,
                                                                                      input_id input);

/// The newest coordinator: its epoch, and which incarnation has claimed it, so that asking twice raises it once.
struct coordinator_claim {
  weir::epoch epoch;
  std::uint64_t incarnation = 0; ///< 0: by a version that did not note it

  bool operator==(const coordinator_claim&) const = default;
  WEIR_FIELDS(x.epoch, x.incarnation)
};

/// Zero before the first coordinator.
result<epoch> read_coordinator_epoch(const store& from);
void put_coordinator_epoch(transaction& changes, epoch of);
result<coordinator_claim> read_claim(const store& from);
void put_claim(transaction& changes, const coordinator_claim& claim);

result<std::optional<application_record>> read_application(const store& from);
void put_application(transaction& changes, const application_record& record);

} // namespace weir::log
