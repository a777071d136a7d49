#include "libstream/log/block_log.hpp"

#include <limits>

#include "libstream/base/ensure.hpp"
#include "libstream/log/record_codec.hpp"

namespace weir::log {

void append_block(transaction& changes, const block_header& header, std::string_view bytes,
                  std::shared_ptr<const void> owner) {
  ensure(header.bytes == bytes.size(), "a block's header counts its bytes", "input", header.id.input, "epoch",
         header.id.epoch, "sequence", header.id.sequence, "header", header.bytes, "bytes", bytes.size());
  put_record(changes, table::blocks, block_key(header.id), header, bytes, std::move(owner));
}

void free_blocks(transaction& changes, std::span<const block_range> ranges) {
  for (const auto& range : ranges) {
    auto keys = blocks_between(range.input, range.epoch, range.first, range.last);
    changes.erase_range(table::blocks, std::move(keys.from), std::move(keys.until));
  }
}

result<std::optional<stored_block>> read_block(const store& from, const block_id& id) {
  auto key = block_key(id);
  auto value = from.get(table::blocks, key);
  if (!value)
    return tl::make_unexpected(value.error());
  if (!*value)
    return std::nullopt;
  auto header = decode_record<block_header>(table::blocks, key, **value);
  if (!header)
    return tl::make_unexpected(header.error());
  if (header->id != id || header->bytes != (*value)->payload.size())
    return corrupt_value("header does not fit its block", table::blocks, key, "log");
  return stored_block{std::move(*header), (*value)->buffer};
}

result<void> scan_headers(const store& from, input_id input, epoch of, block_sequence first,
                          const std::function<bool(const block_header&)>& visit) {
  auto range = blocks_between(input, of, first, block_sequence{std::numeric_limits<block_sequence::rep>::max()});
  result<void> outcome;
  auto scanned =
    from.scan(table::blocks, range.from, range.until, false, [&](std::string_view key, const stored_value& value) {
      auto header = decode_record<block_header>(table::blocks, key, value);
      if (header)
        return visit(*header);
      outcome = tl::make_unexpected(header.error());
      return false;
    });
  return scanned ? outcome : scanned;
}

} // namespace weir::log
