#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>

#include "libstream/base/ids.hpp"

namespace weir::actors {

/// How many bytes of an input that can be read again a batch may take, so that a rate in records is kept although records are counted only
/// when they have been read. A batch is charged what it should hold by the mean size of earlier records, and what it really held once it is
/// computed. Nothing is known of the first one, so it is taken for records of one byte: it never holds more records than it may. What is
/// not used is carried over, up to what one batch may take. Pure; one thread; times come from the actor clock.
class replay_pace {
public:
  using time_point = std::chrono::steady_clock::time_point;

  explicit replay_pace(std::chrono::microseconds batch_interval) : interval_{batch_interval} {}

  /// Records a second; 0 = as many as there are.
  void set_rate(std::uint64_t records_per_s, time_point now) {
    refill(now);
    if (rate_ == 0)
      credit_ = most(records_per_s);
    rate_ = records_per_s;
    credit_ = std::min(credit_, most(rate_));
  }
  std::uint64_t rate() const { return rate_; }

  /// What the next batch may take; 0 = nothing yet. Empty: as much as it likes.
  std::optional<std::uint64_t> allowed_bytes(time_point now) {
    if (rate_ == 0)
      return std::nullopt;
    refill(now);
    auto records = std::min(credit_, std::max(1.0, share(rate_)));
    return records < 1 ? 0 : static_cast<std::uint64_t>(std::clamp(records * record_bytes_, 1.0, 1e15));
  }

  void sealed(batch_id batch, std::uint64_t bytes) {
    auto expected = static_cast<double>(bytes) / record_bytes_;
    charged_[batch] = expected;
    credit_ -= expected;
  }

  /// It has been computed, as all before it. A batch that was not sealed here only teaches how large records are.
  void computed(batch_id batch, std::uint64_t records, std::uint64_t bytes) {
    learn(static_cast<double>(records), static_cast<double>(bytes));
    if (auto charged = charged_.find(batch); charged != charged_.end())
      credit_ = std::min(credit_ + charged->second - static_cast<double>(records), most(rate_));
    charged_.erase(charged_.begin(), charged_.upper_bound(batch));
  }

private:
  /// What is kept of earlier batches' sums at each new one.
  static constexpr double memory = 0.9;

  /// Records of one batch, and a little more for batches that come a little late.
  double share(std::uint64_t rate) const {
    return static_cast<double>(rate) * std::chrono::duration<double>(interval_).count() * 1.05;
  }
  /// Fractions of a record are not lost.
  double most(std::uint64_t rate) const { return 1 + share(rate); }
  void refill(time_point now) {
    auto passed = last_ && now > *last_ ? std::chrono::duration<double>(now - *last_).count() : 0.0;
    last_ = last_ ? std::max(*last_, now) : now;
    if (rate_ > 0)
      credit_ = std::min(credit_ + passed * static_cast<double>(rate_), most(rate_));
  }
  /// Bytes without a single record are the middle of a long one: the next look is a wider one.
  void learn(double records, double bytes) {
    records_ = records_ * memory + records;
    bytes_ = bytes_ * memory + bytes;
    if (bytes_ > 0)
      record_bytes_ = records_ > 0 ? std::max(1.0, bytes_ / records_) : record_bytes_ * 2;
  }

  std::chrono::microseconds interval_;
  std::uint64_t rate_ = 0;
  double credit_ = 0; ///< records; negative: a batch held more than was expected
  double record_bytes_ = 1;
  double records_ = 0, bytes_ = 0; ///< of earlier batches, older ones count less
  std::map<batch_id, double> charged_;
  std::optional<time_point> last_;
};

} // namespace weir::actors
