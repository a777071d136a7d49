#pragma once

#include <bit>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "libstream/data/record_traits.hpp"
#include "libstream/data/wide.hpp"

/// The text of the commonest records, written into memory that is known to be large enough: many times as fast as `append_text`, whose
/// result it equals. For numbers, strings and pairs of them.
namespace weir::data {

namespace line_detail {

inline constexpr std::size_t slack = 16; ///< bytes behind its end that a write may touch

template <class T>
inline constexpr bool is_text = std::same_as<T, std::string_view> || std::same_as<T, std::string>;

inline constexpr auto two_digits = [] {
  struct {
    char of[200];
  } table{};
  for (int n = 0; n < 100; ++n) {
    table.of[2 * n] = static_cast<char>('0' + n / 10);
    table.of[2 * n + 1] = static_cast<char>('0' + n % 10);
  }
  return table;
}();

inline char* write_number(std::uint64_t value, char* to) {
  if (value < 10) {
    *to = static_cast<char>('0' + value);
    return to + 1;
  }
  if (value < 100) {
    std::memcpy(to, two_digits.of + 2 * value, 2);
    return to + 2;
  }
  if (value < 10'000) {
    auto high = value / 100;
    auto one = static_cast<std::size_t>(high < 10); // digits of `high` that are not there
    std::memcpy(to, two_digits.of + 2 * high + one, 2);
    std::memcpy(to + 2 - one, two_digits.of + 2 * (value - high * 100), 2);
    return to + 4 - one;
  }
  return std::to_chars(to, to + 20, value).ptr;
}

inline char* write_text(std::string_view text, char* to) {
  if (text.size() <= 16 && within_page(text.data(), 16)) {
    bytes_16::load(text.data()).store(to);
  } else if (!text.empty()) {
    std::memcpy(to, text.data(), text.size());
  }
  return to + text.size();
}

inline char* write_escaped(std::string_view text, char* to) {
  while (text.size() >= 16 || (!text.empty() && within_page(text.data(), 16))) {
    auto bytes = bytes_16::load(text.data());
    auto count = std::min<std::size_t>(text.size(), 16);
    if (bytes.escaped() & ((1u << count) - 1))
      break;
    bytes.store(to);
    to += count;
    text.remove_prefix(count);
  }
  for (char byte : text) {
    auto letter = byte == '\t' ? 't' : byte == '\n' ? 'n' : byte == '\r' ? 'r' : byte == '\\' ? '\\' : '\0';
    if (letter)
      *to++ = '\\';
    *to++ = letter ? letter : byte;
  }
  return to;
}

} // namespace line_detail

template <class T>
struct line_text {
  static constexpr bool known = false;
};

template <std::integral T>
struct line_text<T> {
  static constexpr bool known = true;
  static std::size_t most(T) { return 20; }
  static char* write(T value, char* to) {
    if constexpr (std::same_as<T, bool>) {
      return line_detail::write_text(value ? "true" : "false", to);
    } else {
      auto wide = static_cast<std::uint64_t>(value);
      if constexpr (std::is_signed_v<T>)
        if (value < 0) {
          *to++ = '-';
          wide = 0 - wide;
        }
      return line_detail::write_number(wide, to);
    }
  }
};

template <class T>
  requires line_detail::is_text<T>
struct line_text<T> {
  static constexpr bool known = true;
  static std::size_t most(const T& text) { return text.size(); }
  static char* write(const T& text, char* to) { return line_detail::write_text(text, to); }
};

template <class Key, class Value>
struct line_text<std::pair<Key, Value>> {
  static constexpr bool known = (std::integral<Key> || line_detail::is_text<Key>)&&line_text<Value>::known;
  static std::size_t most(const std::pair<Key, Value>& pair) {
    auto key = line_text<Key>::most(pair.first);
    return (line_detail::is_text<Key> ? 2 * key : key) + 1 + line_text<Value>::most(pair.second);
  }
  static char* write(const std::pair<Key, Value>& pair, char* to) {
    if constexpr (line_detail::is_text<Key>)
      to = line_detail::write_escaped(pair.first, to);
    else
      to = line_text<Key>::write(pair.first, to);
    *to++ = '\t';
    return line_text<Value>::write(pair.second, to);
  }
};

/// Whether the records of a type have such text. A user's own `record_traits` of a type of theirs stands.
template <class T>
inline constexpr bool has_line_text = line_text<T>::known;

} // namespace weir::data
