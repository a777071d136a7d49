#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>

#include "libstream/api/output_functions.hpp"
#include "libstream/base/event_time.hpp"

namespace weir {

/// The committed batches of a persisted stream that are kept for `slice`, in memory. Any thread.
template <class Record>
class remembered final : public plan::delivery {
public:
  /// `span`: how far back, in ms; may change. The newest batch is always kept.
  explicit remembered(std::shared_ptr<const std::atomic<std::int64_t>> span_ms) : span_ms_{std::move(span_ms)} {}

  result<void> deliver(const plan::delivered_batch& batch) override {
    std::vector<std::vector<Record>> parts;
    for (auto& part : batch.parts) {
      auto records = api_detail::records_of<Record>(part);
      if (!records)
        return tl::make_unexpected(records.error());
      parts.push_back(std::move(*records));
    }
    std::lock_guard guard{mutex_};
    batches_.insert_or_assign(batch.time_ms, dataset<Record>::from_partitions(std::move(parts)));
    batches_.erase(batches_.begin(),
                   batches_.lower_bound(std::min(batch.time_ms - *span_ms_, batches_.rbegin()->first)));
    return {};
  }
  void cancel() override {}

  /// Those of batch times from `from_ms` to `to_ms`, both included.
  std::vector<dataset<Record>> slice(std::int64_t from_ms, std::int64_t to_ms) const {
    std::vector<dataset<Record>> found;
    std::lock_guard guard{mutex_};
    for (auto at = batches_.lower_bound(from_ms); at != batches_.end() && at->first <= to_ms; ++at)
      found.push_back(at->second);
    return found;
  }

private:
  std::shared_ptr<const std::atomic<std::int64_t>> span_ms_;
  mutable std::mutex mutex_;
  std::map<std::int64_t, dataset<Record>> batches_; ///< by batch time
};

} // namespace weir
