#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "actors/node/message_bounds.hpp"
#include "libstream/base/ensure.hpp"
#include "libstream/base/fields.hpp"

/// A message that may be longer than its bounds, as the record of a batch or the exclusions of a task are, is said in parts: each is a message
/// of the same kind, with all that is no list, and with some of the elements of one list. Parts may come late, twice and in any order. Pure.
namespace weir::actors {

/// Which part of a message it is; all of a short one is part 0 of 1.
struct message_part {
  std::uint32_t number = 0;
  std::uint32_t count = 1;

  bool operator==(const message_part&) const = default;
  WEIR_FIELDS(x.number, x.count)
};

/// More parts than that has no message.
inline constexpr std::uint32_t most_message_parts = 4096;

/// `x.part` says which part it is, `T::long_lists(x)` are the lists that are split.
template <class T>
concept splittable_message = requires(T& x) {
  T::long_lists(x);
  x.part.count;
};

/// Lists of a message that may be said in several parts: `WEIR_LONG_LISTS(x.lines)` inside the struct.
#define WEIR_LONG_LISTS(...)                                                                                           \
  template <class Self>                                                                                                \
  static auto long_lists(Self& x) {                                                                                    \
    return std::tie(__VA_ARGS__);                                                                                      \
  }

/// As few messages as their bounds allow; one that is short is left as it is.
template <splittable_message Message>
std::vector<Message> parts_of(Message whole, const message_length& most = {most_entries, most_message_bytes}) {
  std::vector<Message> parts;
  if (length_of(whole).fits(most)) {
    parts.push_back(std::move(whole));
    return parts;
  }
  auto rest = whole;
  std::apply([](auto&... list) { (list.clear(), ...); }, Message::long_lists(rest));
  auto around = length_of(rest);
  ensure(around.fits({most.entries / 2, most.bytes / 2}), "what all parts of a message have is short", "entries",
         around.entries, "bytes", around.bytes);
  message_length room{most.entries - around.entries, most.bytes - around.bytes};
  auto split = [&](auto& list, auto list_of) {
    for (auto& some : in_parts(std::move(list), room)) {
      parts.push_back(rest);
      list_of(parts.back()) = std::move(some);
    }
  };
  auto lists = Message::long_lists(whole);
  [&]<std::size_t... Is>(std::index_sequence<Is...>) {
    (split(
       std::get<Is>(lists), [](auto& part) -> auto& { return std::get<Is>(Message::long_lists(part)); }),
     ...);
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(lists)>>{});
  ensure(parts.size() <= most_message_parts, "a message has few parts", "parts", parts.size());
  for (std::uint32_t i = 0; i < parts.size(); ++i)
    parts[i].part = {i, static_cast<std::uint32_t>(parts.size())};
  return parts;
}

/// Puts messages together again. Those belong together that are equal but for their lists. Of a few that are not complete yet it keeps what
/// has come; beyond that the oldest is forgotten, and said again by whoever asks until it is answered. One thread.
template <splittable_message Message>
class joined_parts {
public:
  /// Another part has come. The whole message, if that was the last one of it: valid until the next call.
  const Message* take(const Message& part) {
    if (part.part.count == 1)
      return &part;
    if (part.part.number >= part.part.count || part.part.count > most_message_parts)
      return nullptr; // nobody says that
    auto rest = rest_of(part);
    auto entry = std::find_if(incomplete_.begin(), incomplete_.end(),
                              [&](auto& each) { return Message::fields(each.rest) == Message::fields(rest); });
    if (entry == incomplete_.end()) {
      if (incomplete_.size() == most_incomplete)
        incomplete_.pop_front();
      incomplete_.push_back({std::move(rest), {}});
      entry = std::prev(incomplete_.end());
    }
    entry->parts.emplace(part.part.number, part);
    if (entry->parts.size() < part.part.count)
      return nullptr;
    whole_ = join(*entry);
    incomplete_.erase(entry);
    return &whole_;
  }

  /// Messages of which parts are kept.
  std::size_t incomplete() const { return incomplete_.size(); }

  static constexpr std::size_t most_incomplete = 16;

private:
  struct gathered {
    Message rest;
    std::map<std::uint32_t, Message> parts;
  };

  static Message rest_of(Message part) {
    std::apply([](auto&... list) { (list.clear(), ...); }, Message::long_lists(part));
    part.part.number = 0;
    return part;
  }

  static Message join(gathered& of) {
    auto whole = std::move(of.rest);
    auto lists = Message::long_lists(whole);
    auto append = [](auto& to, auto& from) {
      to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    };
    for (auto& [number, part] : of.parts) {
      auto more = Message::long_lists(part);
      [&]<std::size_t... Is>(std::index_sequence<Is...>) { (append(std::get<Is>(lists), std::get<Is>(more)), ...); }
      (std::make_index_sequence<std::tuple_size_v<decltype(lists)>>{});
    }
    whole.part = {};
    return whole;
  }

  std::deque<gathered> incomplete_; ///< the oldest first
  Message whole_;
};

} // namespace weir::actors
