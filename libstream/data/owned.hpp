#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <utility>

namespace weir::data {

/// The type that holds by itself what a record type only refers to: std::string for std::string_view, also inside pairs and tuples.
template <class T>
struct owned_of {
  using type = T;
};
template <>
struct owned_of<std::string_view> {
  using type = std::string;
};
template <class A, class B>
struct owned_of<std::pair<A, B>> {
  using type = std::pair<typename owned_of<A>::type, typename owned_of<B>::type>;
};
template <class... Ts>
struct owned_of<std::tuple<Ts...>> {
  using type = std::tuple<typename owned_of<Ts>::type...>;
};
template <class T>
using owned = typename owned_of<T>::type;

} // namespace weir::data
