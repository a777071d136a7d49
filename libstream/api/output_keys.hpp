#pragma once

#include <string>

#include "libstream/base/event_time.hpp"
#include "libstream/base/ids.hpp"

namespace weir {

/// Names what one output has of one batch, the same on every attempt and after every restart: a function that writes it down with what it
/// writes, in one transaction, makes its effect exactly-once.
struct batch_key {
  std::string application;
  std::string output; ///< the stream's name
  batch_id batch;     ///< rises from batch to batch; not all numbers have one
  event_time time;

  /// "word-count/counts/17", for stores whose keys are texts.
  std::string text() const { return application + "/" + output + "/" + std::to_string(batch.value); }
  auto operator<=>(const batch_key&) const = default;
};

/// The same for one partition of the batch.
struct partition_key : batch_key {
  partition_index partition;

  /// "word-count/counts/17/3"
  std::string text() const { return batch_key::text() + "/" + std::to_string(partition.value); }
  auto operator<=>(const partition_key&) const = default;
};

} // namespace weir
