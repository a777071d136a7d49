#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <type_traits>
#include <vector>

#include "actors/runtime/configuration.hpp"
#include "actors/runtime/setting_form.hpp"

namespace weir::actors {

/// One setting that people may change: what it is called, what values it takes, and where its value goes.
struct setting_row {
  std::string key;
  setting_form form = setting_form::text;
  std::uint64_t least = 0; ///< bytes, number, microseconds or millionths
  std::uint64_t most = 0;
  std::vector<std::string> words; ///< of a choice
  std::string meaning;
  std::function<setting_value(const configuration&)> read;
  /// Takes a value that is of the form and within its range. Error 78 if it means nothing all the same.
  std::function<result<void>(configuration&, const setting_value&)> write;

  std::string group;   ///< heading in help and documentation
  std::string nothing; ///< the word for "nobody decides it": auto, never; empty: there is none
  std::string follows; ///< what decides instead
  std::string shown;   ///< stands for the value in help: URL, N; such a setting is also a flag
  std::string if_bare; ///< value of the flag without one

  /// "--batch-interval" of batch_interval; empty if it is no flag.
  std::string flag() const;
  /// "WEIR_MEMORY_LIMIT" of memory.limit.
  std::string variable() const;
  /// "1ms to 3600s", "stop, skip or isolate"; empty if every text will do.
  std::string range() const;

  /// Also a flag, whose value help calls `name`. `bare`: what the flag means without a value.
  setting_row as_flag(std::string name, std::string bare = {}) &&;
  /// Unless someone sets it, or sets it to `word`, it follows from something else.
  setting_row unless_set(std::string word, std::string from = {}) &&;
};

/// The part of the configuration that has such a field.
inline settings& owner(configuration& whole, const settings*) { return whole.options.settings; }
inline runtime_options& owner(configuration& whole, const runtime_options*) { return whole.options; }
inline configuration& owner(configuration& whole, const configuration*) { return whole; }

template <class T>
setting_value value_of(const T& field) {
  setting_value value;
  if constexpr (std::is_same_v<T, std::string>)
    value.text = field;
  else if constexpr (std::is_floating_point_v<T>)
    value.number = static_cast<std::uint64_t>(field * static_cast<T>(millionths) + static_cast<T>(0.5));
  else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
    value.number = static_cast<std::uint64_t>(field);
  else
    value.number = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(field).count());
  return value;
}

template <class T>
void assign_value(T& field, const setting_value& value) {
  if constexpr (std::is_same_v<T, std::string>)
    field = value.text;
  else if constexpr (std::is_floating_point_v<T>)
    field = static_cast<T>(value.number) / static_cast<T>(millionths);
  else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>)
    field = static_cast<T>(value.number);
  else
    field = std::chrono::duration_cast<T>(std::chrono::microseconds{static_cast<std::int64_t>(value.number)});
}

/// A size, count, duration or fixed-point number from `least` to `most` in a field of `settings` (or of what surrounds it), which may be an
/// integer, a duration or a floating-point number. The field's own initialiser is the default.
template <class Owner, class T>
setting_row row(std::string key, T Owner::*field, setting_form form, std::uint64_t least, std::uint64_t most,
                std::string meaning) {
  setting_row row;
  row.key = std::move(key);
  row.form = form;
  row.least = least;
  row.most = most;
  row.meaning = std::move(meaning);
  row.write = [field](configuration& into, const setting_value& value) -> result<void> {
    assign_value(owner(into, static_cast<const Owner*>(nullptr)).*field, value);
    return {};
  };
  row.read = [field](const configuration& from) {
    return value_of(owner(const_cast<configuration&>(from), static_cast<const Owner*>(nullptr)).*field);
  };
  return row;
}

/// `boolean` in a bool, or `text` in a string.
template <class Owner, class T>
setting_row row(std::string key, T Owner::*field, setting_form form, std::string meaning) {
  return row(std::move(key), field, form, 0, form == setting_form::boolean ? 1 : UINT64_MAX, std::move(meaning));
}

/// One of some words, in a string, or in an enumeration that has them in the same order.
template <class Owner, class T>
setting_row row(std::string key, T Owner::*field, std::vector<std::string> words, std::string meaning) {
  auto choices = row(std::move(key), field, setting_form::choice, 0, words.size() - 1, std::move(meaning));
  choices.read = [number_or_text = std::move(choices.read), words](const configuration& from) {
    auto value = number_or_text(from);
    if (value.text.empty())
      value.text = words.at(value.number);
    return value;
  };
  choices.words = std::move(words);
  return choices;
}

} // namespace weir::actors
