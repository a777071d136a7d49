#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "libstream/base/ids.hpp"
#include "libstream/base/token_bucket.hpp"

namespace weir::actors {

/// How many bytes of an input that can be read again a batch may take, so that a rate in records is kept. Where the rate is a bound that must hold,
/// records are counted before they are sealed (`count_ahead`). Where it is only an estimate of what can be computed, they are counted when they have
/// been read: a batch is charged what it should hold by the mean size of earlier records, and what it really held once it is
/// computed. Nothing is known of the first one, so it is taken for records of one byte: it never holds more records than it may. What is
/// not used is carried over, up to what one batch may take. Pure; one thread; times come from the actor clock.
class replay_pace {
public:
  using time_point = token_bucket::time_point;

  explicit replay_pace(std::chrono::microseconds batch_interval) : bucket_{batch_interval * 21 / 20} {}

  /// Records a second; 0 = as many as there are.
  void set_rate(std::uint64_t records_per_s, time_point now) { bucket_.set_rate(records_per_s, now); }
  std::uint64_t rate() const { return bucket_.rate(); }

  /// What the next batch may take; 0 = nothing yet. Empty: as much as it likes.
  std::optional<std::uint64_t> allowed_bytes(time_point now) {
    if (rate() == 0)
      return std::nullopt;
    auto records = std::min(bucket_.tokens(now), std::max(1.0, bucket_.burst_records()));
    return records < 1 ? 0 : static_cast<std::uint64_t>(std::clamp(records * record_bytes_, 1.0, 1e15));
  }

  /// Records that the next batch may have, for whoever counts them before it is sealed. Only with a rate.
  std::uint64_t allowed_records(time_point now) {
    auto records = std::min(bucket_.tokens(now), std::max(1.0, bucket_.burst_records()));
    return records < 1 ? 0 : static_cast<std::uint64_t>(records);
  }
  /// As many bytes should hold that many records, or a few more, if they are like those that were counted last.
  std::uint64_t bytes_to_count(std::uint64_t records) const {
    auto each = counted_record_bytes_ * 9 / 8;
    return static_cast<std::uint64_t>(std::clamp(static_cast<double>(records) * each, 1.0, double{most_counted_bytes}));
  }

  void sealed(batch_id batch, std::uint64_t bytes) { charge(batch, static_cast<double>(bytes) / record_bytes_); }
  /// Its records were counted.
  void sealed_counted(batch_id batch, std::uint64_t records, std::uint64_t bytes) {
    if (records > 0)
      counted_record_bytes_ = std::max(1.0, static_cast<double>(bytes) / static_cast<double>(records));
    charge(batch, static_cast<double>(records));
  }

  /// It has been computed, as all before it. A batch that was not sealed here only teaches how large records are.
  void computed(batch_id batch, std::uint64_t records, std::uint64_t bytes) {
    learn(static_cast<double>(records), static_cast<double>(bytes));
    if (auto charged = charged_.find(batch); charged != charged_.end())
      bucket_.give_back(charged->second - static_cast<double>(records));
    charged_.erase(charged_.begin(), charged_.upper_bound(batch));
  }

  /// Counting holds a piece of this size in memory.
  static constexpr std::uint64_t most_counted_bytes = 64 << 20;

private:
  /// What is kept of earlier batches' sums at each new one.
  static constexpr double memory = 0.9;
  /// Taken for the size of records of which nothing is known, where a mistake costs only a longer search.
  static constexpr double usual_record_bytes = 64;

  void charge(batch_id batch, double records) {
    charged_[batch] = records;
    bucket_.give_back(-records);
  }

  /// Bytes without a single record are the middle of a long one: the next look is a wider one.
  void learn(double records, double bytes) {
    records_ = records_ * memory + records;
    bytes_ = bytes_ * memory + bytes;
    if (bytes_ > 0)
      record_bytes_ = records_ > 0 ? std::max(1.0, bytes_ / records_) : record_bytes_ * 2;
  }

  token_bucket bucket_; ///< saves the records of one batch, and a little more for batches that come a little late
  double record_bytes_ = 1;
  double counted_record_bytes_ = usual_record_bytes; ///< of the batch that was counted last
  double records_ = 0, bytes_ = 0;                   ///< of earlier batches, older ones count less
  std::map<batch_id, double> charged_;
};

} // namespace weir::actors
