#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/base/offset_range.hpp"
#include "libstream/plan/text_piece.hpp"

namespace weir::actors {

/// The records of a file, whose offsets are bytes and whose version is its modification time, whose first byte lies in the range: a partial first line is left to the range before, the last record is
/// finished beyond the range's end. A last record that is longer than `max_record_bytes` is cut where that is certain, and has
/// no newline: the text source skips and counts it, once, because no later range begins with its rest.
/// The bytes are padded copies. A file that vanished, or whose size or modification time is not the range's (before or after
/// reading), is error 65 that names it; a read error is 74. Thread-safe. Cost: one read of the range and a few KiB.
result<std::vector<plan::text_piece>> read_file_pieces(const std::string& path, const offset_range& range,
                                                       std::size_t max_record_bytes);

/// The records of `record_bytes` bytes whose first byte lies in the range, as frames (`data/frames.hpp`). The file is whole records. Errors, threads
/// and cost as above.
result<std::vector<plan::text_piece>> read_fixed_records(const std::string& path, const offset_range& range,
                                                         std::uint64_t record_bytes);

} // namespace weir::actors
