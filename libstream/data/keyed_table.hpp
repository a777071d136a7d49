#pragma once

#include <bit>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "libstream/data/arena.hpp"
#include "libstream/data/record_traits.hpp"

namespace weir::data {

/// Key → accumulator, open addressing over entries that lie densely in the order of their first insertion, so that walking them
/// gives the same order on every attempt. Hashes are given, stored and compared before keys. Keys are re-homed into the table's
/// arena when they first come, unless `Rehome` is off because they outlive the table anyway. One thread.
template <class Key, class Accumulator, bool Rehome = true>
class keyed_table {
public:
  struct entry {
    std::uint64_t hash;
    Key key;
    Accumulator value;
  };

  explicit keyed_table(std::size_t expected = 0) { rehash(std::bit_ceil(std::max<std::size_t>(16, expected * 2))); }

  /// The accumulator of `key`; `make()` gives its first value if the key is new (then `second` is true).
  template <class Make>
  std::pair<Accumulator*, bool> find_or_insert(std::uint64_t hash, const Key& key, Make&& make) {
    auto tag = tag_of(hash);
    for (auto at = hash & mask_;; at = (at + 1) & mask_) {
      auto& here = slots_[at];
      if (here.index == empty)
        return {insert(at, tag, hash, key, std::forward<Make>(make)), true};
      if (here.tag == tag) {
        auto& found = entries_[here.index];
        if (found.hash == hash && same_key(found.key, key))
          return {&found.value, false};
      }
    }
  }

  const Accumulator* find(std::uint64_t hash, const Key& key) const {
    for (auto at = hash & mask_;; at = (at + 1) & mask_) {
      auto& here = slots_[at];
      if (here.index == empty)
        return nullptr;
      auto& found = entries_[here.index];
      if (found.hash == hash && same_key(found.key, key))
        return &found.value;
    }
  }

  /// For a lookup that will come, so that the misses of a whole chunk overlap. Prefetching entries and keys as well was slower.
  void prefetch(std::uint64_t hash) const { __builtin_prefetch(&slots_[hash & mask_]); }

  std::size_t size() const { return entries_.size(); }
  std::vector<entry>& entries() { return entries_; }
  const std::vector<entry>& entries() const { return entries_; }
  arena& keys() { return keys_; }
  std::size_t bytes() const {
    return entries_.capacity() * sizeof(entry) + slots_.size() * sizeof(slot) + keys_.bytes();
  }

private:
  /// Most keys are a few bytes long: two overlapping loads instead of a call.
  static bool same_key(const Key& a, const Key& b) {
    if constexpr (std::is_same_v<Key, std::string_view>) {
      auto size = a.size();
      if (size != b.size())
        return false;
      if (size - 4 <= 4) // 4..8
        return hash_detail::load32(a.data()) == hash_detail::load32(b.data()) &&
               hash_detail::load32(a.data() + size - 4) == hash_detail::load32(b.data() + size - 4);
      if (size - 8 <= 8) // 8..16
        return hash_detail::load64(a.data()) == hash_detail::load64(b.data()) &&
               hash_detail::load64(a.data() + size - 8) == hash_detail::load64(b.data() + size - 8);
    }
    return a == b;
  }

  static constexpr std::uint32_t empty = ~std::uint32_t{0};
  struct slot {
    std::uint32_t tag;
    std::uint32_t index;
  };
  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }

  template <class Make>
  Accumulator* insert(std::size_t at, std::uint32_t tag, std::uint64_t hash, const Key& key, Make&& make) {
    slots_[at] = {tag, static_cast<std::uint32_t>(entries_.size())};
    if constexpr (Rehome)
      entries_.push_back({hash, record_traits<Key>::rehome(key, keys_), make()});
    else
      entries_.push_back({hash, key, make()});
    if (entries_.size() * 2 > slots_.size())
      rehash(slots_.size() * 2);
    return &entries_.back().value;
  }

  void rehash(std::size_t size) {
    slots_.assign(size, {0, empty});
    mask_ = size - 1;
    for (std::uint32_t index = 0; index < entries_.size(); ++index) {
      auto at = entries_[index].hash & mask_;
      while (slots_[at].index != empty)
        at = (at + 1) & mask_;
      slots_[at] = {tag_of(entries_[index].hash), index};
    }
  }

  std::vector<slot> slots_;
  std::size_t mask_ = 0;
  std::vector<entry> entries_;
  arena keys_;
};

} // namespace weir::data
