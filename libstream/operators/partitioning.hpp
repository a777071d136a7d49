#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "libstream/base/limits.hpp"
#include "libstream/data/hash.hpp"
#include "libstream/data/order.hpp"
#include "libstream/plan/node.hpp"

namespace weir {

namespace operators {

[[noreturn]] inline void refuse_choice(const std::string& chosen, std::uint32_t partitions = 0) {
  throw std::out_of_range{"the partitioner chose partition " + chosen +
                          (partitions > 0 ? " of " + std::to_string(partitions) : ", which is no number of one") +
                          "; numbers begin at 0"};
}

} // namespace operators

/// Into how many partitions an operation brings its keys, and which key belongs where. By default as many as the application has, chosen by
/// hash. Equal keys must get the same number, in each call and each process. Throws plan_error if the count is no number of partitions.
template <class Key>
class partitioning {
public:
  partitioning() = default;
  /// So many, by hash; 0 = the default.
  template <std::integral Count>
  partitioning(Count count) : count_{checked(count)} {}
  /// `choose(key)` gives a number below `count`; a task in which it gives another one fails. It is called once for each key of a task that goes
  /// into the shuffle; of keys that are the same, with the normal form (`data/order.hpp`).
  template <std::integral Count, class Choose>
    requires std::is_invocable_r_v<std::uint32_t, const Choose&, const Key&> partitioning(Count count, Choose choose)
      : count_{checked(count)}, choose_{[choose = std::move(choose)](const Key& key) {
          return number_of(std::invoke(choose, key));
        }} {}

    std::uint32_t count() const { return count_; }
    /// Null: by hash. Throws std::out_of_range if the program chooses what is no number of a partition.
    const std::function<std::uint32_t(const Key&)>& choose() const { return choose_; }
    std::uint32_t of(const plan::partition_counts& counts) const { return count_ > 0 ? count_ : counts.application(); }
    std::string described() const {
      if (count_ == 0)
        return choose_ ? "chosen by the program" : "";
      return std::to_string(count_) + " partitions" + (choose_ ? ", chosen by the program" : "");
    }

  private:
    template <class Count>
    static std::uint32_t checked(Count count) {
      if (!std::in_range<std::uint32_t>(count) || std::cmp_greater(count, limits::max_partitions))
        throw plan::plan_error{
          {error_code::usage,
           std::to_string(count) + " is no number of partitions",
           {},
           "give 1 to " + std::to_string(limits::max_partitions) + ", or 0 for as many as the application has"}};
      return static_cast<std::uint32_t>(count);
    }
    /// What the function gives may be of any type of number; none may become another one on the way.
    template <class Number>
    static std::uint32_t number_of(Number chosen) {
      if constexpr (std::integral<Number> && !std::is_same_v<Number, bool>) {
        if (!std::in_range<std::uint32_t>(chosen))
          operators::refuse_choice(std::to_string(chosen));
      } else if constexpr (std::is_floating_point_v<Number>) {
        if (!(chosen > -1 && chosen < 0x1p32))
          operators::refuse_choice(std::to_string(chosen));
      }
      return static_cast<std::uint32_t>(chosen);
    }

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
    auto chosen = choose_key(key());
    if (chosen >= partitions_)
      refuse_choice(std::to_string(chosen), partitions_);
    return chosen;
  }

private:
  std::uint32_t choose_key(const Key& key) const {
    if constexpr (data::contains_floating_point<Key>)
      return choose_(data::normalized(key));
    else
      return choose_(key);
  }

  std::function<std::uint32_t(const Key&)> choose_;
  std::uint32_t partitions_;
};

} // namespace operators

} // namespace weir
