#pragma once

#include <compare>
#include <concepts>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>

#include "libstream/data/type_shapes.hpp"

/// The one equality and the one total order of records and keys. They are `==` and `<`, but for floating point numbers: all NaNs are equal
/// and greater than every other number, and -0.0 equals 0.0, wherever they stand inside pairs, tuples, optionals, vectors, maps and structs
/// with MSGPACK_DEFINE. What holds no floating point number is compared by `==` and `<` alone, which is decided at compile time.
///
/// A type with a `record_traits` of its own may join in with these members of it:
///   static constexpr bool contains_floating_point = true;
///   static bool same(const T&, const T&);
///   static std::weak_ordering compare(const T&, const T&);      if it has an order
///   static void for_each_floating(T&, auto visit);              calls `visit(number)` for each floating point number in it
namespace weir::data {

template <class T>
struct record_traits;

namespace order_detail {

template <class T>
constexpr bool contains_floating();

template <class Tuple>
constexpr bool part_contains_floating() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return (contains_floating<std::remove_cvref_t<std::tuple_element_t<I, Tuple>>>() || ...);
  }
  (std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

template <class T>
constexpr bool contains_floating() {
  if constexpr (std::is_floating_point_v<T>)
    return true;
  else if constexpr (text_like<T>)
    return false;
  else if constexpr (product<T>)
    return part_contains_floating<T>();
  else if constexpr (is_map<T>)
    return contains_floating<typename T::key_type>() || contains_floating<typename T::mapped_type>();
  else if constexpr (is_optional<T>)
    return contains_floating<typename T::value_type>();
  else if constexpr (requires { record_traits<T>::contains_floating_point; })
    return record_traits<T>::contains_floating_point;
  else if constexpr (std::ranges::range<const T>)
    return contains_floating<std::ranges::range_value_t<const T>>();
  else
    return false;
}

} // namespace order_detail

/// Whether a value of this type may hold floating point numbers.
template <class T>
inline constexpr bool contains_floating_point = order_detail::contains_floating<T>();

/// Calls `visit(number)` for each floating point number in `value`, but for keys of maps.
template <class T, class Visit>
void for_each_floating(T& value, Visit&& visit) {
  if constexpr (!contains_floating_point<T>)
    return;
  else if constexpr (std::is_floating_point_v<T>)
    visit(value);
  else if constexpr (product<T>)
    std::apply([&](auto&... parts) { (for_each_floating(parts, visit), ...); }, value);
  else if constexpr (is_map<T>)
    for (auto& entry : value)
      for_each_floating(entry.second, visit);
  else if constexpr (is_optional<T>) {
    if (value)
      for_each_floating(*value, visit);
  } else if constexpr (requires { record_traits<T>::for_each_floating(value, visit); })
    record_traits<T>::for_each_floating(value, visit);
  else if constexpr (std::ranges::range<T>) {
    if constexpr (!std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<T>>>)
      for (auto& element : value)
        for_each_floating(element, visit);
  }
}

/// The one form of all values that are the same: 0.0 for both zeros, one NaN for all. Shown where a record serves as a key.
template <class T>
void normalize(T& value) {
  for_each_floating(value, [](auto& number) {
    if (number == 0)
      number = 0;
    else if (number != number)
      number = std::numeric_limits<std::remove_reference_t<decltype(number)>>::quiet_NaN();
  });
}
template <class T>
T normalized(T value) {
  normalize(value);
  return value;
}

template <class T>
bool same(const T& a, const T& b);

namespace order_detail {

template <class Tuple>
bool same_parts(const Tuple& a, const Tuple& b) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) { return (same(std::get<I>(a), std::get<I>(b)) && ...); }
  (std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

template <class Range>
bool same_elements(const Range& a, const Range& b) {
  if (a.size() != b.size())
    return false;
  auto other = b.begin();
  for (auto& element : a)
    if (!same(element, *other++))
      return false;
  return true;
}

} // namespace order_detail

/// Whether two records are one key.
template <class T>
bool same(const T& a, const T& b) {
  if constexpr (requires { record_traits<T>::same(a, b); })
    return record_traits<T>::same(a, b);
  else if constexpr (!contains_floating_point<T>)
    return a == b;
  else if constexpr (std::is_floating_point_v<T>)
    return a == b || (a != a && b != b);
  else if constexpr (product<T>)
    return order_detail::same_parts(a, b);
  else if constexpr (is_optional<T>)
    return a.has_value() == b.has_value() && (!a || same(*a, *b));
  else if constexpr (is_vector<T> || is_ordered_map<T>)
    return order_detail::same_elements(a, b);
  else
    return a == b;
}

template <class T>
std::weak_ordering compare(const T& a, const T& b);

namespace order_detail {

template <class T>
std::weak_ordering compare_floating(T a, T b) {
  if (a < b)
    return std::weak_ordering::less;
  if (b < a)
    return std::weak_ordering::greater;
  return static_cast<int>(a != a) <=> static_cast<int>(b != b);
}

template <class Tuple>
std::weak_ordering compare_parts(const Tuple& a, const Tuple& b) {
  auto all = std::weak_ordering::equivalent;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    ((all = compare(std::get<I>(a), std::get<I>(b)), all != 0) || ...);
  }
  (std::make_index_sequence<std::tuple_size_v<Tuple>>{});
  return all;
}

template <class Range>
std::weak_ordering compare_elements(const Range& a, const Range& b) {
  auto left = a.begin();
  auto right = b.begin();
  for (; left != a.end() && right != b.end(); ++left, ++right)
    if (auto here = compare(*left, *right); here != 0)
      return here;
  return static_cast<int>(left != a.end()) <=> static_cast<int>(right != b.end());
}

template <class T>
std::weak_ordering compare_by_less(const T& a, const T& b) {
  if (a < b)
    return std::weak_ordering::less;
  return b < a ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

} // namespace order_detail

/// How two records of a type with `<` are ordered: pairs, tuples, vectors and maps by their first parts that are not the same, an empty
/// optional before a full one.
template <class T>
std::weak_ordering compare(const T& a, const T& b) {
  if constexpr (requires { record_traits<T>::compare(a, b); })
    return record_traits<T>::compare(a, b);
  else if constexpr (!contains_floating_point<T>)
    return order_detail::compare_by_less(a, b);
  else if constexpr (std::is_floating_point_v<T>)
    return order_detail::compare_floating(a, b);
  else if constexpr (product<T>)
    return order_detail::compare_parts(a, b);
  else if constexpr (is_optional<T>)
    return a && b ? compare(*a, *b) : static_cast<int>(a.has_value()) <=> static_cast<int>(b.has_value());
  else if constexpr (is_vector<T> || is_ordered_map<T>)
    return order_detail::compare_elements(a, b);
  else
    return order_detail::compare_by_less(a, b);
}

/// `a` before `b` in that order.
template <class T>
bool precedes(const T& a, const T& b) {
  if constexpr (!contains_floating_point<T>)
    return a < b;
  else if constexpr (std::is_floating_point_v<T>)
    return a < b || (b != b && a == a);
  else
    return compare(a, b) < 0;
}

/// That order as a function object, for sorts and maps.
struct before {
  template <class T>
  bool operator()(const T& a, const T& b) const {
    return precedes(a, b);
  }
};
/// The other way round.
struct after {
  template <class T>
  bool operator()(const T& a, const T& b) const {
    return precedes(b, a);
  }
};

namespace order_detail {

template <class Less, class... Known>
inline constexpr bool is_one_of = (std::is_same_v<Less, Known> || ...);

} // namespace order_detail

/// `less` as a total order of T: std::less and std::greater, also those of std::ranges, are none where NaN comes.
template <class T, class Less>
auto total_order(Less less) {
  if constexpr (!contains_floating_point<T>)
    return less;
  else if constexpr (order_detail::is_one_of<Less, std::less<>, std::less<T>, std::ranges::less>)
    return before{};
  else if constexpr (order_detail::is_one_of<Less, std::greater<>, std::greater<T>, std::ranges::greater>)
    return after{};
  else
    return less;
}

/// A std::map in which each key of this type is found.
template <class Key, class Value>
using map_of = std::map<Key, Value, std::conditional_t<contains_floating_point<Key>, before, std::less<Key>>>;

} // namespace weir::data
