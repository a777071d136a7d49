#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "libstream/data/type_shapes.hpp"

/// Whether something that is about to end is to be put where a view of bytes is wanted: the view would point into freed memory. The
/// compiler converts a std::string to a std::string_view without a word, also inside pairs, tuples and optionals.
namespace weir::data {

namespace dangling_detail {

/// A class that becomes a view and has something to tidy up, as std::string has. Literals and other views have not.
template <class From>
concept owns_text =
  std::is_class_v<From> && std::convertible_to<From, std::string_view> && !std::is_trivially_copyable_v<From>;

template <class To, class From>
constexpr bool dangles();

template <class To, class From>
constexpr bool part_dangles() {
  if constexpr (std::tuple_size_v<To> != std::tuple_size_v<From>)
    return false;
  else
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return (dangles<std::tuple_element_t<I, To>, std::tuple_element_t<I, From>>() || ...);
    }
  (std::make_index_sequence<std::tuple_size_v<To>>{});
}

/// What is referred to as an lvalue lives elsewhere: how long, nobody can say.
template <class To, class From>
constexpr bool dangles() {
  using to = std::remove_cvref_t<To>;
  using from = std::remove_cvref_t<From>;
  if constexpr (std::is_lvalue_reference_v<From> || std::is_void_v<From> || std::is_same_v<to, from>)
    return false;
  else if constexpr (std::is_same_v<to, std::string_view>)
    return owns_text<from>;
  else if constexpr (product<to> && product<from>)
    return part_dangles<to, from>();
  else if constexpr (is_optional<to> && is_optional<from>)
    return dangles<typename to::value_type, typename from::value_type>();
  else if constexpr (is_optional<to>)
    return dangles<typename to::value_type, from>();
  else if constexpr (is_vector<to> && is_vector<from>)
    return dangles<typename to::value_type, typename from::value_type>();
  else if constexpr (is_map<to> && is_map<from>)
    return dangles<typename to::key_type, typename from::key_type>() ||
           dangles<typename to::mapped_type, typename from::mapped_type>();
  else
    return false;
}

} // namespace dangling_detail

/// Whether a `To` that is made of a `From` (as `std::invoke_result` and `T&&` name it) views bytes that end with the `From`.
template <class To, class From>
inline constexpr bool dangles = dangling_detail::dangles<To, From>();

} // namespace weir::data
