#pragma once

#include <deque>
#include <functional>
#include <string>

#include "libstream/api/streaming_listener.hpp"

namespace weir {

/// After every batch, tells how total delay and processing time are distributed over the last `batches` (Spark's StatsReportListener):
/// the quantiles 0, 5, 10, 25, 50, 75, 90, 95 and 100 %, in milliseconds, one line each.
class stats_report final : public streaming_listener {
public:
  using writer = std::function<void(const std::string& line)>;

  /// `write` is given whole lines without their end; empty = standard error.
  explicit stats_report(std::size_t batches = 10, writer write = {});
  void on_batch_completed(const batch_info& batch) override;

private:
  void report(const char* delay_name, std::optional<std::chrono::microseconds> (batch_info::*delay)() const) const;

  std::size_t limit_;
  writer write_;
  std::deque<batch_info> batches_;
};

} // namespace weir
