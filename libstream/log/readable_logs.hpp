#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libstream/log/batch_records.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/recovery.hpp"
#include "libstream/log/staged_parts.hpp"
#include "libstream/log/store.hpp"

/// What may be read of each log, by those who do not write it. Reads come from any thread and see whole transactions only. That both logs lie in
/// one store today is known only to whoever makes these; each of them without a store must not be asked.
namespace weir::log {

/// The node log: what receivers of the node cut, whose records it has, and what its executors staged.
class readable_node_log {
public:
  readable_node_log() = default;
  explicit readable_node_log(std::shared_ptr<const store> in) : store_{std::move(in)} {}

  result<std::optional<stored_block>> read_block(const block_id& id) const { return log::read_block(*store_, id); }
  result<void> scan_headers(input_id input, epoch of, block_sequence first,
                            const std::function<bool(const block_header&)>& visit) const {
    return log::scan_headers(*store_, input, of, first, visit);
  }
  /// Of which there may be blocks.
  result<std::map<std::pair<input_id, epoch>, epoch_position>> read_epochs() const { return log::read_epochs(*store_); }
  result<std::map<std::string, producer_position>> read_producers(input_id input) const {
    return log::read_producers(*store_, input);
  }
  result<data::buffer_handle> read_staged(batch_id batch, std::string_view output, std::uint32_t part) const {
    return log::read_staged(*store_, batch, output, part);
  }

private:
  std::shared_ptr<const store> store_;
};

/// The batch log: for the coordinator, which goes on with it.
class readable_batch_log {
public:
  readable_batch_log() = default;
  explicit readable_batch_log(std::shared_ptr<const store> in) : store_{std::move(in)} {}

  result<recovery_plan> recover() const { return log::recover(*store_); }
  result<std::optional<last_batch>> read_last_batch() const { return log::read_last_batch(*store_); }
  /// How far each is sealed.
  result<std::map<std::pair<input_id, epoch>, epoch_position>> read_epochs() const { return log::read_epochs(*store_); }
  result<std::optional<partition_position>> read_partition(input_id input, std::string_view name) const {
    return log::read_partition(*store_, input, name);
  }
  result<std::vector<std::pair<std::string, partition_position>>> read_begun_partitions(input_id input) const {
    return log::read_begun_partitions(*store_, input);
  }

private:
  std::shared_ptr<const store> store_;
};

/// The little that a node asks of the batch log. Where the node has no batch log it is a question to the coordinator's.
class known_seals {
public:
  known_seals() = default;
  explicit known_seals(std::shared_ptr<const store> in) : store_{std::move(in)} {}

  /// Whether the batch is sealed and not yet done.
  result<bool> has(batch_id batch) const {
    return read_batch(*store_, batch).map([](const auto& record) { return record.has_value(); });
  }
  /// How much of a partition of an input that can be read again lies in batches.
  result<std::uint64_t> sealed_to(input_id input, std::string_view partition) const {
    return read_partition(*store_, input, partition).map([](const auto& position) {
      return position ? position->sealed_to : std::uint64_t{0};
    });
  }

private:
  std::shared_ptr<const store> store_;
};

} // namespace weir::log
