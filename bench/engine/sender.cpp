#include "bench/engine/sender.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>

#include "actors/sources/frame.hpp"
#include "bench/inputs/text_inputs.hpp"

namespace weir::bench {

namespace {

using actors::frame_type;

constexpr std::uint64_t line_bytes = 100;
constexpr std::uint64_t max_frame_records = 2'000;

std::uint64_t now_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

void sleep_until(std::uint64_t ns) {
  timespec until{static_cast<time_t>(ns / 1'000'000'000u), static_cast<long>(ns % 1'000'000'000u)};
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {}
}

class connection {
public:
  explicit connection(const std::string& address) {
    auto colon = address.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    if (::inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) != 1)
      throw std::runtime_error{address + ": not an IPv4 address with a port"};
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
      throw std::system_error{errno, std::generic_category(), address};
  }
  connection(const connection&) = delete;
  ~connection() { ::close(socket_); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      auto count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EINTR)
        throw std::system_error{errno, std::generic_category(), "send"};
      if (count > 0)
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  /// The next frame; false at the end of the connection.
  bool receive(actors::frame_header& header, std::string& payload) {
    actors::frame_header_buffer bytes;
    if (!read_all(bytes.data(), bytes.size()))
      return false;
    auto decoded = actors::decode_header(bytes);
    if (!decoded)
      throw std::runtime_error{decoded.error().message()};
    header = *decoded;
    payload.resize(header.payload_bytes);
    return read_all(payload.data(), payload.size());
  }

private:
  bool read_all(char* into, std::size_t size) {
    while (size > 0) {
      auto count = ::recv(socket_, into, size, 0);
      if (count == 0 || (count < 0 && errno != EINTR))
        return false;
      if (count > 0) {
        into += count;
        size -= static_cast<std::size_t>(count);
      }
    }
    return true;
  }
  int socket_ = -1;
};

/// Reads acknowledgements until FAREWELL; after the last one says GOODBYE.
void listen_to_server(connection& server, std::uint64_t count, std::atomic<bool>& farewell) {
  actors::frame_header header;
  std::string payload;
  while (server.receive(header, payload)) {
    if (header.type == frame_type::ack && header.sequence == count)
      server.send(actors::encode_frame(frame_type::goodbye, count, 0));
    if (header.type == frame_type::error)
      std::fprintf(stderr, "weir-bench: the server refused: %s\n", payload.c_str());
    if (header.type == frame_type::farewell)
      farewell = true;
  }
}

void send_when_due(connection& server, const sender_options& options, const std::string& lines) {
  auto tick_ns = options.tick_us * 1000;
  std::uint64_t sent = 0;
  for (auto wake = options.start_ns; sent < options.count; wake += tick_ns) {
    sleep_until(wake);
    auto elapsed = now_ns() - options.start_ns;
    auto due = std::min(options.count, elapsed * options.rate / 1'000'000'000u + 1);
    while (sent < due) {
      auto from = sent % sender_cycle;
      auto count = std::min({due - sent, sender_cycle - from, max_frame_records});
      auto payload = std::string_view{lines}.substr(from * line_bytes, count * line_bytes);
      server.send(actors::encode_frame(frame_type::data, sent + 1, static_cast<std::uint32_t>(count), payload));
      sent += count;
    }
  }
}

} // namespace

std::string make_sender_lines() { return make_lines100(sender_cycle * line_bytes); }

int run_sender(const sender_options& options) {
  try {
    auto lines = make_sender_lines();
    connection server{options.address};
    server.send(actors::encode_hello("bench", "weir-bench"));
    actors::frame_header header;
    std::string payload;
    if (!server.receive(header, payload) || header.type != frame_type::welcome || header.sequence != 0)
      throw std::runtime_error{"no welcome for a new producer"};
    std::atomic<bool> farewell{false};
    std::thread listener{[&] { listen_to_server(server, options.count, farewell); }};
    send_when_due(server, options, lines);
    listener.join();
    return farewell ? 0 : 1;
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "weir-bench: %s\n", problem.what());
    return 1;
  }
}

} // namespace weir::bench
