#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The user functions of random pipelines. They stand once, over `view`, for the streams and for the reference model: it is the operators
/// that are in question, not these.
namespace metamorphic {

/// What records a stream holds, and their C++ types.
enum class sort { number, text, pair, named };
using number_record = std::int64_t;
using text_record = std::string_view;
using pair_record = std::pair<std::int64_t, std::int64_t>;
using named_record = std::pair<std::string_view, std::int64_t>;
using owned_record = std::pair<std::string, std::int64_t>; ///< `named` that holds its text

/// A record of any sort; what the sort lacks is empty. Orders as the records do.
struct view {
  std::string_view text; ///< of text, and the key of named
  std::int64_t key = 0;  ///< of pair
  std::int64_t number = 0;
  auto operator<=>(const view&) const = default;
};

inline view view_of(const number_record& record) { return {{}, 0, record}; }
inline view view_of(const text_record& record) { return {record, 0, 0}; }
inline view view_of(const pair_record& record) { return {{}, record.first, record.second}; }
inline view view_of(const named_record& record) { return {record.first, 0, record.second}; }

template <class T>
inline constexpr sort sort_of = sort::number;
template <>
inline constexpr sort sort_of<text_record> = sort::text;
template <>
inline constexpr sort sort_of<pair_record> = sort::pair;
template <>
inline constexpr sort sort_of<named_record> = sort::named;

template <class T>
T record_of(const view& from) {
  if constexpr (sort_of<T> == sort::number)
    return from.number;
  else if constexpr (sort_of<T> == sort::text)
    return from.text;
  else if constexpr (sort_of<T> == sort::pair)
    return {from.key, from.number};
  else
    return {from.text, from.number};
}

/// Keeps numbers so small that some meet again: from -504 to 504, so that sums do not depend on what is added first.
inline std::int64_t wrap(std::int64_t number) { return ((number + 504) % 1009 + 1009) % 1009 - 504; }

/// A number that follows from all of a record.
inline std::int64_t digest(const view& of) {
  std::int64_t sum = static_cast<std::int64_t>(of.text.size());
  for (auto byte : of.text)
    sum = wrap(sum * 31 + static_cast<unsigned char>(byte));
  return wrap(sum * 7 + of.key * 5 + of.number);
}

/// A key out of a few.
inline std::int64_t group_of(const view& of, std::int64_t a) { return digest(of) % (3 + a % 5); }
inline bool kept(const view& of, std::int64_t a) { return (digest(of) + a) % 3 != 0; }

/// Another record of the same sort.
inline view touched(sort kind, view of, std::int64_t a) {
  if (kind == sort::number)
    of.number = wrap(of.number * 3 + a);
  else if (kind == sort::pair || kind == sort::named)
    of.number = wrap(of.number + 7 * a);
  if (kind == sort::pair)
    of.key = wrap(of.key + a);
  if (kind == sort::text || kind == sort::named)
    of.text.remove_prefix(std::min<std::size_t>(of.text.size(), static_cast<std::size_t>(a % 3)));
  return of;
}

/// What becomes of a record with a number besides, such as its place: numbers and texts become pairs.
inline sort mixed_sort(sort kind) {
  return kind == sort::number ? sort::pair : kind == sort::text ? sort::named : kind;
}
inline view mixed(sort kind, view of, std::int64_t extra) {
  if (kind == sort::number)
    return {{}, of.number, wrap(extra)};
  of.number = kind == sort::text ? wrap(extra) : wrap(of.number * 31 + extra);
  return of;
}
template <class T>
struct mixed_record {
  using type = T;
};
template <>
struct mixed_record<number_record> {
  using type = pair_record;
};
template <>
struct mixed_record<text_record> {
  using type = named_record;
};

/// Numbers of a group joined into one; where their order is known, so that it matters.
struct folding {
  bool ordered = false;
  std::int64_t sum = 17;
  void add(std::int64_t number) { sum = wrap(ordered ? sum * 31 + number : sum + number); }
};
inline std::int64_t folded(const std::vector<std::int64_t>& numbers, bool ordered) {
  folding fold{ordered};
  for (auto each : numbers)
    fold.add(each);
  return fold.sum;
}

/// Joins two values: sum, greatest, first, last. The latter two only where the order is known.
inline std::int64_t joined_value(std::int64_t how, std::int64_t first, std::int64_t second) {
  switch (how % 4) {
    case 0: return wrap(first + second);
    case 1: return std::max(first, second);
    case 2: return first;
    default: return second;
  }
}

/// Text for a number, sometimes longer than what fits into short strings.
inline std::string spelled(std::int64_t number) {
  auto text = "t" + std::to_string(number % 13);
  return number % 2 == 0 ? text : text + "-and-then-far-more-than-sixteen-bytes";
}

} // namespace metamorphic
