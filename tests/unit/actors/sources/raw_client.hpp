#pragma once

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "actors/sources/frame.hpp"
#include "actors/sources/input_url.hpp"

namespace weir::testing {

/// How long a test waits for what must happen. Only a failing test waits that long.
inline constexpr int patience_ms = 20'000;

/// A bare socket that says what a test tells it, frames or rubbish. IPv4.
class raw_client {
public:
  explicit raw_client(const std::string& address, int receive_buffer_bytes = 0) {
    auto where = actors::parse_endpoint(address);
    REQUIRE(where);
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(socket_ >= 0);
    if (receive_buffer_bytes > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(where->port);
    REQUIRE(::inet_pton(AF_INET, where->host.c_str(), &to.sin_addr) == 1);
    REQUIRE(::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
  }
  raw_client(raw_client&& other) noexcept : socket_{std::exchange(other.socket_, -1)} {}
  raw_client& operator=(raw_client&&) = delete;
  ~raw_client() { close(); }

  void close() {
    if (socket_ >= 0)
      ::close(std::exchange(socket_, -1));
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }

  /// A server that hangs up in the middle is not the client's failure.
  void say(std::string_view bytes) {
    while (!bytes.empty()) {
      auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// As much as the other side takes at once.
  void say_at_most(std::string_view bytes) {
    while (!bytes.empty()) {
      auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0)
        return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void hello(const std::string& producer) { say(actors::encode_hello(producer, "test")); }
  void data(std::uint64_t first, std::uint32_t count, std::string_view text) {
    say(actors::encode_frame(actors::frame_type::data, first, count, text));
  }

  struct heard {
    actors::frame_header header;
    std::string payload;
  };
  /// The next frame, verified; nothing when the server has closed.
  std::optional<heard> hear() {
    actors::frame_header_buffer bytes{};
    if (!read(bytes.data(), bytes.size()))
      return std::nullopt;
    auto header = actors::decode_header(bytes);
    REQUIRE(header);
    std::string payload(header->payload_bytes, '\0');
    REQUIRE(read(payload.data(), payload.size()));
    REQUIRE(actors::checksum_matches(bytes, payload));
    return heard{*header, payload};
  }
  /// The next frame, which must be of this type.
  heard expect(actors::frame_type type) {
    auto frame = hear();
    REQUIRE(frame);
    INFO(frame->payload);
    REQUIRE(frame->header.type == type);
    return *frame;
  }
  /// An ERROR with this code, then the end of the connection. Returns the reason.
  std::string expect_error(actors::ingest_error code) {
    auto frame = expect(actors::frame_type::error);
    CHECK(frame.header.count == static_cast<std::uint32_t>(code));
    CHECK_FALSE(hear());
    return frame.payload;
  }
  /// Reads until the server closes.
  void drain() {
    char bytes[4096];
    while (read_some(bytes, sizeof bytes) > 0)
      continue;
  }

private:
  long read_some(char* into, std::size_t bytes) {
    pollfd readable{socket_, POLLIN, 0};
    REQUIRE(::poll(&readable, 1, patience_ms) == 1);
    return ::recv(socket_, into, bytes, 0);
  }
  bool read(char* into, std::size_t bytes) {
    while (bytes > 0) {
      auto got = read_some(into, bytes);
      if (got <= 0)
        return false;
      into += got;
      bytes -= static_cast<std::size_t>(got);
    }
    return true;
  }

  int socket_ = -1;
};

} // namespace weir::testing
