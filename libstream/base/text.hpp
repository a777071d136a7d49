#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"

/// Reading what people type: durations, sizes, names.
namespace weir {

/// "250us", "10ms", "2s", "5min", "1h", "30d", also with a fraction ("1.5s"). A bare number is refused: units are part of the value.
result<std::chrono::microseconds> parse_duration(std::string_view text);
std::string format_duration(std::chrono::microseconds value);

/// "65536", "64KiB", "64MiB", "1GiB", also "64k", "64m", "1g" (all powers of 1024).
result<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);

/// A whole decimal number.
result<std::uint64_t> parse_count(std::string_view text);

/// What a peer says, fit for a terminal and a log: control characters, also those of 8 bits and DEL, and bytes that are no UTF-8 become `\xNN`.
std::string printable(std::string_view text);

/// The candidate nearest to `name` by edit distance, or empty if none is near enough to be meant.
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

} // namespace weir
