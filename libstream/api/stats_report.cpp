#include "libstream/api/stats_report.hpp"

#include <algorithm>
#include <cstdio>

namespace weir {

stats_report::stats_report(std::size_t batches, writer write)
  : limit_{std::max<std::size_t>(1, batches)}, write_{std::move(write)} {
  if (!write_)
    write_ = [](const std::string& line) { std::fputs((line + '\n').c_str(), stderr); };
}

void stats_report::on_batch_completed(const batch_info& batch) {
  batches_.push_back(batch);
  if (batches_.size() > limit_)
    batches_.pop_front();
  report("total delay", &batch_info::total_delay);
  report("processing time", &batch_info::processing_delay);
}

void stats_report::report(const char* delay_name,
                          std::optional<std::chrono::microseconds> (batch_info::*delay)() const) const {
  std::vector<std::int64_t> values;
  for (auto& batch : batches_)
    if (auto value = (batch.*delay)())
      values.push_back(value->count());
  if (values.empty())
    return;
  std::sort(values.begin(), values.end());
  auto line = std::string{delay_name} + " of the last " + std::to_string(values.size()) + " batches in ms:";
  for (std::size_t percent : {0, 5, 10, 25, 50, 75, 90, 95, 100}) {
    auto index = std::min(percent * values.size() / 100, values.size() - 1);
    char text[48];
    std::snprintf(text, sizeof text, " %zu%%=%.1f", percent, static_cast<double>(values[index]) / 1000);
    line += text;
  }
  write_(line);
}

} // namespace weir
