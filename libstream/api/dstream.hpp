#pragma once

#include <concepts>
#include <functional>

#include "libstream/api/stream_context.hpp"
#include "libstream/api/stream_outputs.hpp"
#include "libstream/api/transformations.hpp"
#include "libstream/operators/collection_source.hpp"
#include "libstream/operators/top.hpp"

namespace weir {

/// An unbounded sequence of datasets, one a batch. A handle: copying it costs nothing, and using it twice computes it once.
template <class T>
class dstream : public transformations<dstream, T>, public stream_outputs<dstream, T> {
public:
  dstream(stream_context& context, operators::stream_ptr<T> node) : context_{&context}, node_{std::move(node)} {}

  /// One record a batch: how many records it has; zero for a batch without input.
  dstream<std::uint64_t> count() const {
    return with<std::uint64_t>(std::make_shared<operators::count_node<T>>(node_));
  }

  /// The `count` greatest records of each batch in the order of `less`, greatest first, in one partition. Of equal records the first of
  /// the batch. Each task keeps `count` records, so this is for tops of thousands, not for sorting.
  template <class Less = std::less<>>
    requires std::predicate<Less&, const T&, const T&> dstream<T> top(std::size_t count, Less less = {})
  const { return with<T>(std::make_shared<operators::top_node<T, Less>>(node_, count, std::move(less))); }

private:
  template <template <class> class, class>
  friend class transformations;
  template <template <class> class, class>
  friend class stream_outputs;
  template <class Out>
  dstream<Out> with(operators::stream_ptr<Out> node) const {
    return {*context_, std::move(node)};
  }

  stream_context* context_;
  operators::stream_ptr<T> node_;
};

template <class T>
dstream<T> stream_context::constant(std::vector<T> records, std::uint32_t slices) {
  require_initialised("add an input");
  return {*this, std::make_shared<operators::collection_source<T>>(std::move(records), slices, true)};
}

} // namespace weir
