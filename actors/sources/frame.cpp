#include "actors/sources/frame.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <xxhash.h>

namespace weir::actors {

namespace {

constexpr char magic[4] = {'W', 'E', 'I', 'R'};
/// The header's bytes that the checksum covers: all before the checksum itself.
constexpr std::size_t covered_bytes = 24;

template <class Int>
void put(char* bytes, Int value) {
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    bytes[i] = static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

template <class Int>
Int get(const char* bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Int); ++i)
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  return static_cast<Int>(value);
}

std::uint64_t checksum(const char* header, std::string_view payload) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(), XXH3_64bits(header, covered_bytes));
}

tl::unexpected<error> malformed(std::string problem) { return fail(error_code::corrupt, std::move(problem)); }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

result<void> check_numbers(const frame_header& frame) {
  if (frame.count == 0)
    return malformed("a frame of records with a count of 0");
  if (frame.sequence == 0)
    return malformed("record numbers start at 1");
  if (frame.sequence > std::numeric_limits<std::uint64_t>::max() - frame.count)
    return malformed("record numbers beyond 64 bits");
  return {};
}

/// Frames of a producer whose meaning does not need them: a peer that sets them means something that this version does not know.
result<void> check_unused(const frame_header& frame) {
  if (frame.type == frame_type::hello && (frame.sequence != 0 || frame.count != 0))
    return malformed("a HELLO whose sequence or count is not 0");
  if (frame.type == frame_type::goodbye && frame.count != 0)
    return malformed("a GOODBYE whose count is not 0");
  return {};
}

result<void> check_lengths(const frame_header& frame, std::size_t max_data_bytes) {
  auto bytes = frame.payload_bytes;
  switch (frame.type) {
    case frame_type::data:
      if (bytes > max_data_bytes)
        return malformed("a DATA frame of " + std::to_string(bytes) + " bytes; the limit is " +
                         std::to_string(max_data_bytes));
      if (bytes < frame.count)
        return malformed("a DATA frame with fewer bytes than records");
      return check_numbers(frame);
    case frame_type::skipped:
      if (bytes != 0)
        return malformed("a VOID frame with a payload");
      return check_numbers(frame);
    case frame_type::hello:
    case frame_type::welcome:
    case frame_type::error:
      if (bytes > max_control_bytes)
        return malformed("a payload of " + std::to_string(bytes) + " bytes; the limit of this type is " +
                         std::to_string(max_control_bytes));
      return {};
    default:
      if (bytes != 0)
        return malformed("a payload where none belongs");
      return {};
  }
}

} // namespace

frame_header_buffer encode_header(frame_type type, std::uint64_t sequence, std::uint32_t count,
                                  std::string_view payload) {
  frame_header_buffer bytes{};
  std::memcpy(bytes.data(), magic, sizeof(magic));
  put<std::uint8_t>(bytes.data() + 4, protocol_version);
  put<std::uint8_t>(bytes.data() + 5, static_cast<std::uint8_t>(type));
  put<std::uint32_t>(bytes.data() + 8, static_cast<std::uint32_t>(payload.size()));
  put<std::uint32_t>(bytes.data() + 12, count);
  put<std::uint64_t>(bytes.data() + 16, sequence);
  put<std::uint64_t>(bytes.data() + covered_bytes, checksum(bytes.data(), payload));
  return bytes;
}

std::string encode_frame(frame_type type, std::uint64_t sequence, std::uint32_t count, std::string_view payload) {
  auto header = encode_header(type, sequence, count, payload);
  std::string bytes{header.data(), header.size()};
  bytes.append(payload);
  return bytes;
}

std::string encode_hello(std::string_view producer, std::string_view client) {
  std::string payload(2, '\0');
  put<std::uint16_t>(payload.data(), static_cast<std::uint16_t>(producer.size()));
  payload.append(producer).append(client.substr(0, max_frame_text_bytes));
  return encode_frame(frame_type::hello, 0, 0, payload);
}

std::string encode_welcome(std::uint64_t last_durable, const welcome_frame& limits) {
  std::string payload(8, '\0');
  put<std::uint32_t>(payload.data(), limits.max_record_bytes);
  put<std::uint32_t>(payload.data() + 4, limits.max_frame_bytes);
  return encode_frame(frame_type::welcome, last_durable, 0, payload);
}

std::string encode_error(ingest_error code, std::string_view reason) {
  return encode_frame(frame_type::error, 0, static_cast<std::uint32_t>(code), reason.substr(0, max_frame_text_bytes));
}

result<frame_header> decode_header(const frame_header_buffer& bytes, std::size_t max_data_bytes) {
  if (std::memcmp(bytes.data(), magic, sizeof(magic)) != 0)
    return malformed("this port speaks the weir ingest protocol; a frame begins with WEIR");
  auto version = get<std::uint8_t>(bytes.data() + 4);
  if (version != protocol_version)
    return malformed("protocol version " + std::to_string(version) + "; this side speaks version " +
                     std::to_string(protocol_version));
  auto type = get<std::uint8_t>(bytes.data() + 5);
  if (type < static_cast<std::uint8_t>(frame_type::hello) || type > static_cast<std::uint8_t>(frame_type::error))
    return malformed("unknown frame type " + std::to_string(type));
  if (get<std::uint16_t>(bytes.data() + 6) != 0)
    return malformed("reserved bytes that are not zero");
  frame_header frame;
  frame.type = static_cast<frame_type>(type);
  frame.payload_bytes = get<std::uint32_t>(bytes.data() + 8);
  frame.count = get<std::uint32_t>(bytes.data() + 12);
  frame.sequence = get<std::uint64_t>(bytes.data() + 16);
  frame.checksum = get<std::uint64_t>(bytes.data() + covered_bytes);
  if (auto sound = check_lengths(frame, max_data_bytes); !sound)
    return tl::make_unexpected(sound.error());
  if (auto sound = check_unused(frame); !sound)
    return tl::make_unexpected(sound.error());
  return frame;
}

bool checksum_matches(const frame_header_buffer& header, std::string_view payload) {
  return get<std::uint64_t>(header.data() + covered_bytes) == checksum(header.data(), payload);
}

result<void> check_records(std::uint32_t count, std::string_view payload) {
  if (payload.empty() || payload.back() != '\n')
    return malformed("records that do not end with a newline");
  auto newlines = count_newlines(payload);
  if (newlines != count)
    return malformed("a frame of " + std::to_string(count) + " records holds " + std::to_string(newlines));
  return {};
}

result<hello_frame> decode_hello(std::string_view payload) {
  if (payload.size() < 2)
    return malformed("a HELLO without a producer");
  auto length = get<std::uint16_t>(payload.data());
  payload.remove_prefix(2);
  if (length > payload.size())
    return malformed("a HELLO that ends within the producer's name");
  hello_frame hello{std::string{payload.substr(0, length)}, std::string{payload.substr(length)}};
  if (auto sound = check_producer_name(hello.producer); !sound)
    return tl::make_unexpected(sound.error());
  if (hello.client.size() > max_frame_text_bytes)
    return malformed("a HELLO whose client's name is longer than " + std::to_string(max_frame_text_bytes) + " bytes");
  return hello;
}

result<welcome_frame> decode_welcome(std::string_view payload) {
  if (payload.size() != 8)
    return malformed("a WELCOME of " + std::to_string(payload.size()) + " bytes instead of 8");
  welcome_frame welcome{get<std::uint32_t>(payload.data()), get<std::uint32_t>(payload.data() + 4)};
  // A record may end with "\r\n".
  if (welcome.max_record_bytes == 0 || welcome.max_frame_bytes < welcome.max_record_bytes + 2ull)
    return malformed("a WELCOME whose frames cannot hold its records");
  return welcome;
}

std::uint64_t count_newlines(std::string_view bytes) {
  using lanes = std::uint8_t __attribute__((vector_size(16)));
  constexpr lanes newline = {'\n', '\n', '\n', '\n', '\n', '\n', '\n', '\n',
                             '\n', '\n', '\n', '\n', '\n', '\n', '\n', '\n'};
  std::uint64_t count = 0;
  auto next = bytes.data();
  auto end = next + bytes.size();
  while (end - next >= 16) {
    // A lane holds at most 255 before it has to be added up.
    auto stop = next + 16 * std::min<std::ptrdiff_t>((end - next) / 16, 255);
    lanes newlines = {};
    for (; next != stop; next += 16) {
      lanes block;
      std::memcpy(&block, next, 16);
      newlines -= reinterpret_cast<lanes>(block == newline);
    }
    for (int i = 0; i < 16; ++i)
      count += newlines[i];
  }
  for (; next != end; ++next)
    count += *next == '\n';
  return count;
}

result<void> check_producer_name(std::string_view name) {
  if (name.empty())
    return fail(error_code::usage, "a producer needs a name");
  if (name.size() > limits::max_producer_bytes)
    return fail(error_code::usage, "a producer's name of " + std::to_string(name.size()) + " bytes; the limit is " +
                                     std::to_string(limits::max_producer_bytes));
  for (char c : name)
    if (is_control(c))
      return fail(error_code::usage, "a producer's name must not have control characters");
  return {};
}

} // namespace weir::actors
