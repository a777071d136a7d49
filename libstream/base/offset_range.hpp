#pragma once

#include <cstdint>
#include <string>

#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"

namespace weir {

/// Offsets [from, to) of one partition of an input that can be read again: what a batch takes of it, fixed in the batch log. What an
/// offset counts (bytes, records) is the source's business; a record belongs to the range in which it begins.
struct offset_range {
  input_id input;           ///< its number in the data directory
  std::string partition;    ///< a named log of the source, e.g. a file of a directory
  std::uint64_t end = 0;    ///< of the partition, as it was known when the range was sealed
  std::int64_t version = 0; ///< of the partition: one that has another now is not what was sealed
  std::uint64_t from = 0;
  std::uint64_t to = 0;

  bool operator==(const offset_range&) const = default;
  WEIR_FIELDS(x.input, x.partition, x.end, x.version, x.from, x.to)
};

} // namespace weir
