#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"
#include "libstream/base/limits.hpp"

/// The frames of the `weir://` protocol as pure functions from and to bytes: no sockets, no state. The protocol itself is
/// described in docs/reference/ingest.md. Every decoder accepts arbitrary bytes and reads no further than it was given.
namespace weir::actors {

enum class frame_type : std::uint8_t {
  hello = 1,    ///< producer → server: who is there
  welcome = 2,  ///< server → producer: last durable number, limits
  data = 3,     ///< producer → server: records
  skipped = 4,  ///< VOID, producer → server: numbers without records
  ack = 5,      ///< server → producer: durable up to a number
  goodbye = 6,  ///< producer → server: there will be no more
  farewell = 7, ///< server → producer: goodbye is durable
  error = 8,    ///< server → producer: why the connection ends
};

/// Why a server ends a connection; says whether trying again may help.
enum class ingest_error : std::uint32_t {
  malformed = 1, ///< the peer does not speak this protocol, or this version of it
  refused = 2,   ///< a rule was broken (gap, another connection of this producer); trying again does not help
  busy = 3,      ///< too many connections; try again later
  deadline = 4,  ///< nothing came in time; try again
  damaged = 5,   ///< a checksum does not match: bytes changed on the way; try again
};

inline constexpr std::uint8_t protocol_version = 1;
inline constexpr std::size_t frame_header_bytes = 32;
/// Longest text of a HELLO (the client's name) or an ERROR (the reason).
inline constexpr std::size_t max_frame_text_bytes = 400;
/// Payloads of all frames but DATA stay below this.
inline constexpr std::size_t max_control_bytes = 1024;

using frame_header_buffer = std::array<char, frame_header_bytes>;

struct frame_header {
  frame_type type = frame_type::hello;
  std::uint32_t payload_bytes = 0;
  std::uint32_t count = 0;    ///< records (DATA, VOID) or an ingest_error (ERROR)
  std::uint64_t sequence = 0; ///< a record's number; its meaning depends on the type
  std::uint64_t checksum = 0; ///< of header and payload
};

struct hello_frame {
  std::string producer;
  std::string client; ///< what the client calls itself, for people who read logs
};

struct welcome_frame {
  std::uint32_t max_record_bytes = 0;
  std::uint32_t max_frame_bytes = 0;
};

/// The 32 bytes that go before `payload`.
frame_header_buffer encode_header(frame_type type, std::uint64_t sequence, std::uint32_t count,
                                  std::string_view payload);
/// Header and payload in one string, for small frames.
std::string encode_frame(frame_type type, std::uint64_t sequence, std::uint32_t count, std::string_view payload = {});

std::string encode_hello(std::string_view producer, std::string_view client);
std::string encode_welcome(std::uint64_t last_durable, const welcome_frame& limits);
std::string encode_error(ingest_error code, std::string_view reason);

/// Checks what a header alone can tell: magic, version, type, and for each type lengths, counts and numbers. A DATA frame
/// may have `max_data_bytes`. The error's text is meant for the peer.
result<frame_header> decode_header(const frame_header_buffer& bytes,
                                   std::size_t max_data_bytes = limits::max_frame_bytes);
/// Whether header and payload are what was sent.
bool checksum_matches(const frame_header_buffer& header, std::string_view payload);
/// Whether the payload of a DATA frame is `count` newline-terminated records.
result<void> check_records(std::uint32_t count, std::string_view payload);

result<hello_frame> decode_hello(std::string_view payload);
result<welcome_frame> decode_welcome(std::string_view payload);

/// Newlines in `bytes`, many bytes at a time.
std::uint64_t count_newlines(std::string_view bytes);

/// A producer's name is 1 to 200 bytes without ASCII control characters.
result<void> check_producer_name(std::string_view name);

} // namespace weir::actors
