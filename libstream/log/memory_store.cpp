#include "libstream/log/memory_store.hpp"

#include <utility>
#include <vector>

#include "libstream/log/value_codec.hpp"

namespace weir::log {

namespace {

constexpr const char* where = "log in memory";

std::size_t position(table t) { return static_cast<std::size_t>(t); }

} // namespace

result<void> memory_store::commit(const transaction& changes) {
  using kind = transaction::operation::kind;
  if (auto checked = check_keys(changes); !checked)
    return checked;
  std::lock_guard guard{mutex_};
  for (const auto& op : changes.operations()) {
    auto& values = tables_[position(op.table)];
    if (op.what == kind::put) {
      auto value = std::make_shared<std::string>(value_size(op.head, op.payload), '\0');
      write_value(value->data(), op.table, op.key, op.head, op.payload);
      values.insert_or_assign(op.key, std::move(value));
    } else if (op.what == kind::erase) {
      values.erase(op.key);
    } else if (op.until.empty() || op.key < op.until) {
      values.erase(values.lower_bound(op.key), op.until.empty() ? values.end() : values.lower_bound(op.until));
    }
  }
  return {};
}

result<std::optional<stored_value>> memory_store::get(table t, std::string_view key) const {
  std::shared_ptr<const std::string> value;
  {
    std::lock_guard guard{mutex_};
    const auto& values = tables_[position(t)];
    auto entry = values.find(key);
    if (entry == values.end())
      return std::nullopt;
    value = entry->second;
  }
  return read_value(*value, t, key, true, where).map([](const stored_value& mapped) {
    return std::optional{copy_value(mapped)};
  });
}

result<void> memory_store::scan(table t, std::string_view from, std::string_view until, bool with_payload,
                                const std::function<bool(std::string_view, const stored_value&)>& visit) const {
  // The range is copied (handles only), so that a visitor may use the store.
  std::vector<std::pair<std::string, std::shared_ptr<const std::string>>> range;
  {
    std::lock_guard guard{mutex_};
    const auto& values = tables_[position(t)];
    for (auto entry = values.lower_bound(from); entry != values.end() && (until.empty() || entry->first < until);
         ++entry)
      range.emplace_back(*entry);
  }
  for (const auto& [key, value] : range) {
    auto decoded = read_value(*value, t, key, with_payload, where);
    if (!decoded)
      return tl::make_unexpected(decoded.error());
    if (!visit(key, *decoded))
      return {};
  }
  return {};
}

std::uint64_t memory_store::size_bytes() const {
  std::lock_guard guard{mutex_};
  std::uint64_t bytes = 0;
  for (const auto& values : tables_)
    for (const auto& [key, value] : values)
      bytes += key.size() + value->size();
  return bytes;
}

memory_store::contents memory_store::snapshot() const {
  std::lock_guard guard{mutex_};
  return tables_;
}

bool memory_store::damage(table t, std::string_view key, std::size_t bit) {
  std::lock_guard guard{mutex_};
  auto& values = tables_[position(t)];
  auto entry = values.find(key);
  if (entry == values.end() || bit / 8 >= entry->second->size())
    return false;
  auto changed = std::make_shared<std::string>(*entry->second);
  (*changed)[bit / 8] = static_cast<char>((*changed)[bit / 8] ^ (1 << (bit % 8)));
  entry->second = std::move(changed);
  return true;
}

} // namespace weir::log
