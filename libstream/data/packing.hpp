#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>

#include <msgpack.hpp>

#include "libstream/data/type_shapes.hpp"

/// Where our msgpack says more than msgpack itself would, also inside users' structs with MSGPACK_DEFINE: -0.0 stays -0.0, and an empty
/// optional within an optional stays one. Everything else has the bytes that it would have anyway.
namespace weir::data::codec_detail {

/// What msgpack's packer writes to.
struct appender {
  std::string& bytes;
  void write(const char* data, std::size_t size) { bytes.append(data, size); }
};
using packer = msgpack::packer<appender>;

/// The same for bytes that say whether two values are one key (`order.hpp`): those have equal ones.
struct normal_appender : appender {};

/// A whole number is packed as an integer, which is shorter, as msgpack does; -0.0 would lose its sign.
template <class Packer, class Number>
bool pack_as_integer(Packer& to, Number value) {
  constexpr auto end = static_cast<Number>(0x1p63);
  if (!(value >= -end && value < 2 * end))
    return false;
  if (value >= 0 && value == static_cast<Number>(static_cast<std::uint64_t>(value)))
    return to.pack_uint64(static_cast<std::uint64_t>(value)), true;
  if (value < 0 && value == static_cast<Number>(static_cast<std::int64_t>(value)))
    return to.pack_int64(static_cast<std::int64_t>(value)), true;
  return false;
}

/// The header byte and the number's bytes, the greatest first.
template <class Number>
struct packed_floating {
  using word = std::conditional_t<sizeof(Number) == 4, std::uint32_t, std::uint64_t>;
  char bytes[1 + sizeof(Number)];

  explicit packed_floating(Number value) {
    word bits;
    std::memcpy(&bits, &value, sizeof bits);
    bytes[0] = static_cast<char>(sizeof(Number) == 4 ? 0xca : 0xcb);
    for (std::size_t at = 0; at < sizeof(Number); ++at)
      bytes[1 + at] = static_cast<char>(bits >> 8 * (sizeof(Number) - 1 - at));
  }
};

/// `append(packed_floating)` writes the bytes of a number that is no integer.
template <class Packer, class Number, class Append>
Packer& pack_floating(Packer& to, Number value, Append append) {
  if (auto loses_sign = value == 0 && std::signbit(value); loses_sign || !pack_as_integer(to, value)) {
    packed_floating<Number> raw{value};
    append(raw);
  }
  return to;
}

/// The same for values that are one key: one encoding for both zeros, and one for all NaNs.
template <class Packer, class Number, class Append>
Packer& pack_normal(Packer& to, Number value, Append append) {
  if (value != value)
    value = std::numeric_limits<Number>::quiet_NaN();
  if (!pack_as_integer(to, value)) {
    packed_floating<Number> raw{value};
    append(raw);
  }
  return to;
}

/// An optional in an optional says how deep an empty one lies by this extension type, whose one byte is the number of full ones around it.
/// Where the outermost is empty, that is nil, and where all are full, it is the value.
inline constexpr std::int8_t empty_within = 'o';

template <class T>
inline constexpr bool is_nested_optional = false;
template <class T>
inline constexpr bool is_nested_optional<std::optional<std::optional<T>>> = true;

/// Calls `full(value)` with what lies innermost, or `empty(how many full ones are around it)`.
template <class T, class Full, class Empty>
void look_into(const std::optional<T>& value, Full&& full, Empty&& empty, unsigned around = 0) {
  if (!value)
    empty(around);
  else if constexpr (is_optional<T>)
    look_into(*value, full, empty, around + 1);
  else
    full(*value);
}

template <class Packer>
void pack_empty(Packer& to, unsigned around) {
  auto depth = static_cast<char>(around);
  around == 0 ? void(to.pack_nil()) : void(to.pack_ext(1, empty_within).pack_ext_body(&depth, 1));
}

/// How many full optionals are around an empty one; nothing: it is a value.
inline std::optional<unsigned> read_empty(const msgpack::object& from) {
  if (from.type == msgpack::type::NIL)
    return 0;
  if (from.type == msgpack::type::EXT && from.via.ext.type() == empty_within && from.via.ext.size == 1)
    return static_cast<unsigned char>(from.via.ext.data()[0]);
  return std::nullopt;
}

/// Makes an empty one with so many full ones around it. False: it has not so many.
template <class T>
bool make_empty(std::optional<T>& value, unsigned around) {
  value.reset();
  if (around == 0)
    return true;
  if constexpr (is_optional<T>)
    return make_empty(value.emplace(), around - 1);
  else
    return false;
}

/// Fills all, and gives what lies innermost.
template <class T>
auto& make_full(std::optional<T>& value) {
  value.emplace();
  if constexpr (is_optional<T>)
    return make_full(*value);
  else
    return *value;
}

} // namespace weir::data::codec_detail

namespace msgpack {

MSGPACK_API_VERSION_NAMESPACE(v1) {

  template <>
  inline packer<weir::data::codec_detail::appender>& packer<weir::data::codec_detail::appender>::pack_double(
    double number) {
    return weir::data::codec_detail::pack_floating(*this, number,
                                                   [this](auto& raw) { append_buffer(raw.bytes, sizeof raw.bytes); });
  }
  template <>
  inline packer<weir::data::codec_detail::appender>& packer<weir::data::codec_detail::appender>::pack_float(
    float number) {
    return weir::data::codec_detail::pack_floating(*this, number,
                                                   [this](auto& raw) { append_buffer(raw.bytes, sizeof raw.bytes); });
  }
  template <>
  inline packer<weir::data::codec_detail::normal_appender>&
  packer<weir::data::codec_detail::normal_appender>::pack_double(double number) {
    return weir::data::codec_detail::pack_normal(*this, number,
                                                 [this](auto& raw) { append_buffer(raw.bytes, sizeof raw.bytes); });
  }
  template <>
  inline packer<weir::data::codec_detail::normal_appender>&
  packer<weir::data::codec_detail::normal_appender>::pack_float(float number) {
    return weir::data::codec_detail::pack_normal(*this, number,
                                                 [this](auto& raw) { append_buffer(raw.bytes, sizeof raw.bytes); });
  }

  namespace adaptor {

  template <class T>
  struct pack<std::optional<std::optional<T>>> {
    template <class Stream>
    msgpack::packer<Stream>& operator()(msgpack::packer<Stream>& to,
                                        const std::optional<std::optional<T>>& value) const {
      weir::data::codec_detail::look_into(
        value, [&](auto& full) { to.pack(full); },
        [&](unsigned around) { weir::data::codec_detail::pack_empty(to, around); });
      return to;
    }
  };

  template <class T>
  struct convert<std::optional<std::optional<T>>> {
    const msgpack::object& operator()(const msgpack::object& from, std::optional<std::optional<T>>& value) const {
      if (auto around = weir::data::codec_detail::read_empty(from); !around)
        from.convert(weir::data::codec_detail::make_full(value));
      else if (!weir::data::codec_detail::make_empty(value, *around))
        throw msgpack::type_error();
      return from;
    }
  };

  } // namespace adaptor
}

} // namespace msgpack
