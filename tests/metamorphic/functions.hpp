#pragma once

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "libstream/data/msgpack_record.hpp"

/// The user functions of random pipelines. They stand once, over `view`, for the streams and for the reference model: it is the operators
/// that are in question, not these.
namespace metamorphic {

/// What records a stream holds, and their C++ types.
enum class sort { number, text, pair, named, real, flag, measured, reading };
inline constexpr std::size_t sort_count = 8;
using number_record = std::int64_t;
using text_record = std::string_view;
using pair_record = std::pair<std::int64_t, std::int64_t>;
using named_record = std::pair<std::string_view, std::int64_t>;
using owned_record = std::pair<std::string, std::int64_t>; ///< `named` that holds its text
using real_record = double;
using flag_record = bool;
using measured_record = std::pair<double, std::int64_t>;
/// A struct of a user.
struct reading_record {
  std::string name;
  double level = 0;
  std::int64_t number = 0;
  auto operator<=>(const reading_record&) const = default;
  MSGPACK_DEFINE(name, level, number);
};

/// A record of any sort; what the sort lacks is empty.
struct view {
  std::string_view text; ///< of text, and the key of named; the name of a reading
  std::int64_t key = 0;  ///< of pair
  double real = 0;       ///< of real, and the key of measured; the level of a reading
  std::int64_t number = 0;
};

/// The order that is promised, written down once more: all NaNs are equal and greater than all numbers, -0.0 equals 0.0.
inline std::weak_ordering order_of(double a, double b) {
  auto no_number = [](double each) { return static_cast<int>(std::isnan(each)); };
  if (no_number(a) || no_number(b))
    return no_number(a) <=> no_number(b);
  return a < b ? std::weak_ordering::less : b < a ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}
/// As the records are ordered.
inline std::weak_ordering order_of(const view& a, const view& b) {
  if (a.text != b.text)
    return a.text <=> b.text;
  if (a.key != b.key)
    return a.key <=> b.key;
  auto reals = order_of(a.real, b.real);
  return reals != 0 ? reals : a.number <=> b.number;
}
inline bool before(const view& a, const view& b) { return order_of(a, b) < 0; }
/// The same, and of both zeros the negative one first: no two records that show differently are equal.
inline bool exactly_before(const view& a, const view& b) {
  auto order = order_of(a, b);
  return order != 0 ? order < 0 : a.real == 0 && std::signbit(a.real) && !std::signbit(b.real);
}

inline view view_of(const number_record& record) { return {{}, 0, 0, record}; }
inline view view_of(const text_record& record) { return {record, 0, 0, 0}; }
inline view view_of(const pair_record& record) { return {{}, record.first, 0, record.second}; }
inline view view_of(const named_record& record) { return {record.first, 0, 0, record.second}; }
inline view view_of(const real_record& record) { return {{}, 0, record, 0}; }
inline view view_of(const flag_record& record) { return {{}, 0, 0, record}; }
inline view view_of(const measured_record& record) { return {{}, 0, record.first, record.second}; }
inline view view_of(const reading_record& record) { return {record.name, 0, record.level, record.number}; }

template <class T>
inline constexpr sort sort_of = sort::number;
template <>
inline constexpr sort sort_of<text_record> = sort::text;
template <>
inline constexpr sort sort_of<pair_record> = sort::pair;
template <>
inline constexpr sort sort_of<named_record> = sort::named;
template <>
inline constexpr sort sort_of<real_record> = sort::real;
template <>
inline constexpr sort sort_of<flag_record> = sort::flag;
template <>
inline constexpr sort sort_of<measured_record> = sort::measured;
template <>
inline constexpr sort sort_of<reading_record> = sort::reading;

inline constexpr bool has_text(sort kind) { return kind == sort::text || kind == sort::named || kind == sort::reading; }
/// Whether equal records may show differently.
inline constexpr bool has_real(sort kind) {
  return kind == sort::real || kind == sort::measured || kind == sort::reading;
}
inline constexpr bool is_keyed(sort kind) {
  return kind == sort::pair || kind == sort::named || kind == sort::measured;
}

template <class T>
T record_of(const view& from) {
  if constexpr (sort_of<T> == sort::number)
    return from.number;
  else if constexpr (sort_of<T> == sort::text)
    return from.text;
  else if constexpr (sort_of<T> == sort::pair)
    return {from.key, from.number};
  else if constexpr (sort_of<T> == sort::named)
    return {from.text, from.number};
  else if constexpr (sort_of<T> == sort::real)
    return from.real;
  else if constexpr (sort_of<T> == sort::flag)
    return from.number != 0;
  else if constexpr (sort_of<T> == sort::measured)
    return {from.real, from.number};
  else
    return {std::string{from.text}, from.real, from.number};
}

/// Keeps numbers so small that some meet again: from -504 to 504, so that sums do not depend on what is added first.
inline std::int64_t wrap(std::int64_t number) { return ((number + 504) % 1009 + 1009) % 1009 - 504; }

/// A floating point number for a whole one, of which many are those that are hard: NaNs of both signs, both zeros, infinities.
inline double real_of(std::int64_t number) {
  auto which = (number % 60 + 60) % 60;
  if (which % 6 == 0)
    return std::copysign(std::numeric_limits<double>::quiet_NaN(), which % 12 == 0 ? 1.0 : -1.0);
  if (which % 6 == 1)
    return which % 4 == 1 ? -0.0 : 0.0;
  if (which == 2 || which == 32)
    return which == 2 ? std::numeric_limits<double>::infinity() : -std::numeric_limits<double>::infinity();
  return static_cast<double>(which % 20 - 10) / 4;
}
/// The other way round: the same for both zeros, and for all NaNs.
inline std::int64_t digest_of(double real) {
  if (std::isnan(real))
    return 333;
  return std::isinf(real) ? (real > 0 ? 222 : -222) : static_cast<std::int64_t>(real * 4);
}
inline double touched(double real, std::int64_t a) {
  if (std::isnan(real) || std::isinf(real))
    return a % 3 == 0 ? -real : real;
  return real == 0 && a % 2 == 0 ? -real : static_cast<double>((digest_of(real) * 3 + a) % 41) / 4;
}
/// As a struct has it: its own order takes NaN for infinity before it looks at the members behind, so that it has none.
inline double level_of(double real) { return std::isinf(real) ? 1000 : real; }

/// A number that follows from all of a record. Equal records, equal numbers.
inline std::int64_t digest(const view& of) {
  std::int64_t sum = static_cast<std::int64_t>(of.text.size());
  for (auto byte : of.text)
    sum = wrap(sum * 31 + static_cast<unsigned char>(byte));
  return wrap(sum * 7 + of.key * 5 + of.number + digest_of(of.real) * 11);
}

/// A key out of a few.
inline std::int64_t group_of(const view& of, std::int64_t a) { return digest(of) % (3 + a % 5); }
inline bool kept(const view& of, std::int64_t a) { return (digest(of) + a) % 3 != 0; }

/// Another record of the same sort.
inline view touched(sort kind, view of, std::int64_t a) {
  if (kind == sort::flag)
    of.number = kept(of, a);
  if (has_real(kind))
    of.real = touched(of.real, a);
  if (kind == sort::number)
    of.number = wrap(of.number * 3 + a);
  else if (kind != sort::real && kind != sort::flag && kind != sort::text)
    of.number = wrap(of.number + 7 * a);
  if (kind == sort::pair)
    of.key = wrap(of.key + a);
  if (has_text(kind))
    of.text.remove_prefix(std::min<std::size_t>(of.text.size(), static_cast<std::size_t>(a % 3)));
  return of;
}

/// A record as one of a sort with bools or floating point numbers.
inline view with_real(sort to, const view& of) {
  auto number = digest(of);
  switch (to) {
    case sort::real: return {{}, 0, real_of(number), 0};
    case sort::flag: return {{}, 0, 0, number % 2 != 0};
    case sort::measured: return {{}, 0, real_of(group_of(of, 4) + 1), number};
    default: return {of.text, 0, level_of(real_of(number)), wrap(number * 3)};
  }
}

/// What becomes of a record with a number besides, such as its place: what is no pair becomes one.
inline sort mixed_sort(sort kind) {
  switch (kind) {
    case sort::number:
    case sort::flag: return sort::pair;
    case sort::text: return sort::named;
    case sort::real: return sort::measured;
    default: return kind;
  }
}
inline view mixed(sort kind, view of, std::int64_t extra) {
  if (kind == sort::number || kind == sort::flag)
    return {{}, of.number, 0, wrap(extra)};
  of.number = kind == sort::text || kind == sort::real ? wrap(extra) : wrap(of.number * 31 + extra);
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
struct mixed_record<flag_record> {
  using type = pair_record;
};
template <>
struct mixed_record<text_record> {
  using type = named_record;
};
template <>
struct mixed_record<real_record> {
  using type = measured_record;
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

/// Of a whole record: the greater one, of which none is equal to another that shows differently.
template <class T>
T greater_of(const T& first, const T& second) {
  return exactly_before(view_of(first), view_of(second)) ? second : first;
}

/// Text for a number, sometimes longer than what fits into short strings.
inline std::string spelled(std::int64_t number) {
  auto text = "t" + std::to_string(number % 13);
  return number % 2 == 0 ? text : text + "-and-then-far-more-than-sixteen-bytes";
}

} // namespace metamorphic
