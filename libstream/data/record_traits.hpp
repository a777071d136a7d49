#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "libstream/data/arena.hpp"
#include "libstream/data/hash.hpp"
#include "libstream/data/order.hpp"

/// How the engine treats a record type. Numbers, strings, pairs, tuples, optionals, vectors and maps work out of the box; a struct
/// with MSGPACK_DEFINE works once "libstream/data/msgpack_record.hpp" is included; any other type by a specialisation with:
///
///   static std::uint64_t hash(const T&, std::uint64_t seed);  equal values, equal hashes, in every process
///   static T rehome(const T&, arena&);                        a copy that outlives the block it was read from
///   static std::string schema();                              names the type in plans and stored state
///   static void append_text(const T&, std::string&);          how an output shows it
///
/// `static constexpr bool holds_itself = true;` besides saves the calls of `rehome` where a copy is as good. A type that views bytes elsewhere
/// needs a specialisation of `owned_of` (`owned.hpp`), too: what actions return must hold itself. How records are compared: `order.hpp`.
namespace weir::data {

template <class T>
struct record_traits;

template <class T>
concept record = requires(const T& value, arena& home, std::string& text) {
  { record_traits<T>::hash(value, std::uint64_t{}) } -> std::convertible_to<std::uint64_t>;
  { record_traits<T>::rehome(value, home) } -> std::convertible_to<T>;
  { record_traits<T>::schema() } -> std::convertible_to<std::string>;
  record_traits<T>::append_text(value, text);
};

// What holds others is a record if all of them are: the specialisations below say so, and a mistake shows before it is used.

template <class T>
struct plain_traits {
  static constexpr bool holds_itself = true;
  static T rehome(const T& value, arena&) { return value; }
};

template <>
struct record_traits<bool> : plain_traits<bool> {
  static std::uint64_t hash(bool value, std::uint64_t seed) { return hash_word(value, seed); }
  static std::string schema() { return "bool"; }
  static void append_text(bool value, std::string& text) { text += value ? "true" : "false"; }
};

template <std::integral T>
struct record_traits<T> : plain_traits<T> {
  static std::uint64_t hash(T value, std::uint64_t seed) { return hash_word(static_cast<std::uint64_t>(value), seed); }
  static std::string schema() { return (std::is_signed_v<T> ? "int" : "uint") + std::to_string(8 * sizeof(T)); }
  static void append_text(T value, std::string& text) {
    char digits[24];
    auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    text.append(digits, end);
  }
};

template <std::floating_point T>
struct record_traits<T> : plain_traits<T> {
  static std::uint64_t hash(T value, std::uint64_t seed) {
    auto wide = static_cast<double>(normalized(value)); // one hash for both zeros, and one for all that are no numbers
    std::uint64_t bits;
    std::memcpy(&bits, &wide, sizeof bits);
    return hash_word(bits, seed);
  }
  static std::string schema() { return "float" + std::to_string(8 * sizeof(T)); }
  static void append_text(T value, std::string& text) {
    if (value != value) { // whatever its sign, which nobody can compare
      text += "nan";
      return;
    }
    char digits[64];
    auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    text.append(digits, end);
  }
};

template <>
struct record_traits<std::string_view> {
  static std::uint64_t hash(std::string_view value, std::uint64_t seed) { return hash_bytes(value, seed); }
  static std::string_view rehome(std::string_view value, arena& home) { return home.copy(value); }
  static std::string schema() { return "string"; }
  static void append_text(std::string_view value, std::string& text) { text += value; }
};

template <>
struct record_traits<std::string> : plain_traits<std::string> {
  static std::uint64_t hash(const std::string& value, std::uint64_t seed) { return hash_bytes(value, seed); }
  static std::string schema() { return "string"; }
  static void append_text(const std::string& value, std::string& text) { text += value; }
};

/// Keys are escaped so that a line has one tab and one end.
inline void append_escaped(std::string_view key, std::string& text) {
  if (key.find_first_of("\t\n\r\\") == std::string_view::npos) {
    text += key;
    return;
  }
  for (auto byte : key)
    switch (byte) {
      case '\t': text += "\\t"; break;
      case '\n': text += "\\n"; break;
      case '\r': text += "\\r"; break;
      case '\\': text += "\\\\"; break;
      default: text += byte;
    }
}

namespace traits_detail {

template <class Tuple>
struct tuple_traits {
  template <class T>
  using traits = record_traits<std::remove_cvref_t<T>>;

  static std::uint64_t hash(const Tuple& value, std::uint64_t seed) {
    return std::apply(
      [seed](const auto&... element) {
        auto all = seed;
        ((all = hash_combine(all, traits<decltype(element)>::hash(element, seed))), ...);
        return all;
      },
      value);
  }
  static Tuple rehome(const Tuple& value, arena& home) {
    return std::apply(
      [&home](const auto&... element) { return Tuple{traits<decltype(element)>::rehome(element, home)...}; }, value);
  }
  static std::string schema() {
    return []<std::size_t... I>(std::index_sequence<I...>) {
      std::string text = "(";
      ((text += (I ? "," : "") + record_traits<std::tuple_element_t<I, Tuple>>::schema()), ...);
      return text + ")";
    }
    (std::make_index_sequence<std::tuple_size_v<Tuple>>{});
  }
};

template <class Range, class Each>
void append_list(const Range& elements, std::string& text, char open, char close, Each each) {
  text += open;
  auto first = true;
  for (const auto& element : elements) {
    if (!std::exchange(first, false))
      text += ',';
    each(element);
  }
  text += close;
}

} // namespace traits_detail

/// Shown as `key<TAB>value`.
template <record Key, record Value>
struct record_traits<std::pair<Key, Value>> : traits_detail::tuple_traits<std::pair<Key, Value>> {
  static void append_text(const std::pair<Key, Value>& value, std::string& text) {
    if constexpr (std::convertible_to<const Key&, std::string_view>) {
      append_escaped(value.first, text);
    } else {
      std::string key;
      record_traits<Key>::append_text(value.first, key);
      append_escaped(key, text);
    }
    text += '\t';
    record_traits<Value>::append_text(value.second, text);
  }
};

template <record... Ts>
struct record_traits<std::tuple<Ts...>> : traits_detail::tuple_traits<std::tuple<Ts...>> {
  static void append_text(const std::tuple<Ts...>& value, std::string& text) {
    text += '(';
    std::apply(
      [&text](const auto&... element) {
        auto first = true;
        (((first ? void() : void(text += ',')), first = false,
          record_traits<std::remove_cvref_t<decltype(element)>>::append_text(element, text)),
         ...);
      },
      value);
    text += ')';
  }
};

template <record T>
struct record_traits<std::optional<T>> {
  static std::uint64_t hash(const std::optional<T>& value, std::uint64_t seed) {
    return value ? hash_combine(1, record_traits<T>::hash(*value, seed)) : hash_word(0, seed);
  }
  static std::optional<T> rehome(const std::optional<T>& value, arena& home) {
    return value ? std::optional<T>{record_traits<T>::rehome(*value, home)} : std::nullopt;
  }
  static std::string schema() { return "optional<" + record_traits<T>::schema() + ">"; }
  static void append_text(const std::optional<T>& value, std::string& text) {
    if (value)
      record_traits<T>::append_text(*value, text);
    else
      text += "none";
  }
};

template <record T>
struct record_traits<std::vector<T>> {
  static std::uint64_t hash(const std::vector<T>& value, std::uint64_t seed) {
    auto all = hash_word(value.size(), seed);
    for (const auto& element : value)
      all = hash_combine(all, record_traits<T>::hash(element, seed));
    return all;
  }
  static std::vector<T> rehome(const std::vector<T>& value, arena& home) {
    std::vector<T> copy;
    copy.reserve(value.size());
    for (const auto& element : value)
      copy.push_back(record_traits<T>::rehome(element, home));
    return copy;
  }
  static std::string schema() { return "list<" + record_traits<T>::schema() + ">"; }
  static void append_text(const std::vector<T>& value, std::string& text) {
    traits_detail::append_list(value, text, '[', ']',
                               [&](const T& element) { record_traits<T>::append_text(element, text); });
  }
};

template <record Key, record Value>
struct record_traits<std::map<Key, Value>> {
  static std::uint64_t hash(const std::map<Key, Value>& value, std::uint64_t seed) {
    auto all = hash_word(value.size(), seed);
    for (const auto& [key, mapped] : value)
      all =
        hash_combine(hash_combine(all, record_traits<Key>::hash(key, seed)), record_traits<Value>::hash(mapped, seed));
    return all;
  }
  static std::map<Key, Value> rehome(const std::map<Key, Value>& value, arena& home) {
    std::map<Key, Value> copy;
    for (const auto& [key, mapped] : value)
      copy.emplace(record_traits<Key>::rehome(key, home), record_traits<Value>::rehome(mapped, home));
    return copy;
  }
  static std::string schema() {
    return "map<" + record_traits<Key>::schema() + "," + record_traits<Value>::schema() + ">";
  }
  static void append_text(const std::map<Key, Value>& value, std::string& text) {
    traits_detail::append_list(value, text, '{', '}', [&](const auto& entry) {
      record_traits<Key>::append_text(entry.first, text);
      text += ':';
      record_traits<Value>::append_text(entry.second, text);
    });
  }
};

} // namespace weir::data
