#pragma once

#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include "libstream/base/fields.hpp"

/// How long a message may be. A sender splits what is longer, or bounds it where it is collected; whoever decodes a message refuses what no
/// sender makes. Pure.
namespace weir::actors {

/// Elements of lists in one message, those of lists in their elements included. A few hundred kilobytes.
inline constexpr std::size_t most_entries = 4096;
/// Producers whose records are in one block, so that its header is a small part of a message.
inline constexpr std::size_t most_ranges_of_block = 1024;

template <class T>
std::size_t entries_of(const T& value);

template <class T>
std::size_t entries_of(const std::vector<T>& list) {
  auto entries = list.size();
  for (auto& each : list)
    entries += entries_of(each);
  return entries;
}

/// Of all lists in it, how deep they may lie.
template <class T>
std::size_t entries_of(const T& value) {
  if constexpr (requires(T & x) { T::fields(x); })
    return std::apply([](auto&... field) { return (std::size_t{0} + ... + entries_of(field)); },
                      T::fields(const_cast<T&>(value))); // NOLINT: the fields are only looked at
  else
    return 0;
}

/// The list in its order, in parts of at most so many entries; an element that has more is a part of its own. No list, no part.
template <class T>
std::vector<std::vector<T>> in_parts(std::vector<T> list, std::size_t most = most_entries) {
  std::vector<std::vector<T>> parts;
  std::size_t entries = 0;
  for (auto& each : list) {
    auto more = 1 + entries_of(each);
    if (parts.empty() || entries + more > most) {
      parts.emplace_back();
      entries = 0;
    }
    entries += more;
    parts.back().push_back(std::move(each));
  }
  return parts;
}

} // namespace weir::actors
