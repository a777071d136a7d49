#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "actors/node/message_bounds.hpp"
#include "libstream/base/ensure.hpp"

namespace caf {
class deserializer;
class error;
class serializer;
} // namespace caf

/// Lists the fields of a message that goes to other actors, as WEIR_FIELDS does, and bounds how long it may be where it is encoded and decoded.
#define WEIR_MESSAGE(...)                                                                                              \
  WEIR_FIELDS(__VA_ARGS__)                                                                                             \
  static constexpr const char* field_names() { return #__VA_ARGS__; }

/// How messages become bytes, and come back from them: whoever encodes one asserts its bounds, and whoever decodes one refuses what says that it is
/// longer, before anything is allocated for it. The number of elements of a list, or of bytes of a text, stands in front of it in eight bytes.
namespace weir::actors {

template <class T>
concept bounded_message = requires(T& x) {
  T::fields(x);
  T::field_names();
};

/// CAF's error for a message that is too long. Explained in `bounded_message.cpp`, so that this header needs no CAF.
template <class Error>
Error refuse_message(const std::string& why);

/// Why this thread refused a message, since it was asked last; empty: it refused none. CAF drops the error of a message's content and hands on an empty
/// message, so whoever decodes one asks here.
std::string take_refusal();

/// As people know it: "store_blocks".
template <class T>
std::string name_of_message() {
  std::string_view name = __PRETTY_FUNCTION__;
  auto begin = name.find("T = ") + 4;
  name = name.substr(begin, name.find_first_of(";]", begin) - begin);
  return std::string{name.substr(name.rfind(':') + 1)};
}

/// "x.input, x.headers", 1: "headers".
std::string field_name(std::string_view names, std::size_t number);

namespace coding {

/// caf::error, which need not be complete before a message is encoded.
template <class Message>
struct known_later {
  using error = caf::error;
};
template <class Message>
using error_for = typename known_later<Message>::error;

template <class T>
inline constexpr bool is_list = false;
template <class T>
inline constexpr bool is_list<std::vector<T>> = true;

template <class T>
concept has_listed_fields = requires(T& x) {
  T::fields(x);
};

/// Reads one message. `Source` is caf::deserializer.
template <class Source, class Error, bounded_message Message>
class reader {
public:
  explicit reader(Source& from) : from_{from} {}

  Error read(Message& message) {
    Error failed;
    auto read_field = [&](auto& field) {
      failed = read_value(field);
      ++field_;
      return !failed;
    };
    std::apply([&](auto&... field) { (read_field(field) && ...); }, Message::fields(message));
    return failed;
  }

private:
  template <class T>
  Error read_value(T& value) {
    static_assert(!std::is_floating_point_v<T>, "CAF encodes floating point numbers wrongly");
    if constexpr (std::is_same_v<T, std::string>)
      return read_text(value);
    else if constexpr (is_list<T>)
      return read_list(value);
    else if constexpr (has_listed_fields<T>) {
      Error failed;
      std::apply([&](auto&... field) { ((failed = read_value(field), !failed) && ...); }, T::fields(value));
      return failed;
    } else {
      if (auto refused = take_bytes(sizeof(T)))
        return refused;
      return from_(value);
    }
  }

  Error read_text(std::string& text) {
    std::uint64_t size = 0;
    if (auto failed = read_value(size))
      return failed;
    if (auto refused = take_bytes(size))
      return refused;
    text.resize(size);
    return size > 0 ? from_.apply_raw(size, text.data()) : Error{};
  }

  template <class T>
  Error read_list(std::vector<T>& list) {
    std::uint64_t size = 0;
    if (auto failed = read_value(size))
      return failed;
    if (size > entries_left_)
      return refuse(most_entries - entries_left_, size, most_entries, "entries");
    entries_left_ -= size;
    list.clear();
    for (std::uint64_t i = 0; i < size; ++i)
      if (auto failed = read_value(list.emplace_back()))
        return failed;
    return {};
  }

  Error take_bytes(std::uint64_t size) {
    if (size > bytes_left_)
      return refuse(most_message_bytes - bytes_left_, size, most_message_bytes, "bytes");
    bytes_left_ -= size;
    return {};
  }

  Error refuse(std::uint64_t before, std::uint64_t more, std::uint64_t most, const char* what) const {
    return refuse_message<Error>("a message " + name_of_message<Message>() + " says that its field " +
                                 field_name(Message::field_names(), field_) + " has " + std::to_string(more) + " " +
                                 what + " behind " + std::to_string(before) + "; all of a message has at most " +
                                 std::to_string(most));
  }

  Source& from_;
  std::size_t field_ = 0;
  std::size_t entries_left_ = most_entries;
  std::size_t bytes_left_ = most_message_bytes;
};

/// Writes what `reader` reads. `Sink` is caf::serializer.
template <class Sink, class Error, class T>
Error write(Sink& to, T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    std::uint64_t size = value.size();
    if (auto failed = to(size))
      return failed;
    return size > 0 ? to.apply_raw(size, value.data()) : Error{};
  } else if constexpr (is_list<T>) {
    std::uint64_t size = value.size();
    if (auto failed = to(size))
      return failed;
    for (auto& each : value)
      if (auto failed = write<Sink, Error>(to, each))
        return failed;
    return {};
  } else if constexpr (has_listed_fields<T>) {
    Error failed;
    std::apply([&](auto&... field) { ((failed = write<Sink, Error>(to, field), !failed) && ...); }, T::fields(value));
    return failed;
  } else {
    return to(value);
  }
}

} // namespace coding

// CAF finds these two by their arguments. They are nearer than the general ones of `caf.hpp`.

template <bounded_message Message>
coding::error_for<Message> inspect(caf::deserializer& from, Message& message) {
  return coding::reader<caf::deserializer, coding::error_for<Message>, Message>{from}.read(message);
}

template <bounded_message Message>
coding::error_for<Message> inspect(caf::serializer& to, Message& message) {
  auto length = length_of(message);
  expect_debug(length.fits(), "a sender splits what is too long for a message", "message", name_of_message<Message>(),
               "entries", length.entries, "bytes", length.bytes);
  if (!length.fits())
    return refuse_message<coding::error_for<Message>>("a message " + name_of_message<Message>() + " would have " +
                                                      std::to_string(length.entries) + " entries and " +
                                                      std::to_string(length.bytes) + " bytes");
  return coding::write<caf::serializer, coding::error_for<Message>>(to, message);
}

} // namespace weir::actors
