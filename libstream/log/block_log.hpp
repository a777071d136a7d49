#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "libstream/data/buffer.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"

/// The block log: what receivers cut, kept until the batch that holds it is done.
namespace weir::log {

struct stored_block {
  block_header header;
  data::buffer_handle bytes; ///< with read padding
};

/// Adds one block. Repeating it writes the same value again. `owner` keeps `bytes` alive until the commit.
/// The positions of its producers belong into the same transaction (`put_producer`).
void append_block(transaction& changes, const block_header& header, std::string_view bytes,
                  std::shared_ptr<const void> owner);

/// Forgets blocks whose batch is done.
void free_blocks(transaction& changes, std::span<const block_range> ranges);

/// Nothing if the log has no such block (never written, or its batch is done).
result<std::optional<stored_block>> read_block(const store& from, const block_id& id);

/// Visits the headers of one (input, epoch) from `first` on, in sequence, while `visit` returns true. The bytes stay unread.
result<void> scan_headers(const store& from, input_id input, epoch of, block_sequence first,
                          const std::function<bool(const block_header&)>& visit);

} // namespace weir::log
