#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "libstream/base/fields.hpp"

/// How long a message may be. A sender splits what is longer, or bounds it where it is collected; whoever decodes a message refuses what no
/// sender makes. Pure.
namespace weir::actors {

/// Elements of lists in one message, those of lists in their elements included. A few hundred kilobytes.
inline constexpr std::size_t most_entries = 4096;
/// Greatest encoded message.
inline constexpr std::size_t most_message_bytes = std::size_t{1} << 20;
/// What senders leave of it for whatever stands beside a list.
inline constexpr std::size_t most_part_bytes = most_message_bytes / 2;
/// Producers whose records are in one block, so that its header is a small part of a message.
inline constexpr std::size_t most_ranges_of_block = 1024;
/// Of what is said for people in a message; the rest is left out.
inline constexpr std::size_t most_problem_bytes = 64 * 1024;

/// How much of its bounds something takes.
struct message_length {
  std::size_t entries = 0; ///< of all lists in it, how deep they may lie
  std::size_t bytes = 0;   ///< encoded, about: never less than it is

  message_length operator+(const message_length& more) const { return {entries + more.entries, bytes + more.bytes}; }
  bool fits(const message_length& most = {most_entries, most_message_bytes}) const {
    return entries <= most.entries && bytes <= most.bytes;
  }
};

template <class T>
message_length length_of(const T& value);

inline message_length length_of(const std::string& text) { return {0, sizeof(std::uint64_t) + text.size()}; }

template <class T>
message_length length_of(const std::vector<T>& list) {
  message_length length{list.size(), sizeof(std::uint64_t)};
  for (auto& each : list)
    length = length + length_of(each);
  return length;
}

template <class T>
message_length length_of(const T& value) {
  if constexpr (requires(T & x) { T::fields(x); })
    return std::apply([](auto&... field) { return (message_length{} + ... + length_of(field)); },
                      T::fields(const_cast<T&>(value))); // NOLINT: the fields are only looked at
  else
    return {0, sizeof(T)};
}

template <class T>
std::size_t entries_of(const T& value) {
  return length_of(value).entries;
}

/// The list in its order, in parts that are no longer than that; an element that is longer is a part of its own. No list, no part.
template <class T>
std::vector<std::vector<T>> in_parts(std::vector<T> list,
                                     const message_length& most = {most_entries, most_part_bytes}) {
  std::vector<std::vector<T>> parts;
  message_length so_far;
  for (auto& each : list) {
    auto more = message_length{1, 0} + length_of(each);
    if (parts.empty() || !(so_far + more).fits(most)) {
      parts.emplace_back();
      so_far = {};
    }
    so_far = so_far + more;
    parts.back().push_back(std::move(each));
  }
  return parts;
}

/// What is said for people, not longer than a message may have it.
inline std::string for_people(std::string problem) {
  if (problem.size() > most_problem_bytes) {
    problem.resize(most_problem_bytes);
    problem += "... (cut off)";
  }
  return problem;
}

} // namespace weir::actors
