#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "libstream/base/error.hpp"
#include "libstream/data/codec.hpp"
#include "libstream/data/type_shapes.hpp"

/// Values as flat bytes: between our own nodes and in scratch files, where both ends are the same build. An order of magnitude cheaper
/// than msgpack and not readable by anyone else. Numbers are copied as they lie in memory; texts, vectors and maps stand behind their
/// length; pairs, tuples and structs that list their fields are their parts; a user's MSGPACK_DEFINE is msgpack behind its length.
namespace weir::data {

namespace flat_detail {

template <class T>
constexpr bool encodable();

template <class Tuple>
constexpr bool parts_encodable() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return sizeof...(I) > 0 && (encodable<std::remove_cvref_t<std::tuple_element_t<I, Tuple>>>() && ...);
  }
  (std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

/// A product of nothing is not: a vector of them could be of any length.
template <class T>
constexpr bool encodable() {
  if constexpr (!std::is_default_constructible_v<T>)
    return false;
  else if constexpr (number<T> || text_like<T> || is_strong_id<T> || packs_itself<T>)
    return true;
  else if constexpr (product<T>)
    return parts_encodable<T>();
  else if constexpr (lists_fields<T>)
    return parts_encodable<decltype(T::fields(std::declval<T&>()))>();
  else if constexpr (is_optional<T> || is_vector<T>)
    return encodable<typename T::value_type>();
  else if constexpr (is_map<T>)
    return encodable<typename T::key_type>() && encodable<typename T::mapped_type>();
  else
    return false;
}

template <class T>
constexpr std::size_t least_bytes();

template <class Tuple>
constexpr std::size_t least_bytes_of_parts() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return (least_bytes<std::remove_cvref_t<std::tuple_element_t<I, Tuple>>>() + ...);
  }
  (std::make_index_sequence<std::tuple_size_v<Tuple>>{});
}

/// What a value takes at least, so that a length that cannot be right is seen before anything is reserved for it.
template <class T>
constexpr std::size_t least_bytes() {
  if constexpr (number<T>)
    return sizeof(T);
  else if constexpr (is_strong_id<T>)
    return sizeof(typename T::rep);
  else if constexpr (product<T>)
    return least_bytes_of_parts<T>();
  else if constexpr (lists_fields<T>)
    return least_bytes_of_parts<decltype(T::fields(std::declval<T&>()))>();
  else
    return 1;
}

template <class T>
void append_plain(std::string& bytes, const T& value) {
  char raw[sizeof(T)];
  std::memcpy(raw, &value, sizeof value);
  bytes.append(raw, sizeof raw);
}

/// Seven bits a byte, the lowest first: short lengths take one byte.
inline void append_size(std::string& bytes, std::uint64_t size) {
  for (; size >= 0x80; size >>= 7)
    bytes.push_back(static_cast<char>(size | 0x80));
  bytes.push_back(static_cast<char>(size));
}

inline void append_text(std::string& bytes, std::string_view text) {
  append_size(bytes, text.size());
  bytes.append(text);
}

template <class T>
inline constexpr bool lies_as_array = is_vector<T>;
template <class Allocator>
inline constexpr bool lies_as_array<std::vector<bool, Allocator>> = false;

/// Whether elements of a vector can be copied at once.
template <class T>
constexpr bool copied_at_once() {
  if constexpr (lies_as_array<T>)
    return number<typename T::value_type> && !std::is_same_v<typename T::value_type, bool>;
  else
    return false;
}

} // namespace flat_detail

/// A type whose values can be encoded: built from numbers, texts, the standard's products and containers, and structs that say their
/// members. Others cannot be spilled or sent.
template <class T>
concept flat_encodable = flat_detail::encodable<T>();

/// Appends the encoding of `value`.
template <flat_encodable T>
void append_flat(std::string& bytes, const T& value) {
  using namespace flat_detail;
  if constexpr (number<T>) {
    append_plain(bytes, value);
  } else if constexpr (text_like<T>) {
    append_text(bytes, value);
  } else if constexpr (is_strong_id<T>) {
    append_plain(bytes, value.value);
  } else if constexpr (packs_itself<T>) {
    append_text(bytes, encode(value));
  } else if constexpr (product<T>) {
    std::apply([&](const auto&... parts) { (append_flat(bytes, parts), ...); }, value);
  } else if constexpr (lists_fields<T>) {
    std::apply([&](const auto&... parts) { (append_flat(bytes, parts), ...); }, T::fields(value));
  } else if constexpr (is_optional<T>) {
    bytes.push_back(value ? 1 : 0);
    if (value)
      append_flat(bytes, *value);
  } else if constexpr (copied_at_once<T>()) {
    append_size(bytes, value.size());
    bytes.append(reinterpret_cast<const char*>(value.data()), value.size() * sizeof(typename T::value_type));
  } else if constexpr (is_vector<T>) {
    append_size(bytes, value.size());
    for (const typename T::value_type& element : value)
      append_flat(bytes, element);
  } else {
    append_size(bytes, value.size());
    for (auto& [key, mapped] : value) {
      append_flat(bytes, key);
      append_flat(bytes, mapped);
    }
  }
}

/// Reads values one behind the other. Whatever the bytes are, it stays within them and takes memory in proportion to them; once something
/// did not fit, `ok()` is false and all that is read is empty. One thread.
class flat_reader {
public:
  /// `bytes` outlives the reader, and every `string_view` that is read.
  explicit flat_reader(std::string_view bytes) : rest_{bytes} {}

  bool ok() const { return ok_; }
  bool finished() const { return ok_ && rest_.empty(); }

  template <flat_encodable T>
  T read() {
    T value{};
    read_into(value);
    return value;
  }

  /// A number of things that take at least `least_bytes` each, and so no more than can be there.
  std::uint64_t read_size(std::size_t least_bytes = 1) {
    std::uint64_t size = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      auto byte = static_cast<unsigned char>(take(1).empty() ? 0 : last_[0]);
      size |= std::uint64_t{byte & 0x7fu} << shift;
      if (byte < 0x80) {
        if (size > rest_.size() / least_bytes)
          return refuse();
        return size;
      }
    }
    return refuse();
  }

private:
  template <class T>
  void read_into(T& value) {
    using namespace flat_detail;
    if constexpr (std::is_same_v<T, bool>) {
      value = read_flag();
    } else if constexpr (number<T>) {
      read_plain(value);
    } else if constexpr (text_like<T>) {
      value = T{read_text()};
    } else if constexpr (is_strong_id<T>) {
      read_plain(value.value);
    } else if constexpr (packs_itself<T>) {
      read_packed(value);
    } else if constexpr (product<T>) {
      std::apply([this](auto&... parts) { (read_into(parts), ...); }, value);
    } else if constexpr (lists_fields<T>) {
      std::apply([this](auto&... parts) { (read_into(parts), ...); }, T::fields(value));
    } else if constexpr (is_optional<T>) {
      value.reset(); // a struct may have begun with another
      if (read_flag())
        read_into(value.emplace());
    } else if constexpr (is_vector<T>) {
      read_vector(value);
    } else {
      read_map(value);
    }
  }

  template <class T>
  void read_plain(T& value) {
    if (auto raw = take(sizeof value); !raw.empty())
      std::memcpy(&value, raw.data(), sizeof value);
  }

  bool read_flag() {
    auto raw = take(1);
    if (!raw.empty() && static_cast<unsigned char>(raw[0]) > 1)
      refuse();
    return ok_ && raw[0] == 1;
  }

  std::string_view read_text() { return take(read_size()); }

  template <class T>
  void read_packed(T& value) {
    auto packed = read_text();
    auto decoded = ok_ ? decode<T>(packed) : result<T>{};
    if (decoded)
      value = std::move(*decoded);
    else
      refuse();
  }

  template <class T>
  void read_vector(T& value) {
    using element = typename T::value_type;
    value.clear();
    if constexpr (flat_detail::copied_at_once<T>()) {
      auto raw = take(read_size(sizeof(element)) * sizeof(element));
      value.resize(raw.size() / sizeof(element));
      if (!raw.empty())
        std::memcpy(value.data(), raw.data(), raw.size());
    } else {
      for (auto left = read_size(flat_detail::least_bytes<element>()); left > 0 && ok_; --left)
        value.push_back(read<element>());
    }
  }

  template <class T>
  void read_map(T& value) {
    using key_type = typename T::key_type;
    using mapped_type = typename T::mapped_type;
    value.clear();
    for (auto left = read_size(flat_detail::least_bytes<std::pair<key_type, mapped_type>>()); left > 0 && ok_; --left) {
      auto key = read<key_type>();
      auto mapped = read<mapped_type>();
      if (!value.emplace(std::move(key), std::move(mapped)).second)
        refuse();
    }
  }

  std::string_view take(std::uint64_t size) {
    if (!ok_ || size > rest_.size()) {
      refuse();
      return {};
    }
    last_ = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return last_;
  }

  std::uint64_t refuse() {
    ok_ = false;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  std::string_view last_; ///< what was taken last
  bool ok_ = true;
};

/// The value in `bytes`, all of them; error 65 if they are not one. A `string_view` in the result is a view of `bytes`.
template <flat_encodable T>
result<T> decode_flat(std::string_view bytes) {
  flat_reader reader{bytes};
  auto value = reader.read<T>();
  if (!reader.finished())
    return fail(error_code::corrupt, "bytes do not hold a value of this type");
  return value;
}

} // namespace weir::data
