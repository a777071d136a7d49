#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "libstream/base/error.hpp"
#include "libstream/log/store.hpp"

/// How a value lies in the log, shared by both stores:
///
///   head checksum (8) · payload checksum (8) · payload length (8) · record length (4) · layout (4) · record · payload
///
/// Little-endian. The head checksum covers table, key, all that follows it in the header, and the record: a scan without
/// payloads verifies everything but the payload's bytes, and a value found under another key does not verify.
namespace weir::log {

inline constexpr std::size_t value_header_bytes = 32;

inline std::size_t value_size(std::string_view record, std::string_view payload) {
  return value_header_bytes + record.size() + payload.size();
}

/// Writes `value_size(record, payload)` bytes to `out`.
void write_value(char* out, table t, std::string_view key, std::string_view record, std::string_view payload);

/// Views of record and payload in `value`, verified; `verify_payload` false leaves the payload's bytes unread.
/// Error 65 names `where` (a file or directory), table and key.
result<stored_value> read_value(std::string_view value, table t, std::string_view key, bool verify_payload,
                                std::string_view where);

/// Copies a verified value out of a store, so that it outlives every lock and transaction: what `store::get` answers.
stored_value copy_value(const stored_value& value);

/// Refuses a transaction with a key that no store takes: empty, or longer than LMDB's 511 bytes.
result<void> check_keys(const transaction& changes);

/// Error 65 about one value of the log.
[[nodiscard]] tl::unexpected<error> corrupt_value(std::string problem, table t, std::string_view key,
                                                  std::string_view where);

} // namespace weir::log
