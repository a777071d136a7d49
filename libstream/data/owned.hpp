#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "libstream/data/type_shapes.hpp"

namespace weir::data {

/// The type that holds by itself what a record type only refers to: std::string for std::string_view, wherever it stands inside
/// pairs, tuples, optionals, vectors and maps.
template <class T>
struct owned_of {
  using type = T;
  static T own(const T& value) { return value; }
};
template <class T>
using owned = typename owned_of<T>::type;

/// A copy of `record` that refers to nothing.
template <class T>
owned<T> own(const T& record) {
  return owned_of<T>::own(record);
}

class arena;
template <class T>
struct record_traits;

namespace owned_detail {

template <class T>
constexpr bool may_borrow();

template <class Tuple>
constexpr bool part_may_borrow() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return (may_borrow<std::remove_cvref_t<std::tuple_element_t<I, Tuple>>>() || ...);
  }
  (std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

/// A type with a `record_traits` of its own knows best how it outlives its block, unless it says `holds_itself`.
template <class T>
constexpr bool may_borrow() {
  if constexpr (!std::is_same_v<T, owned<T>>)
    return true;
  else if constexpr (product<T>)
    return part_may_borrow<T>();
  else if constexpr (is_map<T>)
    return may_borrow<typename T::key_type>() || may_borrow<typename T::mapped_type>();
  else if constexpr (is_optional<T> || is_vector<T>)
    return may_borrow<typename T::value_type>();
  else if constexpr (requires { record_traits<T>::holds_itself; })
    return !record_traits<T>::holds_itself;
  else
    return requires(const T& value, arena& home) { record_traits<T>::rehome(value, home); };
}

} // namespace owned_detail

/// Whether values may refer to bytes elsewhere, so that they must be re-homed before those go.
template <class T>
inline constexpr bool borrows = owned_detail::may_borrow<T>();

template <>
struct owned_of<std::string_view> {
  using type = std::string;
  static type own(std::string_view value) { return type{value}; }
};
template <class A, class B>
struct owned_of<std::pair<A, B>> {
  using type = std::pair<owned<A>, owned<B>>;
  static type own(const std::pair<A, B>& value) {
    return {owned_of<A>::own(value.first), owned_of<B>::own(value.second)};
  }
};
template <class... Ts>
struct owned_of<std::tuple<Ts...>> {
  using type = std::tuple<owned<Ts>...>;
  static type own(const std::tuple<Ts...>& value) {
    return std::apply([](const Ts&... element) { return type{owned_of<Ts>::own(element)...}; }, value);
  }
};
template <class T>
struct owned_of<std::optional<T>> {
  using type = std::optional<owned<T>>;
  static type own(const std::optional<T>& value) { return value ? type{owned_of<T>::own(*value)} : type{}; }
};
template <class T>
struct owned_of<std::vector<T>> {
  using type = std::vector<owned<T>>;
  static type own(const std::vector<T>& value) {
    type copy;
    copy.reserve(value.size());
    for (const T& element : value)
      copy.push_back(owned_of<T>::own(element));
    return copy;
  }
};
template <class Key, class Value>
struct owned_of<std::map<Key, Value>> {
  using type = std::map<owned<Key>, owned<Value>>;
  static type own(const std::map<Key, Value>& value) {
    type copy;
    for (const auto& [key, mapped] : value)
      copy.emplace(owned_of<Key>::own(key), owned_of<Value>::own(mapped));
    return copy;
  }
};

} // namespace weir::data
