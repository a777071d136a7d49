#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "libstream/data/hash.hpp"
#include "libstream/plan/node.hpp"

namespace weir {

/// Into how many partitions an operation brings its keys, and which key belongs where. By default as many as the application has, chosen by
/// hash. Equal keys must get the same number, in each call and each process.
template <class Key>
class partitioning {
public:
  partitioning() = default;
  /// So many, by hash; 0 = the default.
  template <std::integral Count>
  partitioning(Count count) : count_{static_cast<std::uint32_t>(count)} {}
  /// `choose(key)` gives a number below `count`. It is called once for each key of a task that goes into the shuffle.
  template <class Choose>
    requires std::is_invocable_r_v<std::uint32_t, const Choose&, const Key&> partitioning(std::uint32_t count,
                                                                                          Choose choose)
      : count_{count}, choose_{std::move(choose)} {}

    std::uint32_t count() const { return count_; }
    const std::function<std::uint32_t(const Key&)>& choose() const { return choose_; }
    std::uint32_t of(const plan::partition_counts& counts) const { return count_ > 0 ? count_ : counts.application(); }
    std::string described() const {
      if (count_ == 0)
        return {};
      return std::to_string(count_) + " partitions" + (choose_ ? ", chosen by the program" : "");
    }

  private:
    std::uint32_t count_ = 0;
    std::function<std::uint32_t(const Key&)> choose_;
};

namespace operators {

/// Chooses the partition of an entry, in one task. Throws if the program's choice is out of range.
template <class Key>
class placement {
public:
  placement(const partitioning<Key>& how, const plan::shuffle_output& into)
    : choose_{how.choose()}, partitions_{static_cast<std::uint32_t>(into.runs.size())} {}

  /// `key()` is asked for only if the program chooses.
  template <class Get>
  std::uint32_t operator()(std::uint64_t hash, Get&& key) const {
    if (!choose_) [[likely]]
      return data::partition_of(hash, partitions_);
    auto chosen = choose_(key());
    if (chosen >= partitions_)
      throw std::out_of_range{"the partitioner chose partition " + std::to_string(chosen) + " of " +
                              std::to_string(partitions_)};
    return chosen;
  }

private:
  std::function<std::uint32_t(const Key&)> choose_;
  std::uint32_t partitions_;
};

} // namespace operators

} // namespace weir
