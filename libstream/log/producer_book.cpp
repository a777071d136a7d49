#include "libstream/log/producer_book.hpp"

#include <algorithm>

#include "libstream/base/ensure.hpp"

namespace weir::log {

namespace {

/// A producer that says hello has been heard of; that is written if the log has not heard of it for so long.
constexpr std::uint64_t hello_counts_after_ms = 3'600'000;

} // namespace

result<void> producer_book::append(std::span<const block_header> headers, std::uint64_t now_ms) {
  for (const auto& header : headers)
    for (const auto& range : header.producers) {
      auto known = find(header.id.input, range.producer);
      if (!known)
        return tl::make_unexpected(known.error());
      auto position = (*known)->position.value_or(producer_position{});
      position.last = std::max(position.last, range.last);
      position.seen_ms = std::max(position.seen_ms, now_ms);
      put(**known, position);
    }
  return {};
}

result<std::optional<producer_position>> producer_book::greet(input_id input, const std::string& producer,
                                                              std::uint64_t now_ms) {
  auto known = find(input, producer);
  if (!known)
    return tl::make_unexpected(known.error());
  auto position = (*known)->position;
  if (position && now_ms >= position->seen_ms + hello_counts_after_ms) {
    position->seen_ms = now_ms;
    put(**known, *position);
  }
  return position;
}

result<bool> producer_book::part(input_id input, const std::string& producer, std::uint64_t now_ms) {
  auto known = find(input, producer);
  if (!known)
    return tl::make_unexpected(known.error());
  auto is_new = !(*known)->position;
  auto position = (*known)->position.value_or(producer_position{});
  position.left = true;
  position.seen_ms = std::max(position.seen_ms, now_ms);
  put(**known, position);
  return is_new;
}

void producer_book::write(transaction& changes) const {
  for (const auto& [key, each] : entries_)
    if (each.changed)
      put_producer(changes, key.first, key.second, *each.position);
}

result<producer_book::entry*> producer_book::find(input_id input, const std::string& producer) {
  auto known = entries_.find({input, producer});
  if (known != entries_.end())
    return &known->second;
  auto position = read_producer(store_, input, producer);
  if (!position)
    return tl::make_unexpected(position.error());
  return &entries_.emplace(std::pair{input, producer}, entry{*position, false}).first->second;
}

void producer_book::put(entry& into, const producer_position& position) {
  ensure(!into.position || into.position->last <= position.last, "a producer's number never falls", "before",
         into.position ? into.position->last : 0, "last", position.last);
  into.changed = into.changed || into.position != position;
  into.position = position;
}

} // namespace weir::log
