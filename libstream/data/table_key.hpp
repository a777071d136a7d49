#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>

#include "libstream/data/arena.hpp"
#include "libstream/data/record_traits.hpp"
#include "libstream/data/short_text.hpp"

/// How tables and runs hold keys of a type. `table_key<Key>` names
///   stored                                  what a slot holds; all bytes 0 = an empty slot
///   probe                                   what a lookup needs, computed once a record
///   probe make(const Key&, seed)            hashes
///   probe of(const stored&, seed)           of a key that a table or run already holds: mostly without hashing it again
///   hash(const probe&)                      high bits choose the partition, bits from 8 on the slot
///   empty(stored), same(stored, probe)
///   place(stored*, const probe&, arena*)    constructs; with an arena it re-homes what the key borrows; in its normal form
///   Key take(stored&)                       the key, when its slot is needed no more; views may point into the slot
///   reserved(const probe&)                  the one key that looks like an empty slot
///   tag(stored), restore(stored*, tag, Key) between them a run can be written down; `restorable` tells whether tag and key fit
namespace weir::data {

/// Any key: its hash, then the key itself, or a pointer to it if it is large. Of keys that are the same (`order.hpp`) but do not look so, as
/// -0.0 and 0.0, it holds the normal form, so that it does not matter which came first.
template <class Key>
struct table_key {
  static constexpr bool lies_inside = sizeof(Key) <= 48 && std::is_nothrow_move_constructible_v<Key>;

  struct stored {
    std::uint64_t tag;
    std::conditional_t<lies_inside, Key, std::unique_ptr<Key>> key;
    const Key& get() const {
      if constexpr (lies_inside)
        return key;
      else
        return *key;
    }
  };
  struct probe {
    std::uint64_t tag;
    const Key* key;
  };

  static probe make(const Key& key, std::uint64_t seed) {
    auto hash = record_traits<Key>::hash(key, seed);
    return {hash | static_cast<std::uint64_t>(hash == 0), &key};
  }
  static probe of(const stored& held, std::uint64_t) { return {held.tag, &held.get()}; }
  static std::uint64_t hash(const probe& wanted) { return wanted.tag; }
  static bool empty(const stored& slot) { return slot.tag == 0; }
  static bool same(const stored& slot, const probe& wanted) {
    return slot.tag == wanted.tag && data::same(slot.get(), *wanted.key);
  }
  static constexpr bool reserved(const probe&) { return false; }

  static void place(stored* at, const probe& wanted, arena* home) {
    auto copy = [&] {
      auto made = home ? record_traits<Key>::rehome(*wanted.key, *home) : *wanted.key;
      normalize(made);
      return made;
    };
    if constexpr (lies_inside)
      new (at) stored{wanted.tag, copy()};
    else
      new (at) stored{wanted.tag, std::make_unique<Key>(copy())};
  }
  static Key take(stored& slot) {
    if constexpr (lies_inside)
      return std::move(slot.key);
    else
      return std::move(*slot.key);
  }
  static Key copy(const stored& slot) { return slot.get(); }
  static std::uint64_t tag(const stored& slot) { return slot.tag; }
  static bool restorable(std::uint64_t tag, const Key&) { return tag != 0; }
  static void restore(stored* at, std::uint64_t tag, Key key) {
    if constexpr (lies_inside)
      new (at) stored{tag, std::move(key)};
    else
      new (at) stored{tag, std::make_unique<Key>(std::move(key))};
  }
};

/// Text of up to 16 bytes lies in the slot, zero padded; of longer text, pointer and length do. The tag is the hash, but for its low
/// byte: that is the length of short text plus one, or `long_text`.
template <>
struct table_key<std::string_view> {
  static constexpr std::uint64_t long_text = 0xff;

  struct stored {
    std::uint64_t tag;
    short_text text;
    bool is_long() const { return (tag & 0xff) == long_text; }
    /// Of long text.
    std::string_view where() const { return {reinterpret_cast<const char*>(text.low), text.high}; }
    /// Valid while the slot stays where it is.
    std::string_view view() const {
      return is_long() ? where() : std::string_view{reinterpret_cast<const char*>(&text), (tag & 0xff) - 1};
    }
  };
  using probe = stored;

  static probe make(std::string_view key, std::uint64_t seed) {
    if (key.size() > short_text::max_bytes) [[unlikely]]
      return {hash_bytes(key, seed) | long_text, {reinterpret_cast<std::uintptr_t>(key.data()), key.size()}};
    auto text = short_text::load(key);
    return {(hash_short(text, key.size(), seed) & ~std::uint64_t{0xff}) | (key.size() + 1), text};
  }
  static probe of(const stored& held, std::uint64_t) { return held; }
  static std::uint64_t hash(const probe& wanted) { return wanted.tag; }
  static bool empty(const stored& slot) { return slot.tag == 0; }
  static bool same(const stored& slot, const probe& wanted) {
    if (slot.tag != wanted.tag)
      return false;
    if (((slot.text.low ^ wanted.text.low) | (slot.text.high ^ wanted.text.high)) == 0) [[likely]]
      return true;
    return slot.is_long() && slot.where() == wanted.where();
  }
  static constexpr bool reserved(const probe&) { return false; }

  static void place(stored* at, const probe& wanted, arena* home) {
    *at = wanted;
    if (home && wanted.is_long()) {
      auto copy = home->copy(wanted.where());
      at->text = {reinterpret_cast<std::uintptr_t>(copy.data()), copy.size()};
    }
  }
  static std::string_view take(const stored& slot) { return slot.view(); }
  static std::string_view copy(const stored& slot) { return slot.view(); }
  static std::uint64_t tag(const stored& slot) { return slot.tag; }
  static bool restorable(std::uint64_t tag, std::string_view key) {
    return (tag & 0xff) == (key.size() > short_text::max_bytes ? long_text : key.size() + 1);
  }
  static void restore(stored* at, std::uint64_t tag, std::string_view key) {
    auto is_long = (tag & 0xff) == long_text;
    *at = {tag, is_long ? short_text{reinterpret_cast<std::uintptr_t>(key.data()), key.size()} : short_text::load(key)};
  }
};

/// Numbers are cheap to hash again, so nothing but the number is stored; zero is the reserved key.
template <class Key>
  requires(std::is_integral_v<Key> || std::is_enum_v<Key>)
struct table_key<Key> {
  struct stored {
    Key key;
  };
  struct probe {
    Key key;
    std::uint64_t hash;
  };

  static probe make(Key key, std::uint64_t seed) { return {key, record_traits<Key>::hash(key, seed)}; }
  static probe of(const stored& held, std::uint64_t seed) { return make(held.key, seed); }
  static std::uint64_t hash(const probe& wanted) { return wanted.hash; }
  static bool empty(const stored& slot) { return slot.key == Key{}; }
  static bool same(const stored& slot, const probe& wanted) { return slot.key == wanted.key; }
  static bool reserved(const probe& wanted) { return wanted.key == Key{}; }
  static void place(stored* at, const probe& wanted, arena*) { at->key = wanted.key; }
  static Key take(const stored& slot) { return slot.key; }
  static Key copy(const stored& slot) { return slot.key; }
  static std::uint64_t tag(const stored&) { return 0; }
  static bool restorable(std::uint64_t, Key) { return true; }
  static void restore(stored* at, std::uint64_t, Key key) { at->key = key; }
};

/// A key with what belongs to it: a slot of a table, an element of a run.
template <class Key, class Value>
struct table_entry {
  typename table_key<Key>::stored key;
  Value value;
};

} // namespace weir::data
