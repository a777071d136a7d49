#pragma once

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace weir::testing {

/// A TCP server that sends what a test tells it to whoever connects: the other side of `tcp://`. One connection at a time, any free port
/// of 127.0.0.1, which stays the same.
class line_server {
public:
  line_server() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(listener_ >= 0);
    int yes = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(listener_, reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
    REQUIRE(::listen(listener_, 8) == 0);
    socklen_t size = sizeof where;
    REQUIRE(::getsockname(listener_, reinterpret_cast<sockaddr*>(&where), &size) == 0);
    port_ = ntohs(where.sin_port);
  }
  line_server(const line_server&) = delete;
  line_server& operator=(const line_server&) = delete;
  ~line_server() {
    hang_up();
    ::close(listener_);
  }

  std::uint16_t port() const { return port_; }
  std::string url() const { return "tcp://127.0.0.1:" + std::to_string(port_); }

  /// Waits for the next client; fails the test after half a minute.
  void accept() {
    hang_up();
    pollfd waits{listener_, POLLIN, 0};
    REQUIRE(::poll(&waits, 1, 30'000) == 1);
    client_ = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    REQUIRE(client_ >= 0);
  }

  /// Sends all; waits while the client does not read. False if it has gone.
  bool say(std::string_view bytes) {
    while (!bytes.empty()) {
      auto sent = ::send(client_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Sends as much as goes without waiting longer than `limit_ms` for room; returns how much.
  std::size_t say_what_fits(std::string_view bytes, int limit_ms) {
    std::size_t said = 0;
    while (said < bytes.size()) {
      pollfd waits{client_, POLLOUT, 0};
      if (::poll(&waits, 1, limit_ms) != 1)
        break;
      auto sent = ::send(client_, bytes.data() + said, bytes.size() - said, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0)
        break;
      said += static_cast<std::size_t>(sent);
    }
    return said;
  }

  void hang_up() {
    if (client_ >= 0)
      ::close(std::exchange(client_, -1));
  }
  /// Ends the connection with a reset instead of an orderly end.
  void break_off() {
    linger at_once{1, 0};
    ::setsockopt(client_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    hang_up();
  }

private:
  int listener_ = -1;
  int client_ = -1;
  std::uint16_t port_ = 0;
};

} // namespace weir::testing
