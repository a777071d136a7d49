#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <msgpack.hpp>

#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"

/// Values in and out of msgpack: the format at the edges, for whatever other programs or later versions must read.
/// Works for numbers, strings, pairs, tuples, optionals, vectors, maps, strong ids, structs that list their `fields`, and structs
/// with MSGPACK_DEFINE. Bytes that come from outside are decoded with limits and must be used up exactly.
namespace weir::data {

template <class T>
concept lists_fields = requires(T& x) { T::fields(x); };

namespace codec_detail {

class string_writer {
public:
  explicit string_writer(std::string& into) : into_{into} {}
  void write(const char* bytes, std::size_t size) { into_.append(bytes, size); }

private:
  std::string& into_;
};
using packer = msgpack::packer<string_writer>;

struct mismatch {
  std::string what;
};

/// One specialisation a shape of type; anything else goes through msgpack's own adaptors.
template <class T>
struct shape {
  static void pack(packer& out, const T& x) {
    if constexpr (lists_fields<const T> || lists_fields<T>)
      std::apply(
        [&out](const auto&... field) {
          out.pack_array(sizeof...(field));
          (shape<std::remove_cvref_t<decltype(field)>>::pack(out, field), ...);
        },
        T::fields(x));
    else
      out.pack(x);
  }

  static void unpack(const msgpack::object& from, T& x) {
    if constexpr (lists_fields<T>) {
      if (from.type != msgpack::type::ARRAY)
        throw mismatch{"a record is not an array"};
      auto given = from.via.array.size;
      std::apply(
        [&](auto&... field) {
          if (given > sizeof...(field))
            throw mismatch{"a record has more fields than this version knows"};
          std::uint32_t at = 0; // fields that were appended later keep their defaults
          ((at < given ? shape<std::remove_cvref_t<decltype(field)>>::unpack(from.via.array.ptr[at++], field) : void()), ...);
        },
        T::fields(x));
    } else {
      from.convert(x);
    }
  }
};

template <class Tag, class Rep>
struct shape<strong_id<Tag, Rep>> {
  static void pack(packer& out, const strong_id<Tag, Rep>& x) { out.pack(x.value); }
  static void unpack(const msgpack::object& from, strong_id<Tag, Rep>& x) { from.convert(x.value); }
};

template <class T>
struct shape<std::vector<T>> {
  static void pack(packer& out, const std::vector<T>& x) {
    out.pack_array(static_cast<std::uint32_t>(x.size()));
    for (const auto& element : x)
      shape<T>::pack(out, element);
  }
  static void unpack(const msgpack::object& from, std::vector<T>& x) {
    if (from.type != msgpack::type::ARRAY)
      throw mismatch{"a list is not an array"};
    x.clear();
    x.reserve(from.via.array.size);
    for (std::uint32_t i = 0; i < from.via.array.size; ++i)
      shape<T>::unpack(from.via.array.ptr[i], x.emplace_back());
  }
};

template <class T>
struct shape<std::optional<T>> {
  static void pack(packer& out, const std::optional<T>& x) {
    if (x)
      shape<T>::pack(out, *x);
    else
      out.pack_nil();
  }
  static void unpack(const msgpack::object& from, std::optional<T>& x) {
    if (from.is_nil())
      x.reset();
    else
      shape<T>::unpack(from, x.emplace());
  }
};

/// Pairs and tuples: exactly as many elements as the type has, where msgpack itself would fill up in silence.
template <class Tuple>
struct tuple_shape {
  static void pack(packer& out, const Tuple& x) {
    std::apply(
      [&out](const auto&... element) {
        out.pack_array(sizeof...(element));
        (shape<std::remove_cvref_t<decltype(element)>>::pack(out, element), ...);
      },
      x);
  }
  static void unpack(const msgpack::object& from, Tuple& x) {
    if (from.type != msgpack::type::ARRAY || from.via.array.size != std::tuple_size_v<Tuple>)
      throw mismatch{"a tuple has another number of elements"};
    std::apply(
      [&from](auto&... element) {
        std::uint32_t at = 0;
        (shape<std::remove_cvref_t<decltype(element)>>::unpack(from.via.array.ptr[at++], element), ...);
      },
      x);
  }
};
template <class A, class B>
struct shape<std::pair<A, B>> : tuple_shape<std::pair<A, B>> {};
template <class... Ts>
struct shape<std::tuple<Ts...>> : tuple_shape<std::tuple<Ts...>> {};

template <class Key, class Value>
struct shape<std::map<Key, Value>> {
  static void pack(packer& out, const std::map<Key, Value>& x) {
    out.pack_map(static_cast<std::uint32_t>(x.size()));
    for (const auto& [key, value] : x) {
      shape<Key>::pack(out, key);
      shape<Value>::pack(out, value);
    }
  }
  static void unpack(const msgpack::object& from, std::map<Key, Value>& x) {
    if (from.type != msgpack::type::MAP)
      throw mismatch{"a map is not a map"};
    x.clear();
    for (std::uint32_t i = 0; i < from.via.map.size; ++i) {
      Key key;
      shape<Key>::unpack(from.via.map.ptr[i].key, key);
      shape<Value>::unpack(from.via.map.ptr[i].val, x[std::move(key)]);
    }
  }
};

} // namespace codec_detail

/// Appends the encoding of a value.
template <class T>
void encode_to(std::string& into, const T& value) {
  codec_detail::string_writer writer{into};
  codec_detail::packer out{writer};
  codec_detail::shape<T>::pack(out, value);
}

template <class T>
std::string encode(const T& value) {
  std::string bytes;
  encode_to(bytes, value);
  return bytes;
}

/// Error 65 if the bytes are not exactly one value of this type. Hostile bytes cost no more memory than a small multiple of theirs.
template <class T>
result<T> decode(std::string_view bytes) {
  constexpr auto what = "cannot decode";
  try {
    // A container's elements take at least a byte each, so a longer claim than the bytes is a lie.
    auto size = bytes.size();
    msgpack::unpack_limit limit{size, size, size, size, size, 32};
    std::size_t used = 0;
    auto handle = msgpack::unpack(bytes.data(), size, used, nullptr, nullptr, limit);
    if (used != size)
      return fail(error_code::corrupt, std::string{what} + ": bytes behind the value");
    T value{};
    codec_detail::shape<T>::unpack(handle.get(), value);
    return value;
  } catch (const codec_detail::mismatch& wrong) {
    return fail(error_code::corrupt, std::string{what} + ": " + wrong.what);
  } catch (const std::exception& wrong) {
    return fail(error_code::corrupt, std::string{what} + ": " + wrong.what());
  }
}

} // namespace weir::data
