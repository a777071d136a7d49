#include "libstream/log/keys.hpp"

#include <cstring>
#include <xxhash.h>

#include "libstream/base/text.hpp"

namespace weir::log {

namespace {

template <class Integer>
void put(std::string& key, Integer value) {
  for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8)
    key.push_back(static_cast<char>(static_cast<unsigned char>(value >> shift)));
}

/// Reads a number off the front of `key`, which must be long enough.
template <class Integer>
Integer take(std::string_view& key) {
  Integer value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i)
    value = static_cast<Integer>((value << 8) | static_cast<unsigned char>(key[i]));
  key.remove_prefix(sizeof value);
  return value;
}

constexpr std::size_t input_bytes = sizeof(input_id::rep);
constexpr std::size_t epoch_bytes = sizeof(epoch::rep);
constexpr std::size_t sequence_bytes = sizeof(block_sequence::rep);
constexpr std::size_t batch_bytes = sizeof(batch_id::rep);
constexpr std::size_t part_bytes = sizeof(std::uint32_t);

std::string input_key(input_id input) {
  std::string key;
  put(key, input.value);
  return key;
}

std::string named(input_id input, std::string_view name) { return input_key(input) + key_name(name); }

std::optional<named_key> parse_named(std::string_view key) {
  if (key.size() <= input_bytes)
    return {};
  auto input = input_id{take<input_id::rep>(key)};
  return named_key{input, std::string{key}};
}

std::string of_input(input_id input) { return " input=" + std::to_string(input.value); }

std::string describe_named(const char* kind_of_name, const std::optional<named_key>& key) {
  return key ? of_input(key->input) + " " + kind_of_name + "=" + printable(key->name) : std::string{};
}

/// Empty if the key does not parse.
std::string describe_parsed(table t, std::string_view key) {
  switch (t) {
    case table::meta:
    case table::inputs: return " " + printable(key);
    case table::producers: return describe_named("producer", parse_producer_key(key));
    case table::files: return describe_named("file", parse_file_key(key));
    case table::epochs:
      if (auto parsed = parse_epoch_key(key))
        return of_input(parsed->first) + " epoch=" + std::to_string(parsed->second.value);
      return {};
    case table::blocks:
      if (auto id = parse_block_key(key))
        return of_input(id->input) + " epoch=" + std::to_string(id->epoch.value) +
               " seq=" + std::to_string(id->sequence.value);
      return {};
    case table::batches:
    case table::commits:
      if (auto batch = parse_batch_key(key))
        return " batch=" + std::to_string(batch->value);
      return {};
    case table::staged:
      if (auto parsed = parse_staged_key(key))
        return " batch=" + std::to_string(parsed->batch.value) + " output=" + printable(parsed->output) +
               " part=" + std::to_string(parsed->part);
      return {};
  }
  return {};
}

} // namespace

std::string printable(std::string_view text) { return weir::printable(text); }

std::string key_name(std::string_view name) {
  if (name.size() <= max_key_name_bytes)
    return std::string{name};
  auto hash = XXH3_128bits(name.data(), name.size());
  std::string key{name.substr(0, max_key_name_bytes - 2 * sizeof(std::uint64_t))};
  put(key, static_cast<std::uint64_t>(hash.high64));
  put(key, static_cast<std::uint64_t>(hash.low64));
  return key;
}

std::string block_key(const block_id& id) {
  auto key = input_key(id.input);
  put(key, id.epoch.value);
  put(key, id.sequence.value);
  return key;
}

std::string batch_key(batch_id batch) {
  std::string key;
  put(key, batch.value);
  return key;
}

std::string producer_key(input_id input, std::string_view producer) { return named(input, producer); }

std::string epoch_key(input_id input, epoch of) {
  auto key = input_key(input);
  put(key, of.value);
  return key;
}

std::string file_key(input_id input, std::string_view name) { return named(input, name); }

std::string staged_key(batch_id batch, std::string_view output, std::uint32_t part) {
  auto key = batch_key(batch) + key_name(output);
  put(key, part);
  return key;
}

std::optional<block_id> parse_block_key(std::string_view key) {
  if (key.size() != input_bytes + epoch_bytes + sequence_bytes)
    return {};
  block_id id;
  id.input.value = take<input_id::rep>(key);
  id.epoch.value = take<epoch::rep>(key);
  id.sequence.value = take<block_sequence::rep>(key);
  return id;
}

std::optional<batch_id> parse_batch_key(std::string_view key) {
  if (key.size() != batch_bytes)
    return {};
  return batch_id{take<batch_id::rep>(key)};
}

std::optional<named_key> parse_producer_key(std::string_view key) { return parse_named(key); }

std::optional<std::pair<input_id, epoch>> parse_epoch_key(std::string_view key) {
  if (key.size() != input_bytes + epoch_bytes)
    return {};
  auto input = input_id{take<input_id::rep>(key)};
  return std::pair{input, epoch{take<epoch::rep>(key)}};
}

std::optional<named_key> parse_file_key(std::string_view key) { return parse_named(key); }

std::optional<staged_key_parts> parse_staged_key(std::string_view key) {
  if (key.size() <= batch_bytes + part_bytes)
    return {};
  staged_key_parts parts;
  parts.batch.value = take<batch_id::rep>(key);
  parts.output = key.substr(0, key.size() - part_bytes);
  key.remove_prefix(key.size() - part_bytes);
  parts.part = take<std::uint32_t>(key);
  return parts;
}

key_range prefix_range(std::string prefix) {
  auto until = prefix;
  while (!until.empty() && static_cast<unsigned char>(until.back()) == 0xff)
    until.pop_back();
  if (!until.empty())
    until.back() = static_cast<char>(static_cast<unsigned char>(until.back()) + 1);
  return {std::move(prefix), std::move(until)};
}

key_range keys_of_input(input_id input) { return prefix_range(input_key(input)); }

key_range blocks_of_epoch(input_id input, epoch of) { return prefix_range(epoch_key(input, of)); }

key_range blocks_between(input_id input, epoch of, block_sequence first, block_sequence last) {
  // One byte behind the last key is the first possible key after it: no overflow at the greatest sequence.
  return {block_key({input, of, first}), block_key({input, of, last}) + '\0'};
}

key_range staged_of_batch(batch_id batch) { return prefix_range(batch_key(batch)); }

const char* table_name(table t) {
  switch (t) {
    case table::meta: return "meta";
    case table::inputs: return "inputs";
    case table::epochs: return "epochs";
    case table::producers: return "producers";
    case table::blocks: return "blocks";
    case table::files: return "files";
    case table::batches: return "batches";
    case table::commits: return "commits";
    case table::staged: return "staged";
  }
  return "unknown";
}

std::uint32_t table_since(table t) {
  switch (t) {
    case table::meta:
    case table::inputs:
    case table::epochs:
    case table::producers:
    case table::blocks:
    case table::files:
    case table::batches:
    case table::commits:
    case table::staged: return 1;
  }
  return 1;
}

std::string describe_key(table t, std::string_view key) {
  auto parsed = describe_parsed(t, key);
  return table_name(t) + (parsed.empty() ? " key=" + printable(key) : parsed);
}

} // namespace weir::log
