#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "libstream/base/ids.hpp"
#include "libstream/log/store.hpp"

/// How the logs' keys are built and read. Numbers are big-endian, so that the byte order of keys is their numeric order.
namespace weir::log {

/// Keys in [from, until); an empty `until` means the end of the table.
struct key_range {
  std::string from;
  std::string until;
};

/// Names in keys are cut to this length and made unique again by a hash: LMDB takes keys of at most 511 bytes.
inline constexpr std::size_t max_key_name_bytes = 400;

/// `name` itself, or, when it is longer than `max_key_name_bytes`, its beginning and a hash of the whole.
/// Whoever must read the name back stores it in the record as well.
std::string key_name(std::string_view name);

std::string block_key(const block_id& id);
std::string batch_key(batch_id batch);
std::string producer_key(input_id input, std::string_view producer);
std::string epoch_key(input_id input, epoch of);
std::string file_key(input_id input, std::string_view name);
std::string staged_key(batch_id batch, std::string_view output, std::uint32_t part);

struct named_key {
  input_id input;
  std::string name;
};
struct staged_key_parts {
  batch_id batch;
  std::string output;
  std::uint32_t part = 0;
};

/// The parsers return nothing for a key that no builder makes.
std::optional<block_id> parse_block_key(std::string_view key);
std::optional<batch_id> parse_batch_key(std::string_view key);
std::optional<named_key> parse_producer_key(std::string_view key);
std::optional<std::pair<input_id, epoch>> parse_epoch_key(std::string_view key);
std::optional<named_key> parse_file_key(std::string_view key);
std::optional<staged_key_parts> parse_staged_key(std::string_view key);

/// All keys that begin with `prefix`.
key_range prefix_range(std::string prefix);
/// All keys of one input, in the tables whose keys begin with it (epochs, producers, blocks, files).
key_range keys_of_input(input_id input);
key_range blocks_of_epoch(input_id input, epoch of);
/// Blocks `first` to `last`, both included.
key_range blocks_between(input_id input, epoch of, block_sequence first, block_sequence last);
key_range staged_of_batch(batch_id batch);

const char* table_name(table t);
/// The format of data directories that has brought this table: older directories do not have it.
std::uint32_t table_since(table t);
/// With control characters as \xNN, so that a name from outside cannot drive a terminal or break a line.
std::string printable(std::string_view text);
/// A key as people write it, e.g. "blocks input=1 epoch=2 seq=17".
std::string describe_key(table t, std::string_view key);

} // namespace weir::log
