#pragma once

#include <map>
#include <optional>
#include <vector>

#include "libstream/api/dataset_files.hpp"
#include "libstream/api/dataset_jobs.hpp"
#include "libstream/api/transformations.hpp"
#include "libstream/operators/collect.hpp"
#include "libstream/operators/collection_source.hpp"
#include "libstream/operators/fold.hpp"
#include "libstream/operators/persisted.hpp"
#include "libstream/operators/top.hpp"

namespace weir {

/// An immutable, partitioned, lazily computed collection: static data and what follows from it. Nothing is computed before an action, and each
/// action computes it anew, unless it is persisted. A handle; actions wait for their result, run on all executors where a runtime is
/// active (`dataset_jobs.hpp`), else on the calling thread, and throw plan_error when a user function fails. Results own what they hold:
/// views become strings. A dataset that is handed to the function of `transform` stands for the batches to come: it has no actions.
template <class T>
class dataset : public transformations<dataset, T> {
public:
  using owned = data::owned<T>;

  /// `records` in `slices` partitions of nearly equal length, in order.
  static dataset from(std::vector<T> records, std::uint32_t slices = 1) {
    return dataset{std::make_shared<operators::collection_source<T>>(std::move(records), slices)};
  }
  /// One partition for each of `parts`.
  static dataset from_partitions(std::vector<std::vector<T>> parts) {
    return dataset{std::make_shared<operators::collection_source<T>>(std::move(parts))};
  }
  explicit dataset(operators::stream_ptr<T> node) : node_{std::move(node)} {}

  // -- actions -----------------------------------------------------------------------------------------------------------

  /// All records, in partition order.
  std::vector<owned> collect() const { return first_of_each(operators::collect_node<T>::all); }

  /// How many records it has.
  std::uint64_t count() const {
    return dataset<std::uint64_t>{std::make_shared<operators::count_node<T>>(node_)}.collect().front();
  }

  /// How often each record occurs: a std::map. Where records hold floating point numbers or are structs, it orders them by `data::before`, so
  /// that NaN is found, too.
  data::map_of<owned, std::uint64_t> count_by_value() const {
    static_assert(checks::key<T>, "count_by_value: records must be comparable with ==");
    static_assert(checks::ordered<owned>, "count_by_value: records must be comparable with <");
    using logic = operators::occurrence_logic<T>;
    auto counts =
      std::make_shared<operators::combine_node<T, T, std::uint64_t, logic>>("count_by_value", node_, logic{});
    auto found = dataset<std::pair<T, std::uint64_t>>{counts}.collect();
    return {found.begin(), found.end()};
  }

  /// How often each key of pairs occurs.
  auto count_by_key() const {
    static_assert(data::is_pair<T>, "count_by_key: expected records that are pairs (std::pair<Key, Value>)");
    return this->keys().count_by_value();
  }

  /// The first `count` records in partition order.
  std::vector<owned> take(std::size_t count) const {
    auto found = first_of_each(count);
    found.resize(std::min(found.size(), count));
    return found;
  }

  /// The first record. Throws plan_error if there is none.
  owned first() const {
    auto found = take(1);
    if (found.empty())
      throw plan::plan_error{{error_code::failed, "first: the dataset has no records", {}, "ask is_empty() before"}};
    return std::move(found.front());
  }

  bool is_empty() const { return take(1).empty(); }

  /// The `count` greatest records in the order of `less`, greatest first.
  template <class Less = std::less<>>
  std::vector<owned> top(std::size_t count, Less less = {}) const {
    static_assert(checks::predicate<Less, const T&, const T&>,
                  "top: records must be comparable with <, or give an order");
    auto total = data::total_order<T>(std::move(less));
    return dataset{std::make_shared<operators::top_node<T, decltype(total)>>(node_, count, std::move(total))}.collect();
  }

  /// The `count` least records in the order of `less`, least first.
  template <class Less = std::less<>>
  std::vector<owned> take_ordered(std::size_t count, Less less = {}) const {
    static_assert(checks::predicate<Less, const T&, const T&>,
                  "take_ordered: records must be comparable with <, or give an order");
    return top(count, [total = data::total_order<T>(std::move(less))](const T& a, const T& b) { return total(b, a); });
  }

  /// All records joined by an associative `function`, in order. Throws plan_error if there is none.
  template <class Function>
  owned reduce(Function function) const {
    constexpr bool dangles = checks::gives_dangling<T, Function, const T&, const T&>;
    static_assert(!dangles,
                  "reduce: the function returns text that it makes (std::string) where the record is a view "
                  "(std::string_view), which would outlive it: "
                  "hold the records first, e.g. map([](std::string_view text) { return std::string{text}; })");
    static_assert(dangles || checks::gives<T, Function, const T&, const T&>,
                  "reduce: expected a function that takes two records (const T&, const T&) and returns one");
    if constexpr (checks::gives_sound<T, Function, const T&, const T&>) {
      using logic = operators::reduce_all_logic<T, Function>;
      auto found = folded<T, typename logic::accumulator>("reduce", logic{std::move(function)});
      if (found.empty())
        throw plan::plan_error{
          {error_code::failed, "reduce: the dataset has no records", {}, "fold has a value for none"}};
      return std::move(found.front());
    } else {
      return first();
    }
  }

  /// The same, beginning with the neutral `zero` in each partition and once more where they are joined.
  template <class Function>
  owned fold(T zero, Function function) const {
    constexpr bool dangles = checks::gives_dangling<T, Function, T, const T&>;
    static_assert(!dangles,
                  "fold: the function returns text that it makes (std::string) where the record is a view "
                  "(std::string_view), which would outlive it: "
                  "hold the records first, e.g. map([](std::string_view text) { return std::string{text}; })");
    static_assert(dangles || checks::gives<T, Function, T, const T&>,
                  "fold: expected a function that takes two records (T, const T&) and returns one");
    if constexpr (checks::gives_sound<T, Function, T, const T&>)
      return aggregate(std::move(zero), function, function);
    else
      return data::own(zero);
  }

  /// `add(accumulator, record)` takes records in, beginning with `zero` in each partition; `merge` joins two accumulators.
  template <class Accumulator, class Add, class Merge>
  data::owned<Accumulator> aggregate(Accumulator zero, Add add, Merge merge) const {
    constexpr bool dangles = checks::gives_dangling<Accumulator, Add, Accumulator, const T&> ||
                             checks::gives_dangling<Accumulator, Merge, Accumulator, const Accumulator&>;
    static_assert(!dangles,
                  "aggregate: add or merge returns text that it makes (std::string) where the accumulator is a view "
                  "(std::string_view), which would outlive it: begin with a zero that holds its text, e.g. "
                  "std::string{}");
    static_assert(dangles || checks::gives<Accumulator, Add, Accumulator, const T&>,
                  "aggregate: expected add(accumulator, record) that returns the accumulator");
    static_assert(dangles || checks::gives<Accumulator, Merge, Accumulator, const Accumulator&>,
                  "aggregate: expected merge(accumulator, accumulator) that returns the accumulator");
    if constexpr (!dangles && checks::gives<Accumulator, Add, Accumulator, const T&> &&
                  checks::gives<Accumulator, Merge, Accumulator, const Accumulator&>) {
      using logic = operators::aggregate_logic<T, Accumulator, Add, Merge>;
      auto start = zero;
      auto found =
        folded<Accumulator, Accumulator>("aggregate", logic{std::move(zero), std::move(add), std::move(merge)});
      return found.empty() ? data::own(start) : std::move(found.front());
    } else {
      return data::own(zero);
    }
  }

  /// Calls a copy of `function` a partition with each of its records, on the executors.
  template <class Function>
  void for_each(Function function) const {
    static_assert(checks::callable<Function, const T&>,
                  "for_each: expected a function that can be called with one record (const T&)");
    api_detail::run_job(std::make_shared<operators::each_node<T, Function>>(node_, std::move(function)));
  }

  /// The same with whole partitions: `function(std::span<const T>)`.
  template <class Function>
  void for_each_partition(Function function) const {
    static_assert(checks::callable<Function, std::span<const T>>,
                  "for_each_partition: expected a function that takes a partition (std::span<const T>)");
    (void)this
      ->map_partitions([function = std::move(function)](std::span<const T> records) mutable {
        std::invoke(function, records);
        return std::vector<int>{};
      })
      .collect();
  }

  /// All values of a key of pairs.
  template <class Key>
  auto lookup(const Key& wanted) const {
    static_assert(data::is_pair<T>, "lookup: expected records that are pairs (std::pair<Key, Value>)");
    static_assert(std::constructible_from<data::owned<checks::key_of<T>>, const Key&>,
                  "lookup: expected a key of these pairs");
    using key_type = checks::key_of<T>;
    auto is_wanted = [key = data::owned<key_type>(wanted)](const T& each) {
      if constexpr (!data::contains_floating_point<key_type>)
        return each.first == key;
      else
        return data::same(data::own(each.first), key);
    };
    return this->filter(std::move(is_wanted)).values().collect();
  }

  /// Lines of text in `directory`/part-NNNNN, then `_SUCCESS`. Throws plan_error if the directory exists (78), or cannot be written (74).
  void save_as_text_file(const std::string& directory) const {
    api_detail::save_parts(directory, api_detail::run_job(std::make_shared<operators::output_node<T>>(
                                        node_, std::vector<plan::output_target>{{}})));
  }
  /// The same with records as msgpack, which `read_objects` reads.
  void save_as_object_file(const std::string& directory) const {
    api_detail::save_parts(directory, api_detail::run_job(std::make_shared<operators::object_output_node<T>>(
                                        node_, std::vector<plan::output_target>{{}})));
  }

  // -- keeping it ---------------------------------------------------------------------------------------------------------

  /// The same records, kept from the first action on that needs them; later ones do not compute them again.
  dataset<owned> persist(storage_level level = storage_level::memory) const {
    return dataset<owned>{std::make_shared<operators::persisted_node<T>>(node_, level)};
  }
  /// Forgets what persist kept. Of a dataset that persist did not make: nothing to do.
  void unpersist() const {
    if (auto kept = node_->kept())
      kept->forget();
  }

private:
  template <class>
  friend class dataset;
  template <template <class> class, class>
  friend class keyed_transformations;
  template <template <class> class, class>
  friend class transformations;
  template <class Stream>
  friend const auto& api_detail::node_of(const Stream&);

  template <class Out>
  dataset<Out> with(operators::stream_ptr<Out> node) const {
    return dataset<Out>{std::move(node)};
  }
  template <class Other>
  void require_same_context(const Other&) const {}

  std::vector<owned> first_of_each(std::size_t limit) const {
    auto into = std::make_shared<operators::collected<owned>>();
    api_detail::run_job(std::make_shared<operators::collect_node<T>>(node_, into, limit));
    std::vector<owned> all;
    for (auto& [partition, records] : into->parts())
      all.insert(all.end(), std::make_move_iterator(records.begin()), std::make_move_iterator(records.end()));
    return all;
  }

  template <class Out, class Accumulator, class Logic>
  auto folded(const char* kind, Logic logic) const {
    return dataset<Out>{
      std::make_shared<operators::fold_node<T, Out, Accumulator, Logic>>(kind, node_, std::move(logic), false)}
      .collect();
  }

  operators::stream_ptr<T> node_;
};

namespace api_detail {

template <class Stream>
const auto& node_of(const Stream& of) {
  return of.node_;
}

} // namespace api_detail

/// A value that functions on all executors read: a handle, copied with the function. The value is there once a process.
template <class T>
class broadcast {
public:
  explicit broadcast(T value) : value_{std::make_shared<const T>(std::move(value))} {}
  const T& value() const { return *value_; }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return value_.get(); }

private:
  std::shared_ptr<const T> value_;
};

} // namespace weir
