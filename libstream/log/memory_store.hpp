#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "libstream/log/store.hpp"

namespace weir::log {

/// The store without a disk, for `--data-dir none`, tests and the simulation: same values, same checksums, same errors.
/// Every commit counts as durable; a simulation that loses what was not synced goes back to an older `snapshot`.
class memory_store final : public store {
public:
  /// Everything that a store holds; copying shares the values.
  using contents = std::array<std::map<std::string, std::shared_ptr<const std::string>, std::less<>>, table_count>;

  memory_store() = default;
  explicit memory_store(contents from) : tables_{std::move(from)} {}

  result<void> commit(const transaction& changes) override;
  result<std::optional<stored_value>> get(table t, std::string_view key) const override;
  result<void> scan(table t, std::string_view from, std::string_view until, bool with_payload,
                    const std::function<bool(std::string_view key, const stored_value&)>& visit) const override;
  /// Bytes of keys and values.
  std::uint64_t size_bytes() const override;

  contents snapshot() const;
  /// Flips one bit of a value (counted from its first byte), as a bad disk would. False if there is no such bit.
  bool damage(table t, std::string_view key, std::size_t bit);

private:
  mutable std::mutex mutex_;
  contents tables_;
};

} // namespace weir::log
