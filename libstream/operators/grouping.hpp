#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "libstream/data/keyed_table.hpp"
#include "libstream/data/owned.hpp"
#include "libstream/operators/combined_run.hpp"
#include "libstream/operators/partitioning.hpp"
#include "libstream/operators/sink.hpp"

/// Grouping without a combine: map tasks scatter (key, value) entries by the hash of the key, a reduce task numbers the keys in the
/// order in which they first come and puts the values of each side together by counting (a counting sort: no list a key).
namespace weir::operators {

/// Takes pairs in and scatters them: hash once, it travels with the entry.
template <class Key, class Value>
class pair_sink final : public sink<std::pair<Key, Value>> {
public:
  pair_sink(const std::string& name, const plan::task_input& input, const partitioning<Key>& how,
            plan::shuffle_output& into)
    : name_{name}, seed_{input.hash_seed}, into_{into}, place_{how, into}, parts_(into.runs.size()) {}

  void consume(std::span<const std::pair<Key, Value>> records) override {
    plan::guarded(name_, [&] {
      for (auto& [key, value] : records) {
        auto probe = layout::make(key, seed_);
        auto& part = parts_[place_(layout::hash(probe), [&]() -> const Key& { return key; })];
        part.append([&](entry* at) {
          auto kept = home_of(value); // before the key, which would have to be undone if this throws
          layout::place(&at->key, probe, &home_);
          std::construct_at(&at->value, std::move(kept));
        });
      }
    });
  }

  void finish() override {
    std::size_t entries = 1;
    for (auto& part : parts_)
      entries += part.size();
    auto home = std::make_shared<const data::arena>(std::move(home_));
    for (std::size_t p = 0; p < parts_.size(); ++p)
      if (!parts_[p].empty()) {
        auto share = static_cast<std::size_t>(static_cast<double>(home->bytes()) *
                                              static_cast<double>(parts_[p].size()) / static_cast<double>(entries));
        std::vector<data::entry_list<entry>> all;
        all.push_back(std::move(parts_[p]));
        into_.runs[p] = std::make_shared<combined_run<Key, Value>>(std::move(all), false, home, share);
      }
  }

private:
  using layout = data::table_key<Key>;
  using entry = data::table_entry<Key, Value>;

  Value home_of(const Value& value) {
    if constexpr (data::borrows<Value>)
      return data::record_traits<Value>::rehome(value, home_);
    else
      return value;
  }

  const std::string& name_;
  std::uint64_t seed_;
  plan::shuffle_output& into_;
  placement<Key> place_;
  std::vector<data::entry_list<entry>> parts_;
  data::arena home_;
};

/// The keys of a reduce task, numbered from 0 in the order in which they first came.
template <class Key>
class key_numbers {
public:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// Of the keys that the task shall take; names those that it leaves out.
  explicit key_numbers(plan::task_build& build)
    : chosen_{build.input().keys.all() ? nullptr : &build.input().keys},
      result_{&build.result()},
      table_{build.input().hash_seed} {}
  /// Of all keys.
  explicit key_numbers(std::uint64_t seed) : table_{seed} {}

  /// The numbers of the keys of these entries, new ones for keys that are not known, or `none` for keys that the task leaves out.
  template <class Entry>
  void number(std::span<const Entry> entries, std::uint32_t* numbers) {
    if (chosen_) [[unlikely]]
      return number_chosen(entries, numbers);
    typename table::probe probes[limits::chunk_records];
    for (; !entries.empty(); entries = entries.subspan(std::min(entries.size(), limits::chunk_records))) {
      auto some = entries.first(std::min(entries.size(), limits::chunk_records));
      for (std::size_t i = 0; i < some.size(); ++i)
        probes[i] = layout::of(some[i].key, table_.seed());
      upsert(some, probes, numbers);
      numbers += some.size();
    }
  }
  const std::vector<Key>& keys() const { return keys_; }
  /// `none` if it is not known.
  std::uint32_t find(const Key& key) const {
    auto known = table_.find(key);
    return known ? *known : none;
  }

private:
  using layout = data::table_key<Key>;
  using table = data::keyed_table<Key, std::uint32_t, false>; // the runs pin the keys for this task

  template <class Entry>
  void upsert(std::span<const Entry> some, typename table::probe* probes, std::uint32_t* numbers) {
    table_.upsert(
      {probes, some.size()},
      [&](std::size_t i) {
        keys_.push_back(layout::copy(some[i].key));
        return numbers[i] = static_cast<std::uint32_t>(keys_.size() - 1);
      },
      [&](std::uint32_t& known, std::size_t i) { numbers[i] = known; });
  }

  /// Entry by entry, as it is rare.
  template <class Entry>
  void number_chosen(std::span<const Entry> entries, std::uint32_t* numbers) {
    for (auto& each : entries) {
      auto probe = layout::of(each.key, table_.seed());
      auto hash = layout::hash(probe);
      *numbers = none;
      if (chosen_->takes(hash))
        upsert(std::span<const Entry>{&each, 1}, &probe, numbers);
      else if (chosen_->leaves_out(hash))
        data::record_traits<Key>::append_text(layout::copy(each.key),
                                              result_->left_out.insert_or_assign(hash, "").first->second);
      ++numbers;
    }
  }

  const plan::key_choice* chosen_ = nullptr; ///< null: all
  plan::task_result* result_ = nullptr;
  table table_;
  std::vector<Key> keys_;
};

/// The values of one input, those of each key side by side in the order in which they came.
template <class Key, class Value>
class grouped_values {
public:
  /// Reads the runs; `keys` learns their keys.
  grouped_values(std::span<const plan::run_handle> runs, key_numbers<Key>& keys) {
    std::size_t entries = 0;
    for (auto& handle : runs)
      entries += handle->entries();
    std::vector<std::uint32_t> numbers(entries);
    auto next = numbers.data();
    for_each_piece(runs, [&](auto piece) {
      keys.number(piece, next);
      next += piece.size();
    });
    begins_.assign(keys.keys().size() + 1, 0);
    for (auto number : numbers)
      if (number != key_numbers<Key>::none)
        ++begins_[number + 1];
    for (std::size_t key = 1; key < begins_.size(); ++key)
      begins_[key] += begins_[key - 1];
    place(runs, numbers);
  }

  /// Of the key with that number.
  std::span<const Value> of(std::size_t key) const {
    if (key + 1 >= begins_.size())
      return {}; // a key that only another input has
    return {values_.get() + begins_[key], begins_[key + 1] - begins_[key]};
  }

private:
  using run_type = combined_run<Key, Value>;
  using entry = typename run_type::entry;

  template <class Visit>
  static void for_each_piece(std::span<const plan::run_handle> runs, Visit&& visit) {
    for (auto& handle : runs)
      static_cast<const run_type&>(*handle).for_each_piece([&](std::span<const entry> piece) { visit(piece); });
  }

  void place(std::span<const plan::run_handle> runs, const std::vector<std::uint32_t>& numbers) {
    values_ = std::make_unique_for_overwrite<Value[]>(begins_.back());
    auto next = begins_;
    auto number = numbers.data();
    auto last = number + numbers.size();
    for_each_piece(runs, [&](auto piece) {
      for (auto& each : piece) {
        if (last - number > lookahead && number[lookahead] != key_numbers<Key>::none)
          __builtin_prefetch(&next[number[lookahead]], 1);
        if (auto key = *number++; key != key_numbers<Key>::none)
          values_[next[key]++] = each.value;
      }
    });
  }

  static constexpr std::ptrdiff_t lookahead = 16; ///< values whose places are asked for before they are needed

  std::vector<std::uint32_t> begins_; ///< by key; one more at the end
  std::unique_ptr<Value[]> values_;   ///< no std::vector, whose bools are no array
};

} // namespace weir::operators
