#include "actors/simulation/simulated_table.hpp"

#include <stdexcept>

#include "libstream/data/record_traits.hpp"

namespace weir::actors::simulation {

namespace {

std::int64_t milliseconds_of(event_time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

} // namespace

void simulated_table::write(const partition_key& key, std::span<const row> rows) {
  time_.note("table: " + key.text());
  if (key.batch < newest_)
    broken_("a function is called with " + key.text() + " after a younger batch");
  if (taken_.count(key.text()) > 0)
    broken_("a function is called again with " + key.text() + ", which it has taken");
  newest_ = key.batch;
  auto time = milliseconds_of(key.time);
  batches_[time] = key.batch;
  maybe_fail();
  std::string lines;
  for (auto& each : rows) {
    data::record_traits<row>::append_text(each, lines);
    lines += '\n';
  }
  if (auto [entry, fresh] = rows_[time].emplace(key.partition.value, lines); !fresh && entry->second != lines)
    broken_("a function is called with other rows for " + key.text() + " than before");
  maybe_fail();
  taken_.insert(key.text());
}

void simulated_table::maybe_fail() {
  if (thrown_ >= what_.failures || !time_.random().percent(what_.fails_percent))
    return;
  ++thrown_;
  throw std::runtime_error{"the table refuses"};
}

void simulated_table::life_ended() {
  taken_.clear();
  newest_ = {};
}

std::string simulated_table::compare(const published_parts& files) const {
  auto all = files;
  for (auto& [time, parts] : rows_)
    all[time];
  for (auto& [time, parts] : all) {
    auto batch = batches_.find(time);
    auto may_lack = batch != batches_.end() && left_out_.count(batch->second) > 0;
    auto known = rows_.find(time);
    for (auto& [part, lines] : parts) {
      auto has = known != rows_.end() && known->second.count(part) > 0;
      if (!has && !may_lack)
        return "a function was never called with partition " + std::to_string(part) + " of batch time " +
               std::to_string(time);
      if (has && known->second.at(part) != lines)
        return "a function and a file have different rows of partition " + std::to_string(part) + ", batch time " +
               std::to_string(time);
    }
    if (known != rows_.end() && known->second.size() > parts.size())
      return "a function was called with a partition that no file has, batch time " + std::to_string(time);
  }
  return {};
}

} // namespace weir::actors::simulation
