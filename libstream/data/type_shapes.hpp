#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libstream/base/ids.hpp"

/// Which family a record type belongs to: asked by the codec and by `record_traits`, so that both agree.
namespace weir::data {

template <class T>
inline constexpr bool is_strong_id = false;
template <class Tag, class Rep>
inline constexpr bool is_strong_id<strong_id<Tag, Rep>> = true;

template <class T>
inline constexpr bool is_pair = false;
template <class A, class B>
inline constexpr bool is_pair<std::pair<A, B>> = true;

template <class T>
inline constexpr bool is_tuple = false;
template <class... Parts>
inline constexpr bool is_tuple<std::tuple<Parts...>> = true;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_vector = false;
template <class T, class Allocator>
inline constexpr bool is_vector<std::vector<T, Allocator>> = true;

template <class T>
inline constexpr bool is_ordered_map = false;
template <class K, class V, class Less, class Allocator>
inline constexpr bool is_ordered_map<std::map<K, V, Less, Allocator>> = true;

template <class T>
inline constexpr bool is_map = is_ordered_map<T>;
template <class K, class V, class Hash, class Equal, class Allocator>
inline constexpr bool is_map<std::unordered_map<K, V, Hash, Equal, Allocator>> = true;

template <class T>
concept text_like = std::same_as<T, std::string> || std::same_as<T, std::string_view>;
template <class T>
concept number = std::is_arithmetic_v<T> || std::is_enum_v<T>;
template <class T>
concept product = is_pair<T> || is_tuple<T>;

/// A struct of ours that lists its fields (`WEIR_FIELDS`, or `fields` by hand).
template <class T>
concept lists_fields = std::is_class_v<T> && requires(T& value) {
  T::fields(value);
};

/// A user's struct with `MSGPACK_DEFINE(...)`.
template <class T>
concept packs_itself = std::is_class_v<T> && !lists_fields<T> && requires {
  &T::msgpack_unpack;
};

} // namespace weir::data
