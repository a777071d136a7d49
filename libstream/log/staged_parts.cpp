#include "libstream/log/staged_parts.hpp"

#include <optional>

#include "libstream/base/ensure.hpp"
#include "libstream/log/record_codec.hpp"

namespace weir::log {

void stage(transaction& changes, const commit_record& record, std::span<const staged_bytes> parts) {
  ensure(parts.size() == record.parts.size(), "a commit has the bytes of each part that it names", "batch", record.id,
         "parts", record.parts.size(), "bytes_of", parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& part = record.parts[i];
    put_record(changes, table::staged, staged_key(record.id, part.output, part.part), part, parts[i].bytes,
               parts[i].owner);
  }
}

void free_staged(transaction& changes, batch_id batch) {
  auto keys = staged_of_batch(batch);
  changes.erase_range(table::staged, std::move(keys.from), std::move(keys.until));
}

result<data::buffer_handle> read_staged(const store& from, batch_id batch, std::string_view output,
                                        std::uint32_t part) {
  return from.get(table::staged, staged_key(batch, output, part)).map([](const std::optional<stored_value>& value) {
    return value ? value->buffer : data::buffer_handle{};
  });
}

} // namespace weir::log
