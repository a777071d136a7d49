#pragma once

#include <vector>

#include "libstream/api/transformations.hpp"
#include "libstream/operators/collect.hpp"
#include "libstream/operators/collection_source.hpp"
#include "libstream/plan/inline_batch.hpp"

namespace weir {

/// An immutable, partitioned, lazily computed collection: static data and what follows from it. Nothing is computed before an action
/// (`collect`, `count`), and each action computes it anew. A handle; actions run on the calling thread and throw plan_error when a
/// user function fails.
template <class T>
class dataset : public transformations<dataset, T> {
public:
  /// `records` in `slices` partitions, in order.
  static dataset from(std::vector<T> records, std::uint32_t slices = 1) {
    return dataset{std::make_shared<operators::collection_source<T>>(std::move(records), slices), std::max(1u, slices)};
  }

  /// `partitions` as they are, also empty ones.
  static dataset from_partitions(std::vector<std::vector<T>> partitions) {
    auto count = std::max(1u, static_cast<std::uint32_t>(partitions.size()));
    return dataset{std::make_shared<operators::collection_source<T>>(std::move(partitions)), count};
  }

  /// All records, in partition order. Views become strings.
  std::vector<data::owned<T>> collect() const {
    std::vector<data::owned<T>> records;
    auto plan = plan::lower({std::make_shared<operators::collect_node<T>>(node_, records)});
    if (!plan)
      throw plan::plan_error{plan.error()};
    if (auto ran = plan::inline_batch{*plan, partitions_, 0}.run({}, 0, {}); !ran)
      throw plan::plan_error{ran.error()};
    return records;
  }

  /// How many records it has.
  std::uint64_t count() const {
    return dataset<std::uint64_t>{std::make_shared<operators::count_node<T>>(node_), partitions_}.collect().front();
  }

private:
  template <class>
  friend class dataset;
  template <template <class> class, class>
  friend class transformations;

  dataset(operators::stream_ptr<T> node, std::uint32_t partitions) : node_{std::move(node)}, partitions_{partitions} {}

  template <class Out>
  dataset<Out> with(operators::stream_ptr<Out> node) const {
    return dataset<Out>{std::move(node), partitions_};
  }

  operators::stream_ptr<T> node_;
  std::uint32_t partitions_;
};

} // namespace weir
