#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "libstream/operators/grouping.hpp"

namespace weir::operators {

/// One side of a join that is the same in each batch, grouped once. Immutable.
template <class Key, class Value>
class static_side {
public:
  static_side(std::span<const plan::run_handle> runs, std::uint64_t seed)
    : runs_{runs.begin(), runs.end()}, keys_{seed}, values_{runs_, keys_} {}

  /// Whether it was made of these.
  bool is_of(std::span<const plan::run_handle> runs) const {
    return std::equal(runs.begin(), runs.end(), runs_.begin(), runs_.end());
  }
  const std::vector<Key>& keys() const { return keys_.keys(); }
  std::span<const Value> of(const Key& key) const {
    auto number = keys_.find(key);
    return number == key_numbers<Key>::none ? std::span<const Value>{} : values_.of(number);
  }

private:
  std::vector<plan::run_handle> runs_; ///< what views among keys and values point into
  key_numbers<Key> keys_;
  grouped_values<Key, Value> values_;
};

/// The static sides of a join, by partition. Any thread.
template <class Key, class Value>
class static_sides {
public:
  using side = std::shared_ptr<const static_side<Key, Value>>;

  side of(const plan::task_build& build, std::span<const plan::run_handle> runs) const {
    auto partition = build.input().index;
    {
      std::lock_guard guard{mutex_};
      if (auto known = sides_.find(partition); known != sides_.end() && known->second->is_of(runs))
        return known->second;
    }
    auto made = std::make_shared<const static_side<Key, Value>>(runs, build.input().hash_seed);
    std::lock_guard guard{mutex_};
    return sides_[partition] = std::move(made);
  }

private:
  mutable std::mutex mutex_;
  mutable std::map<task_index, side> sides_;
};

} // namespace weir::operators
