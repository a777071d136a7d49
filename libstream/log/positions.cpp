#include "libstream/log/positions.hpp"

#include <algorithm>
#include <tuple>

#include "libstream/log/record_codec.hpp"

namespace weir::log {

namespace {

constexpr const char* application_key = "application";
constexpr const char* coordinator_key = "coordinator";
/// Beside the epoch, not in its record: a version that does not know it reads the epoch all the same.
constexpr const char* claim_key = "claim";
constexpr const char* service_key = "service";

struct coordinator_record {
  weir::epoch epoch;
  WEIR_FIELDS(x.epoch)
};

struct service_record {
  std::uint64_t ms = 0;
  WEIR_FIELDS(x.ms)
};

template <class Position>
result<std::map<std::string, Position>> read_named(const store& from, table t, input_id input,
                                                   std::optional<named_key> (*parse)(std::string_view)) {
  std::map<std::string, Position> positions;
  auto scanned = scan_records<Position>(from, t, keys_of_input(input), [&](std::string_view key, Position&& position) {
    if (auto name = parse(key))
      positions.emplace(std::move(name->name), std::move(position));
    return result<void>{};
  });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  return positions;
}

} // namespace

result<std::vector<input_record>> read_inputs(const store& from) {
  std::vector<input_record> inputs;
  auto scanned = scan_records<input_record>(from, table::inputs, {}, [&](std::string_view, input_record&& record) {
    inputs.push_back(std::move(record));
    return result<void>{};
  });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  std::sort(inputs.begin(), inputs.end(), [](const auto& a, const auto& b) { return a.input < b.input; });
  return inputs;
}

result<std::vector<input_id>> register_inputs(store& in, std::span<const std::string> names) {
  auto known = read_inputs(in);
  if (!known)
    return tl::make_unexpected(known.error());
  auto next = known->empty() ? input_id{} : known->back().input.next();
  transaction changes;
  std::vector<input_id> ids;
  for (const auto& name : names) {
    auto known_input =
      std::find_if(known->begin(), known->end(), [&](const auto& record) { return record.name == name; });
    if (known_input == known->end()) {
      input_record record{next, name, false};
      put_record(changes, table::inputs, key_name(name), record);
      known_input = known->insert(known->end(), std::move(record));
      next = next.next();
    }
    ids.push_back(known_input->input);
  }
  if (!changes.empty())
    if (auto committed = in.commit(changes); !committed)
      return tl::make_unexpected(committed.error());
  return ids;
}

void put_input(transaction& changes, const input_record& record) {
  put_record(changes, table::inputs, key_name(record.name), record);
}

void erase_input(transaction& changes, std::string_view name) { changes.erase(table::inputs, key_name(name)); }

void put_epoch(transaction& changes, input_id input, epoch of, const epoch_position& position) {
  put_record(changes, table::epochs, epoch_key(input, of), position);
}

result<std::optional<epoch_position>> read_epoch(const store& from, input_id input, epoch of) {
  return read_record<epoch_position>(from, table::epochs, epoch_key(input, of));
}

result<std::map<std::pair<input_id, epoch>, epoch_position>> read_epochs(const store& from) {
  std::map<std::pair<input_id, epoch>, epoch_position> epochs;
  auto scanned = scan_records<epoch_position>(
    from, table::epochs, {}, [&](std::string_view key, epoch_position&& position) -> result<void> {
      auto parsed = parse_epoch_key(key);
      if (!parsed)
        return corrupt_value("not a key of this table", table::epochs, key, "log");
      epochs.emplace(*parsed, position);
      return {};
    });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  return epochs;
}

result<std::optional<std::pair<epoch, epoch_position>>> current_epoch(const store& from, input_id input) {
  std::optional<std::pair<epoch, epoch_position>> newest;
  auto scanned = scan_records<epoch_position>(from, table::epochs, keys_of_input(input),
                                              [&](std::string_view key, epoch_position&& position) {
                                                if (auto parsed = parse_epoch_key(key))
                                                  newest = std::pair{parsed->second, position};
                                                return result<void>{};
                                              });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  return newest;
}

void put_producer(transaction& changes, input_id input, std::string_view producer, const producer_position& position) {
  put_record(changes, table::producers, producer_key(input, producer), position);
}

result<std::optional<producer_position>> read_producer(const store& from, input_id input, std::string_view producer) {
  return read_record<producer_position>(from, table::producers, producer_key(input, producer));
}

result<std::map<std::string, producer_position>> read_producers(const store& from, input_id input) {
  return read_named<producer_position>(from, table::producers, input, parse_producer_key);
}

result<forgotten_producers> forget_producers(transaction& changes, const store& from, input_id input,
                                             std::uint64_t before_ms, std::span<const std::string> present,
                                             std::uint64_t most) {
  forgotten_producers counts;
  auto scanned = scan_records<producer_position>(
    from, table::producers, keys_of_input(input), [&](std::string_view key, producer_position&& position) {
      auto parsed = parse_producer_key(key);
      auto idle = parsed && position.seen_ms < before_ms && counts.forgotten < most &&
                  !std::binary_search(present.begin(), present.end(), parsed->name);
      if (!idle) {
        ++counts.remaining;
        return result<void>{};
      }
      changes.erase(table::producers, std::string{key});
      if (counts.forgotten++ == 0)
        counts.example = parsed->name;
      return result<void>{};
    });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  return counts;
}

result<std::uint64_t> read_service_time(const store& from) {
  return read_record<service_record>(from, table::meta, service_key)
    .map([](const std::optional<service_record>& record) { return record ? record->ms : 0; });
}

void put_service_time(transaction& changes, std::uint64_t ms) {
  put_record(changes, table::meta, service_key, service_record{ms});
}

void put_partition(transaction& changes, input_id input, std::string_view name, const partition_position& position) {
  put_record(changes, table::files, file_key(input, name), position);
}

result<std::optional<partition_position>> read_partition(const store& from, input_id input, std::string_view name) {
  return read_record<partition_position>(from, table::files, file_key(input, name));
}

result<std::map<std::string, partition_position>> read_partitions(const store& from, input_id input) {
  return read_named<partition_position>(from, table::files, input, parse_file_key);
}

result<std::vector<std::pair<std::string, partition_position>>> read_begun_partitions(const store& from,
                                                                                      input_id input) {
  std::vector<std::pair<std::string, partition_position>> begun;
  auto scanned = scan_records<partition_position>(
    from, table::files, keys_of_input(input), [&](std::string_view key, partition_position&& position) {
      if (auto name = parse_file_key(key); name && position.sealed_to < position.end)
        begun.emplace_back(std::move(name->name), position);
      return result<void>{};
    });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  std::sort(begun.begin(), begun.end(),
            [](auto& a, auto& b) { return std::tie(a.second.version, a.first) < std::tie(b.second.version, b.first); });
  return begun;
}

result<epoch> read_coordinator_epoch(const store& from) {
  return read_record<coordinator_record>(from, table::meta, coordinator_key)
    .map([](const std::optional<coordinator_record>& record) { return record ? record->epoch : epoch{}; });
}

void put_coordinator_epoch(transaction& changes, epoch of) {
  put_record(changes, table::meta, coordinator_key, coordinator_record{of});
}

result<coordinator_claim> read_claim(const store& from) {
  auto epoch = read_coordinator_epoch(from);
  if (!epoch)
    return tl::make_unexpected(epoch.error());
  auto claim = read_record<coordinator_claim>(from, table::meta, claim_key);
  if (!claim)
    return tl::make_unexpected(claim.error());
  // A version that does not know the claim has raised the epoch beyond it.
  return *claim && (*claim)->epoch == *epoch ? **claim : coordinator_claim{*epoch, 0};
}

void put_claim(transaction& changes, const coordinator_claim& claim) {
  put_coordinator_epoch(changes, claim.epoch);
  put_record(changes, table::meta, claim_key, claim);
}

result<std::optional<application_record>> read_application(const store& from) {
  return read_record<application_record>(from, table::meta, application_key);
}

void put_application(transaction& changes, const application_record& record) {
  put_record(changes, table::meta, application_key, record);
}

} // namespace weir::log
