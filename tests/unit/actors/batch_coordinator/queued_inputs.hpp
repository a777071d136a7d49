#pragma once

#include <map>
#include <string>

#include "actors/batch_coordinator/input_queue.hpp"

/// What the tests of queues of input put into them.
namespace weir::actors::queued_inputs {

inline constexpr input_id first{0}, second{1};
inline constexpr std::uint64_t plenty = 1'000'000;

inline plan::source_partition file(const std::string& name, std::uint64_t size, std::int64_t modified_ns = 5) {
  return {.name = name, .end = size, .version = modified_ns};
}

/// A log that knows these partitions of every input.
inline input_queue::logged_positions log_of(const std::map<std::string, log::partition_position>& known) {
  input_queue::logged_positions logged;
  for (auto& [name, position] : known)
    logged[{first, name}] = position;
  return logged;
}

} // namespace weir::actors::queued_inputs
