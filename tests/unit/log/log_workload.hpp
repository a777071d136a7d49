#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libstream/data/checksum.hpp"
#include "libstream/log/batch_log.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/keys.hpp"
#include "libstream/log/positions.hpp"

namespace weir::testing {

/// Transactions like those of a checkpoint writer, drawn from a seed: blocks with their producers, seals, commits with staged parts,
/// ends of batches, a new epoch now and then; some of them together. They rest on each other, so all are committed, in their order.
class log_workload {
public:
  explicit log_workload(std::uint64_t seed) : random_{seed} {}

  /// Reads `store`, which holds what came before.
  log::transaction next(const log::store& store) {
    log::transaction changes;
    if (epoch_.value == 0 || below(60) == 0)
      open_epoch(changes);
    else
      for (auto steps = 1 + below(3); steps > 0; --steps)
        add_step(changes, store);
    return changes;
  }

private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  /// A seal comes first in its transaction, as it reads what the ones before have written.
  void add_step(log::transaction& changes, const log::store& store) {
    if (!committed_.empty() && (below(4) == 0 || committed_.size() > 3)) {
      finish(changes, committed_.front());
      committed_.pop_front();
    } else if (!sealed_.empty() && below(3) == 0) {
      commit_oldest(changes);
    } else if (!unsealed_.empty() && changes.empty() && below(3) == 0) {
      seal_all(changes, store);
    } else {
      append(changes);
    }
  }

  void open_epoch(log::transaction& changes) {
    if (!unsealed_.empty() && below(2) == 0)
      unsealed_.clear(); // they stay in the log, behind what is sealed of their epoch
    epoch_ = epoch_.next();
    sequence_ = {};
    log::put_epoch(changes, input_id{1}, epoch_, {{}, below(1'000'000) + 1});
  }

  void append(log::transaction& changes) {
    sequence_ = sequence_.next();
    auto bytes = text(below(20) == 0 ? 20'000 : below(2'000));
    auto records = 1 + below(5);
    records_ += records;
    log::block_header header{{input_id{1}, epoch_, sequence_},
                             bytes.size(),
                             records,
                             data::checksum(bytes),
                             {{"producer", records_ - records + 1, records_}}};
    auto owner = std::make_shared<std::string>(std::move(bytes));
    log::append_block(changes, header, *owner, owner);
    log::put_producer(changes, input_id{1}, "producer", {records_, false});
    if (unsealed_.empty() || unsealed_.back().epoch != epoch_)
      unsealed_.push_back({input_id{1}, epoch_, sequence_, sequence_});
    unsealed_.back().last = sequence_;
  }

  void seal_all(log::transaction& changes, const log::store& store) {
    log::batch_record batch;
    batch.id = batch_id{++batches_};
    batch.time_ms = static_cast<std::int64_t>(batches_ * 100);
    batch.splits = {{std::exchange(unsealed_, {}), {}, 10}};
    batch.records = 1;
    if (!log::seal(changes, store, batch))
      std::abort();
    sealed_.push_back(batch);
  }

  void commit_oldest(log::transaction& changes) {
    log::commit_record record;
    record.id = sealed_.front().id;
    record.time_ms = sealed_.front().time_ms;
    std::vector<log::staged_bytes> parts;
    auto count = below(4);
    for (std::uint32_t part = 0; part < count; ++part) {
      auto bytes = std::make_shared<std::string>(text(below(3'000)));
      record.parts.push_back({"counts", part, bytes->size(), 1, data::checksum(*bytes)});
      parts.push_back({*bytes, bytes});
    }
    log::commit(changes, record, parts);
    committed_.push_back(sealed_.front());
    sealed_.pop_front();
  }

  std::string text(std::uint64_t size) {
    std::string bytes(size, ' ');
    for (auto& byte : bytes)
      byte = static_cast<char>('a' + below(26));
    return bytes;
  }

  std::mt19937_64 random_;
  epoch epoch_;
  block_sequence sequence_;
  std::uint64_t records_ = 0;
  std::uint64_t batches_ = 0;
  std::vector<log::block_range> unsealed_;
  std::deque<log::batch_record> sealed_, committed_;
};

/// A number for entries in their order. It has nothing from the log, neither its checksum nor its codec.
class content_digest {
public:
  void add(log::table of, std::string_view key, std::string_view record, std::string_view payload) {
    for (auto part : {key, record, payload})
      sum_ = (sum_ ^ std::hash<std::string_view>{}(part)) * 0x9e3779b97f4a7c15ULL + part.size();
    sum_ += static_cast<std::uint64_t>(of) + 1;
  }
  std::uint64_t value() const { return sum_; }

private:
  std::uint64_t sum_ = 0;
};

/// All that a store holds, payloads included.
inline result<std::uint64_t> digest(const log::store& of) {
  content_digest sum;
  for (std::uint8_t at = 0; at < log::table_count; ++at) {
    auto each = static_cast<log::table>(at);
    auto scanned = of.scan(each, {}, {}, true, [&](std::string_view key, auto& value) {
      sum.add(each, key, value.record, value.payload);
      return true;
    });
    if (!scanned)
      return tl::make_unexpected(scanned.error());
  }
  return sum.value();
}

/// What a log must hold, by a plain map of what was put into it: it shares nothing with the stores.
class plain_log {
public:
  void commit(const log::transaction& changes) {
    using kind = log::transaction::operation::kind;
    for (auto& each : changes.operations())
      if (each.what == kind::put)
        entries_[{each.table, each.key}] = {each.head, std::string{each.payload}};
      else
        std::erase_if(entries_, [&](auto& entry) {
          auto& [table, key] = entry.first;
          auto in_range =
            each.what == kind::erase ? key == each.key : key >= each.key && (each.until.empty() || key < each.until);
          return table == each.table && in_range;
        });
  }
  std::uint64_t digest() const {
    content_digest sum;
    for (auto& [place, value] : entries_)
      sum.add(place.first, place.second, value.first, value.second);
    return sum.value();
  }

private:
  std::map<std::pair<log::table, std::string>, std::pair<std::string, std::string>> entries_;
};

} // namespace weir::testing
