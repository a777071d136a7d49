#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>

#include <msgpack.hpp>

#include "libstream/base/error.hpp"
#include "libstream/data/packed_bytes.hpp"
#include "libstream/data/packing.hpp"
#include "libstream/data/type_shapes.hpp"

/// Values as msgpack: the format at the edges (logs, foreign records), readable by other programs and later versions.
///
/// Takes numbers, bool, enumerations, strings, string_view, strong ids, pair, tuple, optional, vector, map, unordered_map, structs
/// that list their fields, and users' structs with MSGPACK_DEFINE. Products and structs are arrays. Of a struct that lists
/// its fields, an older and so shorter array decodes with defaults for the missing ones; everything else must fit exactly.
namespace weir::data {

namespace codec_detail {

/// The bytes hold another value than the type that was asked for.
struct mismatch : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <class T>
inline constexpr bool unsupported = false;

template <class Packer, class T>
void pack_value(Packer& to, const T& value);

template <class Packer, class... Parts>
void pack_parts(Packer& to, const Parts&... parts) {
  to.pack_array(sizeof...(Parts));
  (pack_value(to, parts), ...);
}

template <class Packer, class T>
void pack_value(Packer& to, const T& value) {
  if constexpr (std::is_enum_v<T>) {
    to.pack(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (number<T> || text_like<T> || packs_itself<T>) {
    to.pack(value);
  } else if constexpr (is_strong_id<T>) {
    to.pack(value.value);
  } else if constexpr (product<T>) {
    std::apply([&](const auto&... parts) { pack_parts(to, parts...); }, value);
  } else if constexpr (lists_fields<T>) {
    std::apply([&](const auto&... parts) { pack_parts(to, parts...); }, T::fields(value));
  } else if constexpr (is_optional<T>) {
    look_into(
      value, [&](auto& full) { pack_value(to, full); }, [&](unsigned around) { pack_empty(to, around); });
  } else if constexpr (is_vector<T>) {
    to.pack_array(static_cast<std::uint32_t>(value.size()));
    for (const typename T::value_type& element : value)
      pack_value(to, element);
  } else if constexpr (is_map<T>) {
    to.pack_map(static_cast<std::uint32_t>(value.size()));
    for (auto& [key, mapped] : value) {
      pack_value(to, key);
      pack_value(to, mapped);
    }
  } else {
    static_assert(unsupported<T>, "no codec for this type: list its members with MSGPACK_DEFINE(...)");
  }
}

template <class T>
void unpack_value(const msgpack::object& from, T& value);

inline void expect_array(const msgpack::object& from, std::size_t least, std::size_t most) {
  if (from.type != msgpack::type::ARRAY)
    throw mismatch{"expected an array of " + std::to_string(most)};
  if (from.via.array.size < least || from.via.array.size > most)
    throw mismatch{"expected an array of " + std::to_string(most) + ", found " + std::to_string(from.via.array.size)};
}

/// Fills the first parts from an array that may be shorter.
template <class... Parts>
void unpack_parts(const msgpack::object& from, Parts&... parts) {
  std::size_t position = 0;
  const std::size_t present = from.via.array.size;
  ((position < present ? unpack_value(from.via.array.ptr[position], parts) : void(), ++position), ...);
}

/// msgpack itself takes arrays of any length for MSGPACK_DEFINE; a value of another version must not pass for this one.
inline bool same_shape(const msgpack::object& a, const msgpack::object& b) {
  if (a.type == msgpack::type::MAP && b.type == msgpack::type::MAP)
    return a.via.map.size == b.via.map.size;
  if (a.type != msgpack::type::ARRAY || b.type != msgpack::type::ARRAY)
    return a.type != msgpack::type::ARRAY && b.type != msgpack::type::ARRAY;
  if (a.via.array.size != b.via.array.size)
    return false;
  for (std::uint32_t i = 0; i < a.via.array.size; ++i)
    if (!same_shape(a.via.array.ptr[i], b.via.array.ptr[i]))
      return false;
  return true;
}

template <class T>
void unpack_struct(const msgpack::object& from, T& value) {
  from.convert(value);
  msgpack::zone zone;
  if (!same_shape(from, msgpack::object{value, zone}))
    throw mismatch{"the number of members differs"};
}

template <class T>
void unpack_map(const msgpack::object& from, T& value) {
  if (from.type != msgpack::type::MAP)
    throw mismatch{"expected a map"};
  value.clear();
  for (std::uint32_t i = 0; i < from.via.map.size; ++i) {
    typename T::key_type key{};
    typename T::mapped_type mapped{};
    unpack_value(from.via.map.ptr[i].key, key);
    unpack_value(from.via.map.ptr[i].val, mapped);
    if (!value.emplace(std::move(key), std::move(mapped)).second)
      throw mismatch{"a key stands twice in a map"};
  }
}

template <class T>
void unpack_vector(const msgpack::object& from, T& value) {
  if (from.type != msgpack::type::ARRAY)
    throw mismatch{"expected an array"};
  value.clear();
  value.reserve(from.via.array.size);
  for (std::uint32_t i = 0; i < from.via.array.size; ++i) {
    typename T::value_type element{};
    unpack_value(from.via.array.ptr[i], element);
    value.push_back(std::move(element));
  }
}

template <class T>
void unpack_value(const msgpack::object& from, T& value) {
  if constexpr (std::is_enum_v<T>) {
    value = static_cast<T>(from.as<std::underlying_type_t<T>>());
  } else if constexpr (text_like<T>) {
    if (from.type != msgpack::type::STR)
      throw mismatch{"expected a text"};
    value = T{from.via.str.ptr, from.via.str.size};
  } else if constexpr (number<T>) {
    from.convert(value);
  } else if constexpr (packs_itself<T>) {
    unpack_struct(from, value);
  } else if constexpr (is_strong_id<T>) {
    from.convert(value.value);
  } else if constexpr (product<T>) {
    expect_array(from, std::tuple_size_v<T>, std::tuple_size_v<T>);
    std::apply([&](auto&... parts) { unpack_parts(from, parts...); }, value);
  } else if constexpr (lists_fields<T>) {
    value = T{};
    auto fields = T::fields(value);
    expect_array(from, 0, std::tuple_size_v<decltype(fields)>);
    std::apply([&](auto&... parts) { unpack_parts(from, parts...); }, fields);
  } else if constexpr (is_optional<T>) {
    if (auto around = read_empty(from); !around)
      unpack_value(from, make_full(value));
    else if (!make_empty(value, *around))
      throw mismatch{"expected fewer optionals within each other"};
  } else if constexpr (is_vector<T>) {
    unpack_vector(from, value);
  } else if constexpr (is_map<T>) {
    unpack_map(from, value);
  } else {
    static_assert(unsupported<T>, "no codec for this type: list its members with MSGPACK_DEFINE(...)");
  }
}

} // namespace codec_detail

/// Appends the encoding of `value`. Equal values have equal bytes, but for unordered maps and floating point numbers that are the same and do
/// not look so (`order.hpp`): those stay as they are.
template <class T>
void encode_to(std::string& bytes, const T& value) {
  codec_detail::appender to{bytes};
  codec_detail::packer packer{to};
  codec_detail::pack_value(packer, value);
}

template <class T>
std::string encode(const T& value) {
  std::string bytes;
  encode_to(bytes, value);
  return bytes;
}

/// Bytes that are equal for values that are one key, also where they have another encoding.
template <class T>
std::string encode_normal(const T& value) {
  std::string bytes;
  codec_detail::normal_appender to{{bytes}};
  msgpack::packer<codec_detail::normal_appender> packer{to};
  codec_detail::pack_value(packer, value);
  return bytes;
}

/// The value in `bytes`, all of them; error 65 says how they differ from a `T`. A `string_view` in the result is a view of `bytes`.
template <class T>
result<T> decode(std::string_view bytes) {
  auto packed = packed_bytes::parse(bytes);
  if (!packed)
    return tl::make_unexpected(packed.error());
  try {
    T value{};
    codec_detail::unpack_value(packed->root(), value);
    return value;
  } catch (const codec_detail::mismatch& difference) {
    return fail(error_code::corrupt, std::string{"bytes hold another type: "} + difference.what());
  } catch (const msgpack::type_error&) {
    return fail(error_code::corrupt, "bytes hold another type: a value of the wrong kind or range");
  }
}

} // namespace weir::data
