#pragma once

#include <cstdint>
#include <string>

#include "actors/monitor/observer.hpp"

namespace weir::actors {

/// What a status says beside what an observer has seen. Bytes; 0 = no such thing.
struct process_figures {
  std::string application;
  std::string data_dir; ///< empty = none
  std::int64_t pid = 0;
  std::int64_t started_us = 0;
  std::int64_t now_us = 0;
  std::int64_t uptime_us = 0; ///< by the steady clock
  std::int64_t batch_interval_us = 0;
  bool draining = false;
  std::uint64_t resident_bytes = 0;
  std::uint64_t memory_limit = 0;
  std::uint64_t exchange_bytes = 0;
  std::uint64_t exchange_limit = 0;
  std::uint64_t spilled_bytes = 0;
  std::uint64_t staging_bytes = 0;
  std::uint64_t staging_limit = 0;
  std::uint64_t log_bytes = 0;
  std::uint64_t log_limit = 0;
  std::uint64_t lost_events = 0; ///< that slow listeners did not get
};

/// As many of the last batches make the distribution of the delays.
inline constexpr std::size_t status_batches = 60;

/// How a running application stands, as one JSON document without a line break: what `weir top` shows. docs/reference/status.md says what
/// each field means.
std::string status_json(const observation& seen, const process_figures& process);

/// Memory of this process that is in use, and bytes that a file takes on the disk; 0 if that cannot be known.
std::uint64_t resident_bytes();
std::uint64_t disk_bytes(const std::string& path);

} // namespace weir::actors
