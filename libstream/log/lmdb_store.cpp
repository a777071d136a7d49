#include "libstream/log/lmdb_store.hpp"

#include <cstring>
#include <lmdb.h>
#include <sys/mman.h>

#include "libstream/log/keys.hpp"
#include "libstream/log/lmdb_handles.hpp"
#include "libstream/log/renewal.hpp"
#include "libstream/log/value_codec.hpp"

namespace weir::log {

namespace {

/// Commits between two looks for readers that were killed.
constexpr std::uint64_t commits_between_reader_checks = 256;

} // namespace

/// A transaction to read in: one of its own, or the snapshot of a read-only store.
class lmdb_store::reading {
public:
  explicit reading(MDB_txn* snapshot) : txn_{snapshot} {}
  explicit reading(txn_ptr own) : own_{std::move(own)}, txn_{own_.get()} {}
  MDB_txn* txn() const { return txn_; }

private:
  txn_ptr own_;
  MDB_txn* txn_;
};

lmdb_store::lmdb_store(std::string directory, const lmdb_options& options)
  : environment_{std::move(directory), options} {}

result<std::shared_ptr<lmdb_store>> lmdb_store::create(const std::string& directory, const lmdb_options& options) {
  auto store = std::shared_ptr<lmdb_store>{new lmdb_store{directory, options}};
  if (auto created = store->environment_.create(); !created)
    return tl::make_unexpected(created.error());
  return store;
}

result<std::shared_ptr<lmdb_store>> lmdb_store::open(const std::string& directory, const lmdb_options& options) {
  auto store = std::shared_ptr<lmdb_store>{new lmdb_store{directory, options}};
  if (auto opened = store->environment_.open(); !opened)
    return tl::make_unexpected(opened.error());
  return store;
}

result<lmdb_store::reading> lmdb_store::begin_reading() const {
  if (environment_.snapshot())
    return reading{environment_.snapshot()};
  MDB_txn* raw = nullptr;
  if (auto code = mdb_txn_begin(environment_.get(), nullptr, MDB_RDONLY, &raw); code != MDB_SUCCESS)
    return tl::make_unexpected(environment_.io_error(code, "cannot read the log"));
  return reading{txn_ptr{raw}};
}

result<void> lmdb_store::commit(const transaction& changes) {
  if (environment_.options().read_only)
    return fail(error_code::failed, "the log was opened for reading only", environment_.file());
  if (broken_)
    return tl::make_unexpected(*broken_);
  if (auto checked = check_keys(changes); !checked)
    return checked;
  if (++commits_ % commits_between_reader_checks == 0)
    environment_.forget_stale_readers();

  if (auto in_place = environment_.check_place(); !in_place)
    return in_place;
  MDB_txn* raw = nullptr;
  if (auto code = mdb_txn_begin(environment_.get(), nullptr, 0, &raw); code != MDB_SUCCESS)
    return refuse(code, "cannot write to the log");
  txn_ptr txn{raw};
  std::uint64_t bytes = 0;
  for (const auto& op : changes.operations()) {
    bytes += op.head.size() + op.payload.size();
    if (auto applied = apply(txn.get(), op); !applied)
      return applied;
  }
  if (auto code = mdb_txn_commit(txn.release()); code != MDB_SUCCESS)
    return refuse(code, "cannot write to the log", bytes);
  return {};
}

/// LMDB takes nothing more after it could not write one of its first two pages.
bool lmdb_store::has_failed_half_way() const {
  MDB_txn* raw = nullptr;
  auto code = mdb_txn_begin(environment_.get(), nullptr, MDB_RDONLY, &raw);
  if (code == MDB_SUCCESS)
    mdb_txn_abort(raw);
  return code == MDB_PANIC;
}

tl::unexpected<error> lmdb_store::refuse(int code, std::string_view doing, std::uint64_t bytes) {
  auto reason = environment_.io_error(code, doing, bytes);
  // A transaction that found no room has changed nothing, and the next one writes all its pages anew. After any other errno, or if it was one
  // of the first two pages that could not be written, what the file holds is unknown.
  if (reason.full && has_failed_half_way()) {
    reason.full = false;
    reason.hint = "make room and start again: the log is copied to a new file then, and nothing is lost";
  }
  if (!reason.full && (code > 0 || code == MDB_PANIC) && !broken_) {
    broken_ = reason;
    mark_suspect(environment_.directory(), reason);
  }
  return tl::make_unexpected(std::move(reason));
}

result<void> lmdb_store::apply(MDB_txn* txn, const transaction::operation& op) {
  auto dbi = environment_.handle(op.table);
  if (dbi == 0)
    return environment_.lacks(op.table);
  auto key = to_val(op.key);
  if (op.what == transaction::operation::kind::put) {
    MDB_val value{value_size(op.head, op.payload), nullptr};
    if (auto code = mdb_put(txn, dbi, &key, &value, MDB_RESERVE); code != MDB_SUCCESS)
      return refuse(code, "cannot write " + describe_key(op.table, op.key), value.mv_size);
    write_value(static_cast<char*>(value.mv_data), op.table, op.key, op.head, op.payload);
    return {};
  }
  if (op.what == transaction::operation::kind::erase) {
    if (auto code = mdb_del(txn, dbi, &key, nullptr); code != MDB_SUCCESS && code != MDB_NOTFOUND)
      return refuse(code, "cannot erase " + describe_key(op.table, op.key));
    return {};
  }
  MDB_cursor* raw = nullptr;
  if (auto code = mdb_cursor_open(txn, dbi, &raw); code != MDB_SUCCESS)
    return refuse(code, "cannot erase from the log");
  cursor_ptr cursor{raw};
  while (true) {
    auto next_key = key;
    MDB_val value{};
    auto code = mdb_cursor_get(cursor.get(), &next_key, &value, op.key.empty() ? MDB_FIRST : MDB_SET_RANGE);
    if (code == MDB_NOTFOUND || (code == MDB_SUCCESS && !op.until.empty() && to_view(next_key) >= op.until))
      return {};
    if (code == MDB_SUCCESS)
      code = mdb_cursor_del(cursor.get(), 0);
    if (code != MDB_SUCCESS)
      return refuse(code, "cannot erase from " + describe_key(op.table, op.key));
  }
}

namespace {

/// Whole pages of the map that were copied need not stay in this process's memory: large values are read once. The file's cache keeps them.
void let_go(std::string_view mapped) {
  constexpr std::uintptr_t page = 4096;
  auto begin = (reinterpret_cast<std::uintptr_t>(mapped.data()) + page - 1) / page * page;
  auto end = reinterpret_cast<std::uintptr_t>(mapped.data() + mapped.size()) / page * page;
  if (begin < end)
    ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

} // namespace

result<std::optional<stored_value>> lmdb_store::get(table t, std::string_view key) const {
  if (environment_.handle(t) == 0)
    return std::nullopt;
  auto reader = begin_reading();
  if (!reader)
    return tl::make_unexpected(reader.error());
  auto wanted = to_val(key);
  MDB_val value{};
  auto code = mdb_get(reader->txn(), environment_.handle(t), &wanted, &value);
  if (code == MDB_NOTFOUND)
    return std::nullopt;
  if (code != MDB_SUCCESS)
    return tl::make_unexpected(environment_.io_error(code, "cannot read " + describe_key(t, key)));
  if (value.mv_size > size_bytes())
    return corrupt_value("value is longer than the log", t, key, environment_.file());
  // Copied, since a reader that lives long keeps LMDB from reusing pages.
  auto copied = read_value(to_view(value), t, key, true, environment_.file()).map([](const stored_value& mapped) {
    return std::optional{copy_value(mapped)};
  });
  let_go(to_view(value));
  return copied;
}

result<void> lmdb_store::scan(table t, std::string_view from, std::string_view until, bool with_payload,
                              const std::function<bool(std::string_view, const stored_value&)>& visit) const {
  if (environment_.handle(t) == 0)
    return {};
  auto reader = begin_reading();
  if (!reader)
    return tl::make_unexpected(reader.error());
  MDB_cursor* raw_cursor = nullptr;
  if (auto code = mdb_cursor_open(reader->txn(), environment_.handle(t), &raw_cursor); code != MDB_SUCCESS)
    return tl::make_unexpected(environment_.io_error(code, "cannot read the log"));
  cursor_ptr cursor{raw_cursor};
  const auto file_bytes = size_bytes();
  auto key = to_val(from);
  MDB_val value{};
  std::string last_key;
  std::size_t visited = 0;
  auto code = mdb_cursor_get(cursor.get(), &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
  for (; code == MDB_SUCCESS; code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) {
    auto key_here = to_view(key);
    if (key_here < from || (visited > 0 && key_here <= last_key))
      return corrupt_value("keys are out of order", t, key_here, environment_.file());
    if (!until.empty() && key_here >= until)
      return {};
    last_key = key_here;
    if (value.mv_size > file_bytes)
      return corrupt_value("value is longer than the log", t, key_here, environment_.file());
    auto decoded = read_value(to_view(value), t, key_here, with_payload, environment_.file());
    if (!decoded)
      return tl::make_unexpected(decoded.error());
    ++visited;
    if (!visit(key_here, *decoded))
      return {};
  }
  if (code != MDB_NOTFOUND)
    return tl::make_unexpected(environment_.io_error(code, std::string{"cannot read the table "} + table_name(t)));
  MDB_stat stat{};
  if (from.empty() && mdb_stat(reader->txn(), environment_.handle(t), &stat) == MDB_SUCCESS &&
      stat.ms_entries != visited)
    return fail(error_code::corrupt,
                std::string{"the table "} + table_name(t) + " should hold " + std::to_string(stat.ms_entries) +
                  " entries, but " + std::to_string(visited) + " were found",
                environment_.file(), "restore the data directory from a copy");
  return {};
}

std::uint64_t lmdb_store::size_bytes() const { return environment_.size_bytes(); }

result<void> lmdb_store::require_tables(std::uint32_t format) const { return environment_.require_tables(format); }

} // namespace weir::log
