#include "actors/runtime/setting_table.hpp"

#include <algorithm>
#include <optional>

#include "actors/node/budgets.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

using limits::kib;
using limits::mib;
using enum setting_form;

constexpr std::uint64_t tib = 1024ull * 1024 * mib;

const char* example_of(setting_form form) {
  switch (form) {
    case size: return "a size: 65536, 64KiB, 64MiB, 1GiB";
    case count: return "a whole number";
    case duration: return "a duration: 250us, 10ms, 2s";
  }
  return "";
}

std::string shown(std::uint64_t value, setting_form form) {
  switch (form) {
    case size: return format_size(value);
    case duration: return format_duration(std::chrono::microseconds{value});
    case count: break;
  }
  return std::to_string(value);
}

result<std::uint64_t> parse(std::string_view text, setting_form form) {
  switch (form) {
    case size: return parse_size(text);
    case duration:
      return parse_duration(text).map([](auto value) { return static_cast<std::uint64_t>(value.count()); });
    case count: break;
  }
  return parse_count(text);
}

std::string hint_for(std::string_view key) {
  std::vector<std::string> known;
  for (auto& row : setting_table())
    known.emplace_back(row.key);
  if (auto nearest = nearest_name(key, known); !nearest.empty())
    return "did you mean \"" + nearest + "\"?";
  std::string all;
  for (auto& name : known)
    all += (all.empty() ? "" : ", ") + name;
  return "settings are " + all;
}

} // namespace

const std::vector<setting_row>& setting_table() {
  static const std::vector<setting_row> rows{
    {"memory.limit", size, mib, 64 * tib, "memory of the process; the budgets that are not set follow from it"},
    {"exchange.memory", size, 0, 64 * tib, "map outputs in memory; beyond it they are spilled to the scratch file"},
    {"log.limit", size, 64 * mib, 64 * tib, "greatest size of the log on disk"},
    {"max_batch_bytes", size, kib, 4096 * mib, "input of one batch"},
    {"max_receiver_bytes", size, 64 * kib, tib, "what one input may hold that is not committed yet"},
    {"max_batches_in_flight", count, 1, 64, "batches between their seal and their commit"},
    {"max_unpublished_bytes", size, 1, tib,
     "committed results that wait for publication; beyond it no batch is sealed"},
    {"max_record_bytes", size, 1, limits::max_frame_bytes - 2, "a longer record is skipped, counted and reported"},
    {"block_interval", duration, 100, 10'000'000, "how long a receiver collects before it cuts a block"},
  };
  return rows;
}

result<void> setting_values::set(std::string_view key, std::string_view value, const std::string& origin) {
  auto& rows = setting_table();
  auto row = std::find_if(rows.begin(), rows.end(), [&](auto& each) { return each.key == key; });
  if (row == rows.end())
    return fail(error_code::configuration, "unknown setting \"" + std::string{key} + "\"", origin, hint_for(key));
  auto where = origin + " " + std::string{key};
  auto parsed = parse(value, row->form);
  if (!parsed)
    return fail(error_code::configuration, "\"" + std::string{value} + "\" is no value of it", where,
                std::string{"give "} + example_of(row->form));
  if (*parsed < row->least || *parsed > row->most)
    return fail(error_code::configuration, std::string{value} + " is out of range", where,
                "give " + shown(row->least, row->form) + " to " + shown(row->most, row->form));
  values_[row->key] = *parsed;
  return {};
}

result<void> setting_values::set(std::string_view assignment, const std::string& origin) {
  auto equals = assignment.find('=');
  if (equals == std::string_view::npos)
    return fail(error_code::configuration, "\"" + std::string{assignment} + "\" sets nothing", origin,
                "write KEY=VALUE");
  return set(assignment.substr(0, equals), assignment.substr(equals + 1), origin);
}

result<void> setting_values::apply(settings& into, std::uint32_t partitions) const {
  auto value = [this](const char* key) {
    auto entry = values_.find(key);
    return entry == values_.end() ? std::nullopt : std::optional{entry->second};
  };
  into.max_batches_in_flight =
    static_cast<std::uint32_t>(value("max_batches_in_flight").value_or(into.max_batches_in_flight));
  into.max_unpublished_bytes = value("max_unpublished_bytes").value_or(into.max_unpublished_bytes);
  into.max_record_bytes = value("max_record_bytes").value_or(into.max_record_bytes);
  into.log_limit = value("log.limit").value_or(into.log_limit);
  if (auto interval = value("block_interval"))
    into.block_interval = std::chrono::microseconds{*interval};

  memory_demand demand;
  demand.limit = value("memory.limit").value_or(into.memory_limit);
  demand.inputs = into.inputs.size();
  demand.executors = into.executors;
  demand.partitions = partitions;
  demand.batches_in_flight = into.max_batches_in_flight;
  demand.unpublished_bytes = into.max_unpublished_bytes;
  demand.batch_bytes = value("max_batch_bytes");
  demand.receiver_bytes = value("max_receiver_bytes");
  demand.exchange_bytes = value("exchange.memory");
  auto budgets = share_memory(demand);
  if (!budgets)
    return tl::make_unexpected(budgets.error());
  if (auto least = least_log_limit(demand, *budgets); least > into.log_limit)
    return fail(error_code::configuration,
                format_size(into.log_limit) + " are too little for the log of what may be under way", "log.limit",
                "give at least " + format_size((least / mib + 1) * mib) + ", or set smaller budgets");
  into.max_unpublished_input_bytes = unpublished_input_bytes(into.log_limit);
  into.memory_limit = demand.limit;
  into.max_batch_bytes = budgets->batch_bytes;
  into.max_receiver_bytes = budgets->receiver_bytes;
  into.exchange_bytes = budgets->exchange_bytes;
  into.staging_bytes = budgets->staging_bytes;
  return {};
}

} // namespace weir::actors
