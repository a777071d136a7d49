#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "libstream/data/codec.hpp"
#include "libstream/log/keys.hpp"
#include "libstream/log/store.hpp"
#include "libstream/log/value_codec.hpp"

/// Records in and out of a store, by the codec of `libstream/data`. A record that verifies and does not decode was written by
/// another version or a bug: error 65 that names table and key.
namespace weir::log {

template <class Record>
void put_record(transaction& changes, table t, std::string key, const Record& record, std::string_view payload = {},
                std::shared_ptr<const void> owner = {}) {
  changes.put(t, std::move(key), data::encode(record), payload, std::move(owner));
}

template <class Record>
result<Record> decode_record(table t, std::string_view key, const stored_value& value) {
  auto record = data::decode<Record>(value.record);
  if (!record)
    return corrupt_value("record cannot be read: " + record.error().what, t, key, "log");
  return std::move(*record);
}

template <class Record>
result<std::optional<Record>> read_record(const store& from, table t, const std::string& key) {
  auto value = from.get(t, key);
  if (!value)
    return tl::make_unexpected(value.error());
  if (!*value)
    return std::nullopt;
  return decode_record<Record>(t, key, **value).map([](Record&& record) { return std::optional{std::move(record)}; });
}

/// Visits the records of a range in order, without payloads: `visit(key, record)` answers `result<void>`; its error ends the scan.
template <class Record, std::invocable<std::string_view, Record&&> Visitor>
result<void> scan_records(const store& from, table t, const key_range& range, Visitor visit) {
  result<void> outcome;
  auto scanned = from.scan(t, range.from, range.until, false, [&](std::string_view key, const stored_value& value) {
    auto record = decode_record<Record>(t, key, value);
    if (!record) {
      outcome = tl::make_unexpected(std::move(record.error()));
    } else {
      outcome = visit(key, std::move(*record));
    }
    return outcome.has_value();
  });
  return scanned ? outcome : scanned;
}

} // namespace weir::log
