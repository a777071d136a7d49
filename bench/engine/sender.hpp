#pragma once

#include <cstdint>
#include <string>

/// The producer of `latency`: another process that sends records open loop, each when it is due, whatever the server does.
namespace weir::bench {

struct sender_options {
  std::string address;         ///< HOST:PORT of a weir:// input
  std::uint64_t start_ns = 0;  ///< CLOCK_MONOTONIC: when the first record is due
  std::uint64_t rate = 0;      ///< records a second: record i (from 0) is due at start + i / rate
  std::uint64_t count = 0;     ///< records
  std::uint64_t tick_us = 200; ///< how often it looks what is due
};

/// The text of the records: 100 bytes each, `sender_cycle` different ones that come again and again.
inline constexpr std::uint64_t sender_cycle = 100'000;
std::string make_sender_lines();

/// Sends, waits until all is acknowledged, says goodbye. The exit code; says on stderr what went wrong.
int run_sender(const sender_options& options);

} // namespace weir::bench
