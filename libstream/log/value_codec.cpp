#include "libstream/log/value_codec.hpp"

#include <cstring>

#define XXH_STATIC_LINKING_ONLY // for a hash state on the stack
#include <xxhash.h>

#include "libstream/log/keys.hpp"

namespace weir::log {

namespace {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the log is written little-endian by plain copies");

constexpr std::uint32_t layout = 1;

struct value_header {
  std::uint64_t head_checksum;
  std::uint64_t payload_checksum;
  std::uint64_t payload_bytes;
  std::uint32_t record_bytes;
  std::uint32_t layout;
};
static_assert(sizeof(value_header) == value_header_bytes);

std::uint64_t payload_checksum(std::string_view payload) { return XXH3_64bits(payload.data(), payload.size()); }

/// The lengths within the header keep key and record apart, so that hashing them back to back is unambiguous.
std::uint64_t head_checksum(const value_header& header, table t, std::string_view key, std::string_view record) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  auto number = static_cast<std::uint8_t>(t);
  XXH3_64bits_update(&state, &number, sizeof number);
  XXH3_64bits_update(&state, reinterpret_cast<const char*>(&header) + sizeof header.head_checksum,
                     sizeof header - sizeof header.head_checksum);
  XXH3_64bits_update(&state, record.data(), record.size());
  XXH3_64bits_update(&state, key.data(), key.size());
  return XXH3_64bits_digest(&state);
}

} // namespace

void write_value(char* out, table t, std::string_view key, std::string_view record, std::string_view payload) {
  value_header header{0, payload_checksum(payload), payload.size(), static_cast<std::uint32_t>(record.size()), layout};
  header.head_checksum = head_checksum(header, t, key, record);
  std::memcpy(out, &header, sizeof header);
  if (!record.empty())
    std::memcpy(out + sizeof header, record.data(), record.size());
  if (!payload.empty())
    std::memcpy(out + sizeof header + record.size(), payload.data(), payload.size());
}

tl::unexpected<error> corrupt_value(std::string problem, table t, std::string_view key, std::string_view where) {
  return fail(error_code::corrupt, describe_key(t, key) + ": " + problem, std::string{where},
              "the log is damaged: restore the data directory from a copy, or start with a new one");
}

result<stored_value> read_value(std::string_view value, table t, std::string_view key, bool verify_payload,
                                std::string_view where) {
  if (value.size() < value_header_bytes)
    return corrupt_value("value is too short (" + std::to_string(value.size()) + " bytes)", t, key, where);
  value_header header;
  std::memcpy(&header, value.data(), sizeof header);
  auto body = value.substr(sizeof header);
  if (header.record_bytes > body.size() || header.payload_bytes != body.size() - header.record_bytes)
    return corrupt_value("value has another length than its header says", t, key, where);
  auto record = body.substr(0, header.record_bytes);
  auto payload = body.substr(header.record_bytes);
  if (header.head_checksum != head_checksum(header, t, key, record))
    return corrupt_value("record does not match its checksum", t, key, where);
  if (header.layout != layout)
    return corrupt_value("value has the unknown layout " + std::to_string(header.layout), t, key, where);
  if (verify_payload && header.payload_checksum != payload_checksum(payload))
    return corrupt_value("bytes do not match their checksum", t, key, where);
  return stored_value{record, payload, {}};
}

stored_value copy_value(const stored_value& value) {
  struct copied_value {
    copied_value(std::string_view from_record, std::string_view from_payload)
      : record{from_record}, payload{from_payload.size()} {
      if (!from_payload.empty())
        payload.append(from_payload);
    }
    std::string record;
    data::buffer payload;
  };
  auto copy = std::make_shared<const copied_value>(value.record, value.payload);
  return stored_value{copy->record, copy->payload.view(), copy, {copy, &copy->payload}};
}

result<void> check_keys(const transaction& changes) {
  constexpr std::size_t max_key_bytes = 511;
  for (const auto& op : changes.operations()) {
    bool one_key = op.what != transaction::operation::kind::erase_range;
    if ((one_key && op.key.empty()) || op.key.size() > max_key_bytes || op.until.size() > max_key_bytes)
      return fail(error_code::failed, "key of " + std::to_string(op.key.size()) + " bytes; the log takes 1 to 511",
                  table_name(op.table));
  }
  return {};
}

} // namespace weir::log
