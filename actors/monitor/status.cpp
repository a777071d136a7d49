#include "actors/monitor/status.hpp"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace weir::actors {

namespace {

using nlohmann::json;

std::int64_t ms(event_time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

json distribution(std::vector<std::int64_t> values) {
  if (values.empty())
    return nullptr;
  std::sort(values.begin(), values.end());
  auto percentile = [&](std::size_t percent) {
    auto rank = (percent * values.size() + 99) / 100; // nearest rank
    return values[std::min(std::max<std::size_t>(rank, 1), values.size()) - 1];
  };
  return {{"p50", percentile(50)}, {"p99", percentile(99)}, {"max", values.back()}};
}

json delays(const std::vector<batch_book::entry>& ended) {
  auto of = [&](auto delay) {
    std::vector<std::int64_t> values;
    for (auto& batch : ended)
      if (auto value = (batch.info.*delay)())
        values.push_back(value->count());
    return distribution(std::move(values));
  };
  return {{"batches", ended.size()},
          {"scheduling", of(&batch_info::scheduling_delay)},
          {"processing", of(&batch_info::processing_delay)},
          {"total", of(&batch_info::total_delay)}};
}

const char* name_of(batch_book::state state) {
  constexpr const char* names[] = {"waiting", "running", "unpublished", "completed"};
  return names[static_cast<int>(state)];
}

json describe(const batch_book::entry& batch) {
  json outputs = json::array();
  for (auto& output : batch.info.outputs) {
    json each{{"id", output.id.value}, {"name", output.name}};
    if (auto took = output.duration())
      each["duration_us"] = took->count();
    if (output.failure_reason)
      each["failure"] = *output.failure_reason;
    outputs.push_back(std::move(each));
  }
  json fields{{"batch", batch.info.id.value},  {"time_ms", ms(batch.info.batch_time)},
              {"state", name_of(batch.where)}, {"records", batch.info.records()},
              {"bytes", batch.bytes},          {"outputs", std::move(outputs)}};
  if (auto delay = batch.info.scheduling_delay())
    fields["scheduling_us"] = delay->count();
  if (auto delay = batch.info.processing_delay())
    fields["processing_us"] = delay->count();
  if (auto delay = batch.info.total_delay())
    fields["total_us"] = delay->count();
  return fields;
}

json batches(const observation& seen) {
  json last = json::array();
  for (auto& batch : seen.ended)
    last.push_back(describe(batch));
  json open = json::array();
  for (auto& batch : seen.open)
    if (open.size() < status_batches)
      open.push_back(describe(batch));
  return {
    {"waiting", seen.counts.waiting},     {"running", seen.counts.running}, {"unpublished", seen.counts.unpublished},
    {"completed", seen.counts.completed}, {"open", std::move(open)},        {"last", std::move(last)}};
}

json inputs(const observation& seen) {
  json rows = json::array();
  for (auto& input : seen.inputs) {
    json row{{"input", input.info.input.value},
             {"name", input.info.name},
             {"location", input.info.location},
             {"active", input.info.active},
             {"records", input.records},
             {"records_per_s", static_cast<std::uint64_t>(input.records_per_s + 0.5)},
             {"connections", input.figures.connections},
             {"rate_limit", input.figures.rate_limit},
             {"waiting_records", input.waiting_records},
             {"waiting_bytes", input.waiting_bytes},
             {"restarts", input.restarts}};
    if (!input.info.stop_reason.empty())
      row["stopped"] = input.info.stop_reason;
    if (input.info.last_error_time) {
      row["last_error"] = input.info.last_error;
      row["last_error_ms"] = ms(*input.info.last_error_time);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

json outputs(const observation& seen) {
  json rows = json::array();
  for (auto& output : seen.outputs) {
    auto& standing = output.publication;
    json row{{"output", rows.size()},
             {"name", output.name},
             {"published_batches", standing.published},
             {"waiting_batches", standing.waiting}};
    if (standing.failing) {
      row["failing_batch"] = standing.failing->value;
      row["failure"] = standing.failure;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// What was received and is not committed.
json lag(const observation& seen) {
  std::uint64_t records = 0, bytes = 0;
  for (auto& input : seen.inputs) {
    records += input.waiting_records;
    bytes += input.waiting_bytes;
  }
  for (auto& batch : seen.open)
    if (batch.where < batch_book::state::committed) {
      records += batch.info.records();
      bytes += batch.bytes;
    }
  return {{"records", records}, {"bytes", bytes}};
}

} // namespace

std::string status_json(const observation& seen, const process_figures& process) {
  json status{{"schema", 1},
              {"application", process.application},
              {"pid", process.pid},
              {"started_ms", process.started_us / 1000},
              {"now_ms", process.now_us / 1000},
              {"uptime_ms", process.uptime_us / 1000},
              {"batch_interval_us", process.batch_interval_us},
              {"draining", process.draining},
              {"records",
               {{"received", seen.received_records},
                {"processed", seen.counts.processed_records},
                {"received_per_s", static_cast<std::uint64_t>(seen.received_per_s)},
                {"processed_per_s", static_cast<std::uint64_t>(seen.processed_per_s)}}},
              {"lag", lag(seen)},
              {"delays_us", delays(seen.ended)},
              {"batches", batches(seen)},
              {"inputs", inputs(seen)},
              {"outputs", outputs(seen)},
              {"restarts", {{"count", seen.restarts}, {"last", seen.last_restart}}},
              {"last_warning", seen.last_warning},
              {"memory",
               {{"resident_bytes", process.resident_bytes},
                {"limit_bytes", process.memory_limit},
                {"exchange_bytes", process.exchange_bytes},
                {"exchange_limit_bytes", process.exchange_limit},
                {"spilled_bytes", process.spilled_bytes},
                {"staging_bytes", process.staging_bytes},
                {"staging_limit_bytes", process.staging_limit}}},
              {"log", {{"bytes", process.log_bytes}, {"limit_bytes", process.log_limit}}},
              {"listeners", {{"lost_events", process.lost_events}}}};
  if (!process.data_dir.empty())
    status["data_dir"] = process.data_dir;
  return status.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::uint64_t resident_bytes() {
  auto file = std::fopen("/proc/self/statm", "r");
  if (!file)
    return 0;
  unsigned long total = 0, resident = 0;
  auto read = std::fscanf(file, "%lu %lu", &total, &resident);
  std::fclose(file);
  return read == 2 ? resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

std::uint64_t disk_bytes(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? static_cast<std::uint64_t>(status.st_blocks) * 512 : 0;
}

} // namespace weir::actors
