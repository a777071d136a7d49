#include "actors/runtime/setting_values.hpp"

#include <algorithm>

#include "actors/node/budgets.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

namespace {

tl::unexpected<error> unknown(std::string_view key, const setting_origin& origin) {
  return fail(error_code::configuration, "unknown key \"" + std::string{key} + "\"", origin.place,
              nearest_setting(key));
}

/// What asks for memory when it is set, and how it asks when it is not.
struct demand_of_key {
  const char* key;
  void (*forget)(memory_demand&);
};
constexpr demand_of_key demands[] = {
  {"max_batch_bytes", [](memory_demand& of) { of.batch_bytes.reset(); }},
  {"max_receiver_bytes", [](memory_demand& of) { of.receiver_bytes.reset(); }},
  {"exchange.memory", [](memory_demand& of) { of.exchange_bytes.reset(); }},
  {"max_batches_in_flight", [](memory_demand& of) { of.batches_in_flight = limits::max_batches_in_flight; }},
  {"max_unpublished_bytes", [](memory_demand& of) { of.unpublished_bytes = limits::max_unpublished_bytes; }},
  {"executors", [](memory_demand& of) { of.executors = 1; }},
};

} // namespace

std::string setting_origin::where(std::string_view key) const {
  switch (from) {
    case layer::file: return place + ": " + std::string{key};
    case layer::set: return place + " " + std::string{key};
    case layer::environment:
    case layer::flag: return place;
    case layer::none: break;
  }
  return std::string{key};
}

result<void> setting_values::keep(const setting_row& row, result<setting_value> parsed, std::string_view text,
                                  const setting_origin& origin) {
  if (!parsed) {
    auto why = parsed.error();
    why.where = origin.where(row.key);
    if (!row.nothing.empty())
      why.hint += ", or " + row.nothing;
    return tl::make_unexpected(std::move(why));
  }
  auto has_range = row.form != setting_form::text && row.form != setting_form::list;
  if (has_range && (parsed->number < row.least || parsed->number > row.most))
    return fail(error_code::configuration, std::string{text} + " is out of range", origin.where(row.key),
                "give " + row.range());
  values_[row.key] = {std::move(*parsed), origin};
  return {};
}

result<void> setting_values::set(std::string_view key, std::string_view value, const setting_origin& origin) {
  auto row = find_setting(key);
  if (!row)
    return unknown(key, origin);
  if (!row->nothing.empty() && value == row->nothing) {
    values_[row->key] = {std::nullopt, origin};
    return {};
  }
  return keep(*row, parse_setting(value, row->form, row->words), value, origin);
}

result<void> setting_values::set_list(std::string_view key, std::vector<std::string> texts,
                                      const setting_origin& origin) {
  auto row = find_setting(key);
  if (!row)
    return unknown(key, origin);
  return keep(*row, setting_value{0, {}, std::move(texts)}, key, origin);
}

result<void> setting_values::set(std::string_view assignment) {
  setting_origin origin{setting_origin::layer::set, "--set"};
  auto equals = assignment.find('=');
  if (equals == std::string_view::npos)
    return fail(error_code::configuration, "\"" + std::string{assignment} + "\" is not an assignment", origin.place,
                "write KEY=VALUE");
  return set(assignment.substr(0, equals), assignment.substr(equals + 1), origin);
}

setting_origin setting_values::origin(std::string_view key) const {
  auto value = values_.find(key);
  return value == values_.end() ? setting_origin{} : value->second.origin;
}

const setting_value* setting_values::decided(std::string_view key) const {
  auto value = values_.find(key);
  return value == values_.end() || !value->second.value ? nullptr : &*value->second.value;
}

std::optional<std::uint64_t> setting_values::number(std::string_view key) const {
  auto value = decided(key);
  return value ? std::optional{value->number} : std::nullopt;
}

result<void> setting_values::apply(configuration& into) const {
  for (auto& row : setting_table()) {
    auto value = values_.find(row.key);
    if (value == values_.end() || !value->second.value)
      continue;
    if (auto written = row.write(into, *value->second.value); !written) {
      auto why = written.error();
      auto& origin = value->second.origin;
      why.code = error_code::configuration; // a wrong value, whatever it is to its reader
      why.where = why.where.empty() ? origin.where(row.key) : origin.where(row.key) + ": " + why.where;
      return tl::make_unexpected(std::move(why));
    }
  }
  auto& settings = into.options.settings;
  // A batch must end where a block does; the runtime would replace it, too.
  if (!number("block_interval") || settings.batch_interval % settings.block_interval != std::chrono::microseconds{0})
    settings.block_interval = default_block_interval(settings.batch_interval);
  auto& options = into.options;
  auto partitions = options.repartition > 0 ? options.repartition : options.partitions;
  return share_budgets(settings, partitions > 0 ? partitions : 2 * settings.executors);
}

result<void> setting_values::apply(settings& into, std::uint32_t partitions) const {
  configuration whole;
  whole.options.settings = into;
  whole.options.partitions = partitions;
  auto applied = apply(whole);
  if (applied)
    into = whole.options.settings;
  return applied;
}

std::vector<std::string> setting_values::blamed_for(const memory_demand& demand,
                                                    const std::function<bool(const memory_demand&)>& fits) const {
  std::vector<std::string> to_blame, alone;
  auto without_all = demand;
  for (auto& [key, forget] : demands) {
    if (!decided(key))
      continue;
    to_blame.emplace_back(key);
    forget(without_all);
    auto without_one = demand;
    forget(without_one);
    if (fits(without_one))
      alone.emplace_back(key);
  }
  return !alone.empty() ? alone : fits(without_all) ? to_blame : std::vector<std::string>{};
}

error setting_values::limit_too_low(const std::string& limit, std::uint64_t limit_bytes, std::uint64_t least,
                                    const std::vector<std::string>& blamed) const {
  auto least_text = format_size((least + limits::mib - 1) / limits::mib * limits::mib);
  auto value = [this](const std::string& key) { return format_setting(*decided(key), find_setting(key)->form); };
  if (blamed.size() == 1 && !decided(limit)) {
    auto& key = blamed.front();
    return {error_code::configuration,
            value(key) + " does not fit into " + limit + ", which is " + format_size(limit_bytes),
            origin(key).where(key), "give less, or " + limit + " at least " + least_text};
  }
  std::string because;
  for (auto& key : blamed)
    because += (because.empty() ? "" : " and ") + key + " = " + value(key);
  return {error_code::configuration,
          format_size(limit_bytes) + " is too little for " + (because.empty() ? "the other settings" : because),
          origin(limit).where(limit), "give at least " + least_text + ", or set smaller budgets"};
}

result<void> setting_values::share_budgets(settings& into, std::uint32_t partitions) const {
  memory_demand demand;
  demand.limit = into.memory_limit;
  demand.inputs = std::max<std::size_t>(1, into.inputs.size());
  demand.executors = into.executors;
  demand.partitions = partitions;
  demand.batches_in_flight = into.max_batches_in_flight;
  demand.unpublished_bytes = into.max_unpublished_bytes;
  demand.batch_bytes = number("max_batch_bytes");
  demand.receiver_bytes = number("max_receiver_bytes");
  demand.exchange_bytes = number("exchange.memory");
  auto budgets = share_memory(demand);
  if (!budgets)
    return tl::make_unexpected(
      limit_too_low("memory.limit", demand.limit, least_memory_limit(demand),
                    blamed_for(demand, [](auto& smaller) { return share_memory(smaller).has_value(); })));
  if (auto least = least_log_limit(demand, *budgets); least > into.log_limit) {
    return tl::make_unexpected(limit_too_low("log.limit", into.log_limit, least, blamed_for(demand, [&](auto& smaller) {
                                               auto shared = share_memory(smaller);
                                               return shared && least_log_limit(smaller, *shared) <= into.log_limit;
                                             })));
  }
  into.max_unpublished_input_bytes = unpublished_input_bytes(into.log_limit);
  into.max_batch_bytes = budgets->batch_bytes;
  into.max_receiver_bytes = budgets->receiver_bytes;
  into.exchange_bytes = budgets->exchange_bytes;
  into.staging_bytes = budgets->staging_bytes;
  return {};
}

} // namespace weir::actors
