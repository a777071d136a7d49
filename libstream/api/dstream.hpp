#pragma once

#include <functional>

#include "libstream/api/dataset.hpp"
#include "libstream/api/remembered.hpp"
#include "libstream/api/stream_context.hpp"
#include "libstream/api/stream_outputs.hpp"
#include "libstream/api/transformations.hpp"
#include "libstream/operators/collection_source.hpp"
#include "libstream/operators/record_output.hpp"
#include "libstream/operators/timed.hpp"
#include "libstream/operators/top.hpp"

namespace weir {

/// An unbounded sequence of datasets, one a batch. A handle: copying it costs nothing, and using it twice computes it once.
template <class T>
class dstream : public transformations<dstream, T>, public stream_outputs<dstream, T> {
public:
  using owned = data::owned<T>;

  dstream(stream_context& context, operators::stream_ptr<T> node) : context_{&context}, node_{std::move(node)} {}

  // -- one record a batch, or a few ------------------------------------------------------------------------------------------

  /// One record a batch: how many records it has; zero for a batch without input.
  dstream<std::uint64_t> count() const {
    return with<std::uint64_t>(std::make_shared<operators::count_node<T>>(node_));
  }

  /// (record, how often it occurs).
  auto count_by_value(partitioning<T> how = {}) const {
    static_assert(checks::key<T>, "count_by_value: records must be comparable with ==");
    if constexpr (checks::key<T>) {
      using logic = operators::occurrence_logic<T>;
      return with<std::pair<T, std::uint64_t>>(std::make_shared<operators::combine_node<T, T, std::uint64_t, logic>>(
        "count_by_value", node_, logic{}, std::move(how)));
    } else {
      return *this;
    }
  }

  /// All records of a batch joined by an associative `function`, in order; nothing for a batch without records.
  template <class Function>
  auto reduce(Function function) const {
    constexpr bool dangles = checks::gives_dangling<T, Function, const T&, const T&>;
    static_assert(!dangles,
                  "reduce: the function returns text that it makes (std::string) where the record is a view "
                  "(std::string_view), which would outlive it: "
                  "hold the records first, e.g. map([](std::string_view text) { return std::string{text}; })");
    static_assert(dangles || checks::gives<T, Function, const T&, const T&>,
                  "reduce: expected a function that takes two records (const T&, const T&) and returns one");
    if constexpr (checks::gives_sound<T, Function, const T&, const T&>) {
      using logic = operators::reduce_all_logic<T, Function>;
      return with<T>(std::make_shared<operators::fold_node<T, T, typename logic::accumulator, logic>>(
        "reduce", node_, logic{std::move(function)}, false));
    } else {
      return *this;
    }
  }

  /// The `count` greatest records of each batch in the order of `less`, greatest first, in one partition. Of equal records the first of
  /// the batch. Each task keeps `count` records, so this is for tops of thousands, not for sorting.
  template <class Less = std::less<>>
  dstream top(std::size_t count, Less less = {}) const {
    static_assert(checks::predicate<Less, const T&, const T&>,
                  "top: records must be comparable with <, or give an order");
    if constexpr (checks::predicate<Less, const T&, const T&>) {
      auto total = data::total_order<T>(std::move(less));
      return with<T>(std::make_shared<operators::top_node<T, decltype(total)>>(node_, count, std::move(total)));
    } else {
      return *this;
    }
  }

  // -- functions of datasets -------------------------------------------------------------------------------------------------

  /// What `function(dataset<T>)` makes of each batch: all that datasets can do, e.g. a join with static data. Called once, when the plan
  /// is built; the dataset stands for the batches to come and has no actions. As `function(dataset<T>, event_time batch_time)` it is called
  /// once more for each batch and process, with the batch's time, and may use other functions and data each time, but no other operators:
  /// the plan is made of what it gives for the time 0. Then each batch runs, also without input.
  template <class Function>
  auto transform(Function function) const {
    auto input = dataset<T>{node_};
    if constexpr (checks::callable<Function, dataset<T>, event_time>) {
      return timed([function, input](event_time time) mutable { return std::invoke(function, input, time); });
    } else {
      static_assert(checks::callable<Function, dataset<T>>,
                    "transform: expected a function that takes a dataset, or a dataset and the batch time "
                    "(weir::dataset<T>[, weir::event_time]), and returns a dataset");
      static_assert(!checks::callable<Function, dataset<T>> || checks::gives_dataset<Function, dataset<T>>,
                    "transform: the function must return a dataset");
      if constexpr (checks::gives_dataset<Function, dataset<T>>)
        return context_->stream_of(std::invoke(function, input));
      else
        return *this;
    }
  }

  /// The same of two streams: `function(dataset<T>, dataset<U>[, event_time])`.
  template <class U, class Function>
  auto transform_with(const dstream<U>& other, Function function) const {
    require_same_context(other);
    auto left = dataset<T>{node_};
    auto right = dataset<U>{api_detail::node_of(other)};
    if constexpr (checks::callable<Function, dataset<T>, dataset<U>, event_time>) {
      return timed(
        [function, left, right](event_time time) mutable { return std::invoke(function, left, right, time); });
    } else {
      static_assert(
        checks::callable<Function, dataset<T>, dataset<U>>,
        "transform_with: expected a function that takes two datasets, or these and the batch time, and returns "
        "a dataset");
      static_assert(!checks::callable<Function, dataset<T>, dataset<U>> ||
                      checks::gives_dataset<Function, dataset<T>, dataset<U>>,
                    "transform_with: the function must return a dataset");
      if constexpr (checks::gives_dataset<Function, dataset<T>, dataset<U>>)
        return context_->stream_of(std::invoke(function, left, right));
      else
        return *this;
    }
  }

  // -- looking back --------------------------------------------------------------------------------------------------------

  /// Keeps the committed batches in memory, as far back as `stream_context::remember` says, for `slice`. Not over a restart. A stream
  /// that is used twice is computed once without it.
  dstream persist() const {
    context_->persist(
      node_, [this](auto span) { return std::make_shared<remembered<owned>>(std::move(span)); },
      [this](auto kept) { return std::make_shared<operators::record_output_node<T>>(node_, std::move(kept)); });
    return *this;
  }

  /// The batches with times from `from` to `to`, both included and rounded down to batch times, of those that are remembered and have
  /// records. Throws plan_error before the start, and if the stream is not persisted.
  std::vector<dataset<owned>> slice(event_time from, event_time to) const {
    auto [kept, interval] = context_->kept_of(node_);
    auto in_ms = [](event_time time) {
      return std::chrono::floor<std::chrono::milliseconds>(time.time_since_epoch()).count();
    };
    auto floored = [interval = interval.count()](std::int64_t ms) { return interval > 0 ? ms - ms % interval : ms; };
    return static_cast<const remembered<owned>&>(*kept).slice(floored(in_ms(from)), floored(in_ms(to)));
  }

  stream_context& context() const { return *context_; }

private:
  template <class>
  friend class dstream;
  friend class stream_context;
  template <template <class> class, class>
  friend class transformations;
  template <template <class> class, class>
  friend class keyed_transformations;
  template <template <class> class, class>
  friend class stream_outputs;
  template <class Stream>
  friend const auto& api_detail::node_of(const Stream&);

  template <class Out>
  dstream<Out> with(operators::stream_ptr<Out> node) const {
    return {*context_, std::move(node)};
  }
  template <class Function>
  auto timed(Function function) const {
    return context_->timed_stream(std::move(function));
  }
  template <class Other>
  void require_same_context(const Other& other) const {
    if constexpr (checks::is_dstream<Other>::value)
      if (other.context_ != context_)
        throw plan::plan_error{
          {error_code::usage, "streams of two contexts cannot be brought together", {}, "build both on one context"}};
  }

  stream_context* context_;
  operators::stream_ptr<T> node_;
};

namespace api_detail {

/// What a function of datasets makes for each batch time.
template <class Function>
class dataset_program final : public plan::timed_program {
public:
  explicit dataset_program(Function function) : function_{std::move(function)} {}
  plan::node_ptr build(std::int64_t batch_time_ms) const override { return node_of(made(batch_time_ms)); }
  auto made(std::int64_t batch_time_ms) const {
    auto function = function_;
    return function(event_time{std::chrono::milliseconds{batch_time_ms}});
  }

private:
  Function function_;
};

} // namespace api_detail

template <class T>
dstream<T> stream_context::stream_of(const dataset<T>& made) {
  return {*this, api_detail::node_of(made)};
}

template <class Function>
auto stream_context::timed_stream(Function function) {
  using made = std::invoke_result_t<Function&, event_time>;
  static_assert(checks::is_dataset<made>::value, "transform: the function must return a dataset");
  using record = typename made::record;
  auto program = std::make_shared<api_detail::dataset_program<Function>>(std::move(function));
  auto planned = program->made(0);
  return dstream<record>{*this, std::make_shared<operators::timed_node<record>>(api_detail::node_of(planned), program)};
}

template <class T>
dstream<T> stream_context::constant(std::vector<T> records, std::uint32_t slices) {
  require_initialised("add an input");
  return {*this, std::make_shared<operators::collection_source<T>>(std::move(records), slices, true)};
}

template <class T, class Function>
dstream<T> stream_context::generated(Function function, std::uint32_t slices) {
  static_assert(
    checks::gives<std::vector<T>, Function, event_time>,
    "generated: expected a function that takes the batch time (weir::event_time) and returns a std::vector<T>");
  if constexpr (checks::gives<std::vector<T>, Function, event_time>) {
    require_initialised("add an input");
    return {*this,
            std::make_shared<operators::generated_source<T, Function>>("generated", std::move(function), slices)};
  } else {
    return dstream<T>{*this, nullptr};
  }
}

template <class T>
dstream<T> stream_context::queue_stream(std::shared_ptr<record_queue<T>> queue, queue_order how) {
  require_initialised("add an input");
  auto taken = [queue, how](event_time time) { return queue->take(time, how); };
  return {*this, std::make_shared<operators::generated_source<T, decltype(taken)>>("queue", taken, 1, true)};
}

template <class T>
dstream<T> stream_context::union_of(const std::vector<dstream<T>>& streams) {
  if (streams.empty())
    throw plan::plan_error{{error_code::usage, "union_of no streams", "stream_context", "give at least one"}};
  std::vector<plan::node_ptr> inputs;
  for (auto& each : streams) {
    streams.front().require_same_context(each);
    inputs.push_back(each.node_);
  }
  return {*this, std::make_shared<operators::union_node<T>>(std::move(inputs))};
}

template <class T, class Function>
auto stream_context::transform(const std::vector<dstream<T>>& streams, Function function) {
  std::vector<dataset<T>> inputs;
  for (auto& each : streams) {
    streams.front().require_same_context(each);
    inputs.push_back(dataset<T>{each.node_});
  }
  if constexpr (checks::callable<Function, std::vector<dataset<T>>, event_time>) {
    return timed_stream([function, inputs](event_time time) mutable { return std::invoke(function, inputs, time); });
  } else {
    static_assert(checks::callable<Function, std::vector<dataset<T>>>,
                  "transform: expected a function that takes the datasets, or these and the batch time "
                  "(std::vector<weir::dataset<T>>[, weir::event_time]), and returns a dataset");
    static_assert(checks::is_dataset<checks::result<Function, std::vector<dataset<T>>>>::value,
                  "transform: the function must return a dataset");
    return stream_of(std::invoke(function, inputs));
  }
}

template <class T>
weir::accumulator<T> stream_context::accumulator(T zero, std::function<T(const T&, const T&)> merge) {
  require_initialised("add an accumulator");
  weir::accumulator<T> made{static_cast<std::uint32_t>(sums_->size()), std::move(zero), std::move(merge)};
  add_sum(made.summed());
  return made;
}

} // namespace weir
