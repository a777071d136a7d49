#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "libstream/data/memory_block.hpp"
#include "libstream/data/table_key.hpp"

namespace weir::data {

/// Key → value by open addressing with linear probing, at most half full: what combine, reduce and state stand on. Keys and small
/// values lie in the slots, so that a lookup touches one cache line; larger values lie in a vector beside them. Works on chunks of
/// keys, so that the misses of a large table overlap. Keys are re-homed into the table's arena when they first come, unless `Rehome` is
/// off because they outlive the table anyway. The order of the slots follows from the seed, the first size and the insertions alone.
/// One thread. A Value is movable.
template <class Key, class Value, bool Rehome = true>
class keyed_table {
  using layout = table_key<Key>;
  static constexpr bool values_inside = sizeof(Value) <= 32 && std::is_nothrow_move_constructible_v<Value>;
  using slot = table_entry<Key, std::conditional_t<values_inside, Value, std::uint32_t>>;
  static_assert(alignof(slot) <= 64);

public:
  using key_stored = typename layout::stored;
  using probe = typename layout::probe;

  /// Has room for `expected` keys before it grows.
  explicit keyed_table(std::uint64_t seed, std::size_t expected = 0) : seed_{seed} {
    allocate(std::bit_ceil(std::max<std::size_t>(32, expected * 2)));
  }
  keyed_table(const keyed_table&) = delete;
  keyed_table& operator=(const keyed_table&) = delete;
  ~keyed_table() {
    destroy_all();
    if (size_ == 0)
      memory_.mark_zeroed();
  }

  probe make_probe(const Key& key) const { return layout::make(key, seed_); }

  /// For each key, in order: `join(value, i)` if it is there, otherwise `make(i)` gives its first value.
  template <class Make, class Join>
  void upsert(std::span<const probe> keys, Make&& make, Join&& join) {
    if (slot_bytes() <= first_level_bytes)
      return probe_all<false>(keys, make, join);
    probe_all<true>(keys, make, join);
  }
  template <class Make, class Join>
  void upsert(const Key& key, Make&& make, Join&& join) {
    auto wanted = make_probe(key);
    upsert(
      {&wanted, 1}, [&](std::size_t) { return make(); }, [&](Value& value, std::size_t) { join(value); });
  }

  /// For each key, in order: `join(value, i)` if it is there, otherwise `pass(i)`; none comes to the table.
  template <class Join, class Pass>
  void join_known(std::span<const probe> keys, Join&& join, Pass&& pass) {
    for (std::size_t i = 0; i < std::min(lookahead, keys.size()); ++i)
      __builtin_prefetch(&slots_[home(keys[i])], 1);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (i + lookahead < keys.size())
        __builtin_prefetch(&slots_[home(keys[i + lookahead])], 1);
      if (auto known = lookup(keys[i]))
        join(value_of(*known), i);
      else
        pass(i);
    }
  }

  /// Null if the key is not there.
  const Value* find(const Key& key) const {
    auto known = lookup(make_probe(key));
    return known ? &value_of(*known) : nullptr;
  }

  /// `visit(key as stored, value)` for all, in the order of the slots. It may take key and value out.
  template <class Visit>
  void visit(Visit&& visit) {
    if (has_reserved_)
      visit(reserved().key, value_of(reserved()));
    for_each_filled(slots_, slots(), [&](slot& at) { visit(at.key, value_of(at)); });
  }

  /// The same, and forgets each at once: cheaper than to clear the table afterwards.
  template <class Visit>
  void drain(Visit&& visit) {
    if (has_reserved_) {
      visit(reserved().key, value_of(reserved()));
      std::destroy_at(&reserved());
      has_reserved_ = false;
    }
    for_each_filled(slots_, slots(), [&](slot& at) {
      visit(at.key, value_of(at));
      vacate(at);
    });
    values_.clear();
    size_ = 0;
  }

  /// Forgets all keys and keeps the slots. Views of keys end, but for what lies in the arena.
  void clear() {
    destroy_all();
    std::memset(static_cast<void*>(slots_), 0, slots() * sizeof(slot));
    values_.clear();
    size_ = 0;
    has_reserved_ = false;
  }

  std::size_t size() const { return size_; }
  std::size_t slots() const { return mask_ + 1; }
  /// Whether another `more` keys could make it grow.
  bool grows_with(std::size_t more) const { return (size_ + more) * 2 > slots(); }
  std::size_t slot_bytes() const { return slots() * sizeof(slot); }
  std::size_t bytes() const { return memory_.size() + values_.capacity() * sizeof(Value) + home_.bytes(); }
  /// The longest run of slots without an empty one: what a lookup that finds nothing may have to walk. For tests.
  std::size_t longest_cluster() const {
    std::size_t longest = 0, current = 0;
    for (std::size_t at = 0; at < slots(); ++at) {
      current = layout::empty(slots_[at].key) ? 0 : current + 1;
      longest = std::max(longest, current);
    }
    return longest;
  }
  arena& home() { return home_; }
  std::uint64_t seed() const { return seed_; }

private:
  /// Lookups under way at once, and the size from which on that gains more than it costs.
  static constexpr std::size_t lookahead = 16;
  static constexpr std::size_t first_level_bytes = 32 * limits::kib;

  slot& reserved() { return *reinterpret_cast<slot*>(reserved_place_); }
  const slot& reserved() const { return *reinterpret_cast<const slot*>(reserved_place_); }
  std::size_t home(const probe& wanted) const { return layout::hash(wanted) >> 8 & mask_; }

  const slot* lookup(const probe& wanted) const {
    if (layout::reserved(wanted)) [[unlikely]]
      return has_reserved_ ? &reserved() : nullptr;
    for (auto at = home(wanted);; at = (at + 1) & mask_) {
      if (layout::same(slots_[at].key, wanted))
        return &slots_[at];
      if (layout::empty(slots_[at].key))
        return nullptr;
    }
  }
  slot* lookup(const probe& wanted) { return const_cast<slot*>(std::as_const(*this).lookup(wanted)); }

  template <bool Prefetch, class Make, class Join>
  void probe_all(std::span<const probe> keys, Make& make, Join& join) {
    if constexpr (Prefetch)
      for (std::size_t i = 0; i < std::min(lookahead, keys.size()); ++i)
        __builtin_prefetch(&slots_[home(keys[i])], 1);
    auto slots = slots_; // in registers: for all that the compiler knows, a write of a value changes the members
    auto mask = mask_;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto& wanted = keys[i];
      if constexpr (Prefetch)
        if (i + lookahead < keys.size())
          __builtin_prefetch(&slots[layout::hash(keys[i + lookahead]) >> 8 & mask], 1);
      if (layout::reserved(wanted)) [[unlikely]] {
        has_reserved_ ? void(join(value_of(reserved()), i)) : insert_reserved(wanted, make(i));
        continue;
      }
      for (auto at = layout::hash(wanted) >> 8 & mask;; at = (at + 1) & mask) {
        if (layout::same(slots[at].key, wanted)) {
          join(value_of(slots[at]), i);
          break;
        }
        if (layout::empty(slots[at].key)) {
          insert(slots[at], wanted, make(i));
          slots = slots_;
          mask = mask_;
          break;
        }
      }
    }
  }

  void insert_reserved(const probe& wanted, Value&& value) {
    fill(reserved(), wanted, std::move(value));
    has_reserved_ = true;
  }
  void insert(slot& at, const probe& wanted, Value&& value) {
    fill(at, wanted, std::move(value));
    if (size_ * 2 > slots()) [[unlikely]]
      grow();
  }
  void fill(slot& at, const probe& wanted, Value&& value) {
    if constexpr (values_inside) {
      layout::place(&at.key, wanted, Rehome ? &home_ : nullptr);
      std::construct_at(&at.value, std::move(value));
    } else {
      values_.push_back(std::move(value)); // first: it may throw, and then the slot is still empty
      layout::place(&at.key, wanted, Rehome ? &home_ : nullptr);
      at.value = static_cast<std::uint32_t>(values_.size() - 1);
    }
    ++size_;
  }

  Value& value_of(slot& at) {
    if constexpr (values_inside)
      return at.value;
    else
      return values_[at.value];
  }
  const Value& value_of(const slot& at) const {
    return const_cast<keyed_table*>(this)->value_of(const_cast<slot&>(at));
  }

  void allocate(std::size_t slots) {
    memory_ = memory_block{slots * sizeof(slot), memory_block::content::zeroed};
    slots_ = reinterpret_cast<slot*>(memory_.data());
    mask_ = slots - 1;
  }

  /// Old slots are read and new ones filled from front to back, so that this is cheap however large the table is.
  [[gnu::noinline]] void grow() {
    auto old = std::move(memory_);
    auto from = slots_;
    auto count = slots();
    allocate(count * (count * sizeof(slot) < limits::cached_table_bytes / 2 ? 4 : 2));
    for_each_filled(from, count, [&](slot& at) {
      auto to = home(layout::of(at.key, seed_));
      while (!layout::empty(slots_[to].key))
        to = (to + 1) & mask_;
      std::construct_at(slots_ + to, std::move(at));
      vacate(at);
    });
    old.mark_zeroed();
  }

  static void vacate(slot& at) {
    std::destroy_at(&at);
    std::memset(static_cast<void*>(&at), 0, sizeof at);
  }

  /// Which slots are filled is first written down without a branch: the processor could only guess it.
  template <class Each>
  static void for_each_filled(slot* slots, std::size_t count, Each&& each) {
    constexpr std::size_t some = 256;
    std::uint16_t filled[some];
    for (; count > 0; slots += std::min(some, count), count -= std::min(some, count)) {
      std::size_t found = 0;
      for (std::size_t i = 0; i < std::min(some, count); ++i) {
        filled[found] = static_cast<std::uint16_t>(i);
        found += !layout::empty(slots[i].key);
      }
      for (std::size_t i = 0; i < found; ++i)
        each(slots[filled[i]]);
    }
  }

  void destroy_all() {
    if constexpr (!std::is_trivially_destructible_v<slot>) {
      if (has_reserved_)
        std::destroy_at(&reserved());
      for_each_filled(slots_, slots(), [](slot& at) { std::destroy_at(&at); });
    }
  }

  std::uint64_t seed_;
  memory_block memory_;
  slot* slots_ = nullptr;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
  alignas(slot) std::byte reserved_place_[sizeof(slot)]; ///< of the key that looks like an empty slot
  bool has_reserved_ = false;
  std::vector<Value> values_; ///< unless they lie in the slots
  arena home_;
};

} // namespace weir::data
