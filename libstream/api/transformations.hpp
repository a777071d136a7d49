#pragma once

#include <string_view>

#include "libstream/api/keyed_transformations.hpp"
#include "libstream/operators/combine.hpp"
#include "libstream/operators/count.hpp"
#include "libstream/operators/indexed.hpp"
#include "libstream/operators/membership.hpp"
#include "libstream/operators/sample.hpp"
#include "libstream/operators/sort.hpp"
#include "libstream/operators/split_into.hpp"
#include "libstream/operators/union.hpp"
#include "libstream/operators/whole_partition.hpp"

namespace weir {

namespace api_detail {

/// What a flat_map that names no output makes.
template <class Function, class In>
struct flat_map_output {
  static_assert(checks::copyable<Function>, "flat_map: the function must be copyable, as each task works on a copy");
  static_assert(
    checks::callable<Function, const In&>,
    "flat_map: expected a function that takes one record (const T&) and returns a range; for one that takes "
    "(record, emit) name what it emits: flat_map<Out>(...)");
  static_assert(!checks::callable<Function, const In&> || checks::gives_range<Function, const In&>,
                "flat_map: the function must return a range, e.g. a std::vector");
  static_assert(!checks::gives_range_of_c_text<Function, const In&>,
                "flat_map: the function returns a range of const char*, which is no record: take std::string or "
                "std::string_view");
  static_assert(!checks::gives_range<Function, const In&> || checks::gives_range_of_c_text<Function, const In&> ||
                  checks::gives_records<Function, const In&>,
                "flat_map: the function returns a range of a type that is no record "
                "(docs/operators.md says which types are)");
  static constexpr bool sound = false;
};
template <class Function, class In>
  requires(checks::copyable<Function>&& checks::gives_records<Function, const In&>)
struct flat_map_output<Function, In> {
  static constexpr bool sound = true;
  using type = std::ranges::range_value_t<std::invoke_result_t<Function&, const In&>>;
};
template <class Function, class In>
  requires(requires { typename Function::output; } && !checks::gives_records<Function, const In&>)
struct flat_map_output<Function, In> {
  static constexpr bool sound = true;
  using type = typename Function::output;
};

} // namespace api_detail

/// What streams and datasets of any record type can both do, lazily: each operation gives a new handle. `Stream<T>` is a typed handle to a
/// node. Within a partition records keep their order, unless said otherwise.
template <template <class> class Stream, class T>
class transformations : public keyed_transformations<Stream, T> {
  static_assert(!checks::holds_c_text<T>,
                "a stream or dataset holds records, and const char* is none: take std::string or std::string_view");
  static_assert(checks::holds_c_text<T> || checks::record<T>,
                "a stream or dataset holds records: take numbers, strings, pairs, tuples, optionals, "
                "vectors, maps, or a struct with MSGPACK_DEFINE and include "
                "<weir/msgpack_record.hpp>");

public:
  using record = T;

  /// Each record through `function`.
  template <class Function>
  auto map(Function function) const {
    static_assert(checks::copyable<Function>, "map: the function must be copyable, as each task works on a copy; "
                                              "capture a std::shared_ptr instead of what cannot be copied");
    static_assert(
      checks::callable<Function, const T&>,
      "map: expected a function that can be called with one record (const T&); lines of text are std::string_view");
    static_assert(!checks::callable<Function, const T&> || checks::gives_something<Function, const T&>,
                  "map: the function returns nothing; to look at records use for_each or an output");
    static_assert(!checks::gives_c_text<Function, const T&>,
                  "map: the function returns const char*, which is no record: take std::string or std::string_view, "
                  "e.g. std::pair{std::string_view{\"key\"}, 1}");
    static_assert(!checks::gives_something<Function, const T&> || checks::gives_c_text<Function, const T&> ||
                    checks::gives_record<Function, const T&>,
                  "map: the function returns a type that is no record: take numbers, strings, pairs, "
                  "tuples, optionals, vectors, maps, or a struct with MSGPACK_DEFINE and include "
                  "<weir/msgpack_record.hpp>");
    if constexpr (checks::copyable<Function> && checks::gives_record<Function, const T&>) {
      using out = checks::result<Function, const T&>;
      using sink = operators::map_sink<T, out, Function>;
      return this->template derive<out>(
        std::make_shared<operators::narrow_node<T, out, Function, sink>>("map", this->node(), std::move(function)));
    } else {
      return this->self();
    }
  }

  /// The records for which `predicate` holds. `weir::contains("text")` searches the text of an input before it is cut into lines.
  template <class Predicate>
  auto filter(Predicate predicate) const {
    static_assert(checks::copyable<Predicate>, "filter: the predicate must be copyable, as each task works on a copy");
    static_assert(
      checks::predicate<Predicate, const T&>,
      "filter: expected a predicate: a function that takes one record (const T&) and returns bool; lines of text "
      "are std::string_view");
    if constexpr (checks::copyable<Predicate> && checks::predicate<Predicate, const T&>) {
      using sink = operators::maybe_on_blocks<operators::filter_sink<T, Predicate>, T, T, Predicate>;
      return this->template derive<T>(
        std::make_shared<operators::narrow_node<T, T, Predicate, sink>>("filter", this->node(), std::move(predicate)));
    } else {
      return this->self();
    }
  }

  /// All that `function` makes of each record: it returns a range, or it is called as `function(record, emit)` and names what it
  /// emits (`using output = ...`).
  template <class Function>
  auto flat_map(Function function) const {
    using output = api_detail::flat_map_output<Function, T>;
    if constexpr (output::sound)
      return this->template flat_map<typename output::type>(std::move(function));
    else
      return this->self();
  }

  /// The same for a lambda `[](const T& record, auto& emit) { emit(...); }`, which cannot name its output itself.
  template <class Out, class Function>
  auto flat_map(Function function) const {
    static_assert(checks::copyable<Function>, "flat_map: the function must be copyable, as each task works on a copy");
    static_assert(!checks::holds_c_text<Out>,
                  "flat_map<Out>: const char* is no record: take std::string or std::string_view");
    static_assert(checks::holds_c_text<Out> || checks::record<Out>,
                  "flat_map<Out>: Out is no record (docs/operators.md says which types are)");
    static_assert(checks::callable<Function, const T&, operators::emitter<Out>&> ||
                    checks::callable<Function, const T&>,
                  "flat_map<Out>: expected a function that takes a record and an emitter (const T&, auto& emit)");
    static_assert(
      !checks::gives_range_of_dangling<Out, Function, const T&>,
      "flat_map<Out>: the function returns a range that makes text (std::string) as it is walked, where Out "
      "is a view (std::string_view), which would outlive it: let Out be std::string");
    if constexpr (checks::copyable<Function> && checks::record<Out> &&
                  !checks::gives_range_of_dangling<Out, Function, const T&> &&
                  (checks::callable<Function, const T&, operators::emitter<Out>&> ||
                   checks::callable<Function, const T&>)) {
      using sink = operators::maybe_on_blocks<operators::flat_map_sink<T, Out, Function>, T, Out, Function>;
      return this->template derive<Out>(std::make_shared<operators::narrow_node<T, Out, Function, sink>>(
        "flat_map", this->node(), std::move(function)));
    } else {
      return this->self();
    }
  }

  /// Several streams out of one function (side outputs): `function(record, emit_a, emit_b)` gives each record to none, one or several of
  /// them. `auto [good, bad] = lines.split_into<A, B>(...)`. The function is called once a record, whichever of the streams are used.
  template <class... Outs, class Function>
  auto split_into(Function function) const {
    static_assert(sizeof...(Outs) > 0, "split_into: say what comes out: split_into<A, B>(...)");
    static_assert(checks::copyable<Function>,
                  "split_into: the function must be copyable, as each task works on a copy");
    static_assert(!(checks::holds_c_text<Outs> || ...),
                  "split_into<A, B>: const char* is no record: take std::string or std::string_view");
    static_assert((checks::holds_c_text<Outs> || ...) || (checks::record<Outs> && ...),
                  "split_into<A, B>: one of them is no record (docs/operators.md says which types are)");
    static_assert(checks::callable<Function, const T&, operators::emitter<Outs>&...>,
                  "split_into<A, B>: expected a function that takes a record and an emitter for each of the streams "
                  "(const T&, auto& emit_a, auto& emit_b)");
    if constexpr (sizeof...(Outs) > 0 && checks::copyable<Function> && (checks::record<Outs> && ...) &&
                  checks::callable<Function, const T&, operators::emitter<Outs>&...>) {
      plan::node_ptr split =
        std::make_shared<operators::split_node<T, Function, Outs...>>(this->node(), std::move(function));
      return [&]<std::size_t... Sides>(std::index_sequence<Sides...>) {
        return std::tuple{this->template derive<Outs>(std::make_shared<operators::side_node<Outs>>(split, Sides))...};
      }
      (std::index_sequence_for<Outs...>{});
    } else {
      return std::tuple{this->template derive<std::conditional_t<checks::record<Outs>, Outs, T>>(nullptr)...};
    }
  }

  /// `function(std::span<const T>)` returns a range: all that becomes of one partition. Keeps the partition in memory.
  template <class Function>
  auto map_partitions(Function function) const {
    static_assert(
      checks::callable<Function, std::span<const T>>,
      "map_partitions: expected a function that takes a partition (std::span<const T>) and returns a range");
    if constexpr (checks::callable<Function, std::span<const T>>) {
      return whole_partitions("map_partitions", [function = std::move(function)](std::uint32_t, auto records) mutable {
        return std::invoke(function, records);
      });
    } else {
      return this->self();
    }
  }

  /// The same, called as `function(index of the partition, std::span<const T>)`.
  template <class Function>
  auto map_partitions_with_index(Function function) const {
    static_assert(checks::callable<Function, std::uint32_t, std::span<const T>>,
                  "map_partitions_with_index: expected a function that takes the index of a partition and its records "
                  "(std::uint32_t, std::span<const T>) and returns a range");
    if constexpr (checks::callable<Function, std::uint32_t, std::span<const T>>) {
      return whole_partitions("map_partitions_with_index", std::move(function));
    } else {
      return this->self();
    }
  }

  /// `function(std::span<const T> records, auto& emit)` is called with a few hundred records at a time; `emit(Out)` gives one on. For
  /// functions that are faster on many records than on one.
  template <class Out, class Function>
  auto map_chunks(Function function) const {
    static_assert(checks::copyable<Function>,
                  "map_chunks: the function must be copyable, as each task works on a copy");
    static_assert(checks::record<Out>, "map_chunks<Out>: Out is no record (docs/operators.md says which types are)");
    static_assert(checks::callable<Function, std::span<const T>, operators::emitter<Out>&>,
                  "map_chunks: expected a function that takes records and an emitter (std::span<const T>, auto& emit)");
    if constexpr (checks::copyable<Function> && checks::record<Out> &&
                  checks::callable<Function, std::span<const T>, operators::emitter<Out>&>) {
      using sink = operators::chunk_sink<T, Out, Function>;
      return this->template derive<Out>(std::make_shared<operators::narrow_node<T, Out, Function, sink>>(
        "map_chunks", this->node(), std::move(function)));
    } else {
      return this->self();
    }
  }

  /// One vector a partition, with all its records.
  auto glom() const {
    return whole_partitions("glom", [](std::uint32_t, std::span<const T> records) {
      return std::vector<std::vector<T>>{{records.begin(), records.end()}};
    });
  }

  /// The records of this one, then those of the others: partitions are put one behind the other.
  template <class... Others>
  auto union_with(const Others&... others) const {
    static_assert((checks::joinable_with<Stream, Others> && ...),
                  "union_with: expected streams of the same context, or datasets");
    static_assert(((!checks::joinable_with<Stream, Others> || std::same_as<typename Others::record, T>)&&...),
                  "union_with: all must have records of the same type; bring them to one with map first");
    if constexpr (((checks::joinable_with<Stream, Others> && std::same_as<typename Others::record, T>)&&...)) {
      (this->self().require_same_context(others), ...);
      return this->template derive<T>(std::make_shared<operators::union_node<T>>(
        std::vector<plan::node_ptr>{this->node(), api_detail::node_of(others)...}));
    } else {
      return this->self();
    }
  }

  /// Exactly `count` partitions; records are dealt out evenly.
  auto repartition(std::uint32_t count) const {
    api_detail::require_positive(count, "repartition");
    return this->template derive<T>(std::make_shared<operators::repartition_node<T>>(this->node(), count));
  }

  /// At most `count` partitions: neighbours are joined, and the order of all records stays.
  auto coalesce(std::uint32_t count) const {
    api_detail::require_positive(count, "coalesce");
    return this->template derive<T>(std::make_shared<operators::coalesce_node<T>>(this->node(), count));
  }

  /// Each record once.
  auto distinct(partitioning<T> how = {}) const {
    static_assert(checks::key<T>, "distinct: records must be comparable with ==");
    if constexpr (checks::key<T>) {
      using logic = operators::presence_logic<T>;
      return this->template derive<T>(std::make_shared<operators::combine_node<T, T, std::uint8_t, logic>>(
        "distinct", this->node(), logic{}, std::move(how)));
    } else {
      return this->self();
    }
  }

  /// (key, record).
  template <class Function>
  auto key_by(Function function) const {
    static_assert(checks::copyable<Function>, "key_by: the function must be copyable, as each task works on a copy");
    static_assert(checks::callable<Function, const T&>,
                  "key_by: expected a function that takes one record (const T&) and returns its key");
    static_assert(!checks::gives_c_text<Function, const T&>,
                  "key_by: the function returns const char*, which is no record: take std::string or "
                  "std::string_view");
    static_assert(!checks::callable<Function, const T&> || checks::gives_c_text<Function, const T&> ||
                    checks::gives_key<Function, const T&>,
                  "key_by: a key must be a record that is comparable with ==");
    if constexpr (checks::copyable<Function> && checks::gives_key<Function, const T&>) {
      using out = std::pair<checks::result<Function, const T&>, T>;
      auto whole = [function = std::move(function)](const T& each) { return out{std::invoke(function, each), each}; };
      using sink = operators::map_sink<T, out, decltype(whole)>;
      return this->template derive<out>(std::make_shared<operators::narrow_node<T, out, decltype(whole), sink>>(
        "key_by", this->node(), std::move(whole)));
    } else {
      return this->self();
    }
  }

  /// (key, all records with that key). `count` partitions; 0 = as many as the application has.
  template <class Function>
  auto group_by(Function function, std::uint32_t count = 0) const {
    static_assert(checks::callable<Function, const T&>,
                  "group_by: expected a function that takes one record (const T&) and returns its key");
    static_assert(!checks::gives_c_text<Function, const T&>,
                  "group_by: the function returns const char*, which is no record: take std::string or "
                  "std::string_view");
    static_assert(!checks::callable<Function, const T&> || checks::gives_c_text<Function, const T&> ||
                    checks::gives_key<Function, const T&>,
                  "group_by: a key must be a record that is comparable with ==");
    if constexpr (checks::gives_key<Function, const T&>) {
      return key_by(std::move(function)).group_by_key(count);
    } else {
      return this->self();
    }
  }

  /// Each record by chance: with the probability `fraction`, or, with replacement, that often on average. Which ones follows from the seed, the
  /// batch and the records alone, however they are cut into splits and partitions. Records stay in their partition and order.
  auto sample(double fraction, std::uint64_t seed = 1, bool with_replacement = false) const {
    api_detail::require_fraction(fraction, with_replacement);
    auto alike = std::make_shared<operators::occurrences_node<T>>(this->node(), seed);
    return this->template derive<T>(
      std::make_shared<operators::sample_node<T>>(this->node(), std::move(alike), fraction, seed, with_replacement));
  }

  /// All records in the order of `key_of(record)`, also over the partitions: nothing of a partition comes after something of the next. Equal
  /// keys stay in order. `count` partitions; 0 = as many as the application has.
  template <class Function = std::identity>
  auto sort_by(Function key_of = {}, order how = order::ascending, std::uint32_t count = 0) const {
    static_assert(checks::copyable<Function>, "sort_by: the function must be copyable, as each task works on a copy");
    static_assert(checks::callable<Function, const T&>,
                  "sort_by: expected a function that takes one record (const T&) and returns what to sort by");
    static_assert(!checks::gives_something<Function, const T&> || checks::gives_ordered<Function, const T&>,
                  "sort_by: keys must be comparable with <");
    static_assert(!checks::gives_ordered<Function, const T&> || checks::gives_record<Function, const T&>,
                  "sort_by: the function returns a type that is no record "
                  "(docs/operators.md says which types are)");
    if constexpr (checks::copyable<Function> && checks::gives_ordered<Function, const T&> &&
                  checks::gives_record<Function, const T&>) {
      return this->template sorted<checks::result<Function, const T&>>("sort_by", std::move(key_of), how, count);
    } else {
      return this->self();
    }
  }

  /// (record, its place among all records), from 0, in the order of the partitions.
  auto zip_with_index() const {
    using numbered = operators::numbered<T>;
    using out = std::pair<T, std::uint64_t>;
    auto made = std::make_shared<operators::number_node<T>>(this->node());
    auto shown = [](const numbered& each) { return out{std::get<0>(each), std::get<1>(each)}; };
    using sink = operators::map_sink<numbered, out, decltype(shown)>;
    return this->template derive<out>(
      std::make_shared<operators::narrow_node<numbered, out, decltype(shown), sink>>("indexed", made, shown));
  }

  /// The i-th record of this one with the i-th of the other. A batch in which one has more records than the other fails.
  template <class Other>
  auto zip(const Other& other) const {
    static_assert(checks::joinable_with<Stream, Other>, "zip: expected a stream of the same context, or a dataset");
    if constexpr (checks::joinable_with<Stream, Other>) {
      this->self().require_same_context(other);
      using right = typename Other::record;
      return this->template derive<std::pair<T, right>>(std::make_shared<operators::zip_node<T, right>>(
        std::make_shared<operators::number_node<T>>(this->node()),
        std::make_shared<operators::number_node<right>>(api_detail::node_of(other))));
    } else {
      return this->self();
    }
  }

  /// All pairs of a record of this one and one of the other.
  template <class Other>
  auto cartesian(const Other& other) const {
    static_assert(checks::joinable_with<Stream, Other>,
                  "cartesian: expected a stream of the same context, or a dataset");
    if constexpr (checks::joinable_with<Stream, Other>) {
      this->self().require_same_context(other);
      using right = typename Other::record;
      return this->template derive<std::pair<T, right>>(
        std::make_shared<operators::cartesian_node<T, right>>(this->node(), api_detail::node_of(other)));
    } else {
      return this->self();
    }
  }

  /// The records that both have, each once.
  template <class Other>
  auto intersection(const Other& other, partitioning<T> how = {}) const {
    return membership<true>(other, std::move(how));
  }

  /// The records that the other has not, as often as they came.
  template <class Other>
  auto subtract(const Other& other, partitioning<T> how = {}) const {
    return membership<false>(other, std::move(how));
  }

  /// Gives the operator that made this stream a name that stays when the program changes around it.
  Stream<T> named(std::string_view name) const {
    this->node()->give_name(std::string{name});
    return this->self();
  }

private:
  template <class Function>
  auto whole_partitions(const char* kind, Function function) const {
    static_assert(checks::copyable<Function>,
                  "map_partitions: the function must be copyable, as each task works on a copy");
    static_assert(checks::gives_range<Function, std::uint32_t, std::span<const T>>,
                  "map_partitions: the function must return a range, e.g. a std::vector");
    static_assert(!checks::gives_range_of_c_text<Function, std::uint32_t, std::span<const T>>,
                  "map_partitions: the function returns a range of const char*, which is no record: take std::string "
                  "or std::string_view");
    static_assert(!checks::gives_range<Function, std::uint32_t, std::span<const T>> ||
                    checks::gives_range_of_c_text<Function, std::uint32_t, std::span<const T>> ||
                    checks::gives_records<Function, std::uint32_t, std::span<const T>>,
                  "map_partitions: the function returns a range of a type that is no record "
                  "(docs/operators.md says which types are)");
    if constexpr (checks::copyable<Function> && checks::gives_records<Function, std::uint32_t, std::span<const T>>) {
      using out = std::ranges::range_value_t<std::invoke_result_t<Function&, std::uint32_t, std::span<const T>>>;
      auto whole = [function = std::move(function)](std::uint32_t partition, std::span<const T> records,
                                                    auto& emit) mutable {
        auto&& made = std::invoke(function, partition, records);
        for (auto&& each : made)
          emit(out(std::forward<decltype(each)>(each)));
        emit.flush(); // what the range owns ends here
      };
      return this->template derive<out>(
        std::make_shared<operators::partition_node<T, out, decltype(whole)>>(kind, this->node(), std::move(whole)));
    } else {
      return this->self();
    }
  }

  template <bool Both, class Other>
  auto membership(const Other& other, partitioning<T> how) const {
    static_assert(checks::joinable_with<Stream, Other>,
                  "intersection, subtract: expected a stream of the same context, or a dataset");
    static_assert(!checks::joinable_with<Stream, Other> || std::same_as<typename Other::record, T>,
                  "intersection, subtract: both must have records of the same type");
    static_assert(checks::key<T>, "intersection, subtract: records must be comparable with ==");
    if constexpr (checks::joinable_with<Stream, Other> && std::same_as<typename Other::record, T> && checks::key<T>) {
      this->self().require_same_context(other);
      return this->template derive<T>(std::make_shared<operators::membership_node<T, Both>>(
        this->node(), api_detail::node_of(other), std::move(how)));
    } else {
      return this->self();
    }
  }
};

} // namespace weir
