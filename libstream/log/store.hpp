#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libstream/base/error.hpp"
#include "libstream/data/buffer.hpp"

namespace weir::log {

/// The tables of a data directory. Keys are big-endian, so that their byte order is their numeric order.
enum class table : std::uint8_t {
  meta,      ///< "application" → application_record, "coordinator" → epoch
  inputs,    ///< name of an input → (input_id)
  epochs,    ///< (input, epoch) → epoch_position; the greatest key of an input is its current epoch
  producers, ///< (input, producer) → producer_position
  blocks,    ///< (input, epoch, sequence) → block_header, bytes
  files,     ///< (input, partition) → partition_position
  batches,   ///< batch → batch_record
  commits,   ///< batch → commit_record
  staged,    ///< (batch, output, part) → bytes
};
inline constexpr std::uint8_t table_count = 9;

/// A group of changes that becomes durable as a whole or not at all. Payloads are views that `owner` keeps alive.
class transaction {
public:
  struct operation {
    enum class kind : std::uint8_t { put, erase, erase_range } what;
    log::table table;
    std::string key;
    std::string until;        ///< erase_range: first key that stays
    std::string head;         ///< put: the encoded record
    std::string_view payload; ///< put: bytes behind the record; may be empty
    std::shared_ptr<const void> owner;
  };

  void put(log::table t, std::string key, std::string record, std::string_view payload = {},
           std::shared_ptr<const void> owner = {}) {
    operations_.push_back({operation::kind::put, t, std::move(key), {}, std::move(record), payload, std::move(owner)});
  }
  void erase(log::table t, std::string key) {
    operations_.push_back({operation::kind::erase, t, std::move(key), {}, {}, {}, {}});
  }
  /// Erases keys in [from, until).
  void erase_range(log::table t, std::string from, std::string until) {
    operations_.push_back({operation::kind::erase_range, t, std::move(from), std::move(until), {}, {}, {}});
  }
  void append(transaction&& other) {
    for (auto& op : other.operations_)
      operations_.push_back(std::move(op));
    other.operations_.clear();
  }
  bool empty() const { return operations_.empty(); }
  const std::vector<operation>& operations() const { return operations_; }

private:
  std::vector<operation> operations_;
};

/// A verified value. Views are valid during the visit (scan) or as long as `owner` (get).
struct stored_value {
  std::string_view record;
  std::string_view payload;
  std::shared_ptr<const void> owner;
  data::buffer_handle buffer = nullptr; ///< get: the payload with its read padding, kept alive on its own
};

/// An ordered key-value log of one node. Every value carries a checksum over key, record and payload, written by
/// `commit` and verified by every read: a damaged value is error 65 that names table and key, never data.
/// One thread commits at a time; reads come from any thread and see whole transactions only.
class store {
public:
  virtual ~store() = default;
  /// Returns when the transaction survives a power cut. After an error nothing of it is visible, and for a write or
  /// sync error (74) the store must not be used any more.
  virtual result<void> commit(const transaction& changes) = 0;
  virtual result<std::optional<stored_value>> get(table t, std::string_view key) const = 0;
  /// Visits keys in [from, until) in order (empty `until` = to the end of the table) while `visit` returns true.
  /// `with_payload` false may leave the payload unread and unverified (the record is always verified).
  virtual result<void> scan(table t, std::string_view from, std::string_view until, bool with_payload,
                            const std::function<bool(std::string_view key, const stored_value&)>& visit) const = 0;
  /// Bytes on disk (or in memory).
  virtual std::uint64_t size_bytes() const = 0;
};

} // namespace weir::log
