#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "libstream/data/buffer.hpp"
#include "libstream/log/records.hpp"
#include "libstream/log/store.hpp"

/// Staged parts: what the partitions of a batch have for its outputs, kept until every output has published it.
namespace weir::log {

/// Formatted bytes of one staged part; `owner` keeps them alive until the commit.
struct staged_bytes {
  std::string_view bytes;
  std::shared_ptr<const void> owner;
};

/// Adds the parts of a batch; `parts[i]` belongs to `record.parts[i]`. The commit that names them goes into the same transaction.
void stage(transaction& changes, const commit_record& record, std::span<const staged_bytes> parts);

/// Forgets the parts of a batch that is done.
void free_staged(transaction& changes, batch_id batch);

/// The staged bytes of one part of a committed batch; nothing if it is not there (absent from the commit, or done).
result<data::buffer_handle> read_staged(const store& from, batch_id batch, std::string_view output, std::uint32_t part);

} // namespace weir::log
