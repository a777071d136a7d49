#pragma once

#include "libstream/api/arguments.hpp"
#include "libstream/api/function_checks.hpp"
#include "libstream/operators/cogroup.hpp"
#include "libstream/operators/combine.hpp"
#include "libstream/operators/narrow.hpp"
#include "libstream/operators/repartition.hpp"
#include "libstream/operators/sort.hpp"

namespace weir {

namespace api_detail {

/// The node behind a handle.
template <class Stream>
const auto& node_of(const Stream& of);

} // namespace api_detail

/// What streams and datasets of pairs can both do. `how` says into how many partitions keys go, and which key where: a number, or
/// {number, function}.
template <template <class> class Stream, class T>
class keyed_transformations {
  using key = checks::key_of<T>;
  using value = checks::value_of<T>;
  static constexpr bool pairs = data::is_pair<T>;

public:
  /// The first of each pair.
  auto keys() const {
    static_assert(pairs, "keys: expected records that are pairs (std::pair<Key, Value>); make them with map or key_by");
    if constexpr (pairs) {
      return part<key>("keys", [](const T& each) { return each.first; });
    } else {
      return self();
    }
  }

  /// The second of each pair.
  auto values() const {
    static_assert(pairs,
                  "values: expected records that are pairs (std::pair<Key, Value>); make them with map or key_by");
    if constexpr (pairs) {
      return part<value>("values", [](const T& each) { return each.second; });
    } else {
      return self();
    }
  }

  /// The values of pairs through `function`; keys and partitions stay.
  template <class Function>
  auto map_values(Function function) const {
    static_assert(pairs, "map_values: expected records that are pairs (std::pair<Key, Value>)");
    static_assert(!pairs || checks::copyable<Function>,
                  "map_values: the function must be copyable, as each task works on a copy");
    static_assert(
      !pairs || checks::callable<Function, const value&>,
      "map_values: expected a function that can be called with one value (const Value&), not with the pair");
    static_assert(!pairs || !checks::gives_c_text<Function, const value&>,
                  "map_values: the function returns const char*, which is no record: take std::string or "
                  "std::string_view");
    static_assert(
      !pairs || !checks::callable<Function, const value&> || checks::gives_c_text<Function, const value&> ||
        checks::gives_record<Function, const value&>,
      "map_values: the function returns nothing, or a type that is no record (docs/operators.md says which types are)");
    if constexpr (pairs && checks::copyable<Function> && checks::gives_record<Function, const value&>) {
      using out = std::pair<key, checks::result<Function, const value&>>;
      return part<out>("map_values", [function = std::move(function)](const T& each) mutable {
        return out{each.first, std::invoke(function, each.second)};
      });
    } else {
      return self();
    }
  }

  /// Each key with all that `function` makes of its value: it returns a range.
  template <class Function>
  auto flat_map_values(Function function) const {
    static_assert(pairs, "flat_map_values: expected records that are pairs (std::pair<Key, Value>)");
    static_assert(!pairs || checks::copyable<Function>,
                  "flat_map_values: the function must be copyable, as each task works on a copy");
    static_assert(!pairs || checks::callable<Function, const value&>,
                  "flat_map_values: expected a function that takes one value (const Value&) and returns a range");
    static_assert(!pairs || !checks::callable<Function, const value&> || checks::gives_range<Function, const value&>,
                  "flat_map_values: the function must return a range, e.g. a std::vector");
    static_assert(!pairs || !checks::gives_range_of_c_text<Function, const value&>,
                  "flat_map_values: the function returns a range of const char*, which is no record: take std::string "
                  "or std::string_view");
    static_assert(!pairs || !checks::gives_range<Function, const value&> ||
                    checks::gives_range_of_c_text<Function, const value&> ||
                    checks::gives_records<Function, const value&>,
                  "flat_map_values: the function returns a range of a type that is no record "
                  "(docs/operators.md says which types are)");
    if constexpr (pairs && checks::copyable<Function> && checks::gives_records<Function, const value&>) {
      using out = std::pair<key, std::ranges::range_value_t<std::invoke_result_t<Function&, const value&>>>;
      auto whole = [function = std::move(function)](const T& each, auto& emit) mutable {
        auto&& made = std::invoke(function, each.second);
        for (auto&& part : made)
          emit(out{each.first, std::forward<decltype(part)>(part)});
        if constexpr (data::borrows<out>)
          emit.flush(); // what the range owns ends here
      };
      using sink = operators::flat_map_sink<T, out, decltype(whole)>;
      return derive<out>(std::make_shared<operators::narrow_node<T, out, decltype(whole), sink>>(
        "flat_map_values", node(), std::move(whole)));
    } else {
      return self();
    }
  }

  /// (key, all its values in the order of the records). All values of a key must fit in memory; where a function joins them,
  /// reduce_by_key is cheaper.
  auto group_by_key(partitioning<key> how = {}) const {
    static_assert(pairs, "group_by_key: expected records that are pairs (std::pair<Key, Value>)");
    static_assert(!pairs || checks::key<key>, "group_by_key: keys must be records that are comparable with ==");
    if constexpr (pairs && checks::key<key>) {
      return derive<std::pair<key, std::vector<value>>>(
        std::make_shared<operators::group_by_key_node<key, value>>("group_by_key", node(), std::move(how)));
    } else {
      return self();
    }
  }

  /// One pair a key: its values joined by an associative `function`, in the order of the records. Map tasks join their own first.
  template <class Function>
  auto reduce_by_key(Function function, partitioning<key> how = {}) const {
    static_assert(
      pairs, "reduce_by_key: expected records that are pairs (std::pair<Key, Value>); make them with map or key_by");
    static_assert(!pairs || checks::key<key>, "reduce_by_key: keys must be records that are comparable with ==");
    static_assert(!pairs || checks::copyable<Function>,
                  "reduce_by_key: the function must be copyable, as each task works on a copy");
    constexpr bool dangles = checks::gives_dangling<value, Function, const value&, const value&>;
    static_assert(!pairs || !dangles,
                  "reduce_by_key: the function returns text that it makes (std::string) where the value is a view "
                  "(std::string_view), which would outlive it: "
                  "hold the values first, e.g. map_values([](std::string_view text) { return std::string{text}; })");
    static_assert(
      !pairs || dangles || checks::gives<value, Function, const value&, const value&>,
      "reduce_by_key: expected a function that takes two values (const Value&, const Value&) and returns one");
    if constexpr (pairs && checks::key<key> && checks::copyable<Function> &&
                  checks::gives_sound<value, Function, const value&, const value&>) {
      using logic = operators::reduce_logic<key, value, Function>;
      return derive<std::pair<key, value>>(std::make_shared<operators::combine_node<T, key, value, logic>>(
        "reduce_by_key", node(), logic{std::move(function)}, std::move(how)));
    } else {
      return self();
    }
  }

  /// The same, beginning with `zero` in each task that has values of the key: `zero` must be neutral.
  template <class Zero = value, class Function>
  auto fold_by_key(Zero first, Function function, partitioning<key> how = {}) const {
    static_assert(pairs, "fold_by_key: expected records that are pairs (std::pair<Key, Value>)");
    static_assert(!pairs || checks::key<key>, "fold_by_key: keys must be records that are comparable with ==");
    static_assert(!pairs || checks::copyable<Function>,
                  "fold_by_key: the function must be copyable, as each task works on a copy");
    static_assert(!pairs || std::convertible_to<Zero, value>, "fold_by_key: zero must be a value");
    constexpr bool dangles =
      checks::gives_dangling<value, Function, const value&, const value&> || data::dangles<value, Zero>;
    static_assert(
      !pairs || !dangles,
      "fold_by_key: zero or what the function returns is text that is held (std::string) where the value is "
      "a view (std::string_view), which would outlive it: hold the values first, e.g. map_values([](std::string_view "
      "text) { return std::string{text}; })");
    static_assert(
      !pairs || dangles || checks::gives<value, Function, const value&, const value&>,
      "fold_by_key: expected a function that takes two values (const Value&, const Value&) and returns one");
    if constexpr (pairs && checks::key<key> && checks::copyable<Function> && std::convertible_to<Zero, value> &&
                  !dangles && checks::gives<value, Function, const value&, const value&>) {
      auto zero = static_cast<value>(std::move(first));
      return combining<value>(
        "fold_by_key", [zero, function](const value& each) mutable { return std::invoke(function, zero, each); },
        function, function, std::move(how));
    } else {
      return self();
    }
  }

  /// (key, accumulator): `add(accumulator, value)` takes a value in, beginning with `zero`; `merge` joins two accumulators.
  template <class Accumulator, class Add, class Merge>
  auto aggregate_by_key(Accumulator zero, Add add, Merge merge, partitioning<key> how = {}) const {
    static_assert(pairs, "aggregate_by_key: expected records that are pairs (std::pair<Key, Value>)");
    static_assert(!pairs || checks::key<key>, "aggregate_by_key: keys must be records that are comparable with ==");
    static_assert(!pairs || (checks::copyable<Add> && checks::copyable<Merge>),
                  "aggregate_by_key: the functions must be copyable, as each task works on a copy");
    constexpr bool dangles = checks::gives_dangling<Accumulator, Add, Accumulator, const value&> ||
                             checks::gives_dangling<Accumulator, Merge, Accumulator, const Accumulator&>;
    static_assert(!pairs || !dangles,
                  "aggregate_by_key: add or merge returns text that it makes (std::string) where the accumulator is a "
                  "view (std::string_view), which would outlive it: begin with a zero that holds its text, e.g. "
                  "std::string{}");
    static_assert(!pairs || dangles || checks::gives<Accumulator, Add, Accumulator, const value&>,
                  "aggregate_by_key: expected add(accumulator, value) that returns the accumulator");
    static_assert(!pairs || dangles || checks::gives<Accumulator, Merge, Accumulator, const Accumulator&>,
                  "aggregate_by_key: expected merge(accumulator, accumulator) that returns the accumulator");
    if constexpr (pairs && checks::key<key> && checks::copyable<Add> && checks::copyable<Merge> && !dangles &&
                  checks::gives<Accumulator, Add, Accumulator, const value&> &&
                  checks::gives<Accumulator, Merge, Accumulator, const Accumulator&>) {
      return combining<Accumulator>(
        "aggregate_by_key", [zero, add](const value& first) mutable { return std::invoke(add, zero, first); }, add,
        merge, std::move(how));
    } else {
      return self();
    }
  }

  /// (key, accumulator): `create(value)` makes one of a key's first value in a task, `add(accumulator, value)` takes further ones in,
  /// `merge` joins two accumulators, of which the first has the earlier values.
  template <class Create, class Add, class Merge>
  auto combine_by_key(Create create, Add add, Merge merge, partitioning<key> how = {}) const {
    static_assert(pairs, "combine_by_key: expected records that are pairs (std::pair<Key, Value>)");
    static_assert(!pairs || checks::key<key>, "combine_by_key: keys must be records that are comparable with ==");
    static_assert(!pairs || (checks::copyable<Create> && checks::copyable<Add> && checks::copyable<Merge>),
                  "combine_by_key: the functions must be copyable, as each task works on a copy");
    static_assert(!pairs || checks::callable<Create, const value&>,
                  "combine_by_key: expected create(value) that returns an accumulator");
    constexpr bool dangles = checks::combines_dangling<Create, Add, Merge, value>;
    static_assert(!pairs || !dangles,
                  "combine_by_key: add or merge returns text that it makes (std::string) where the accumulator that "
                  "create returns is a view (std::string_view), which would outlive it: let create return std::string");
    static_assert(!pairs || dangles || !checks::gives_something<Create, const value&> ||
                    checks::adds_to<Create, Add, value>,
                  "combine_by_key: expected add(accumulator, value) that returns the accumulator");
    static_assert(!pairs || dangles || !checks::gives_something<Create, const value&> ||
                    checks::merges<Create, Merge, value>,
                  "combine_by_key: expected merge(accumulator, accumulator) that returns the accumulator");
    if constexpr (pairs && checks::key<key> && checks::copyable<Create> && checks::copyable<Add> &&
                  checks::copyable<Merge> && !dangles && checks::adds_to<Create, Add, value> &&
                  checks::merges<Create, Merge, value>) {
      return combining<checks::result<Create, const value&>>("combine_by_key", std::move(create), std::move(add),
                                                             std::move(merge), std::move(how));
    } else {
      return self();
    }
  }

  /// (key, (values here, values there)), for keys of either side.
  template <class Other>
  auto cogroup(const Other& other, partitioning<key> how = {}) const {
    return joined<operators::cogroup_kind>(other, std::move(how));
  }
  /// (key, (value here, value there)) for each two values of a key in the same batch.
  template <class Other>
  auto join(const Other& other, partitioning<key> how = {}) const {
    return joined<operators::inner_kind>(other, std::move(how));
  }
  /// The same; where the other has nothing, an empty optional.
  template <class Other>
  auto left_outer_join(const Other& other, partitioning<key> how = {}) const {
    return joined<operators::left_outer_kind>(other, std::move(how));
  }
  template <class Other>
  auto right_outer_join(const Other& other, partitioning<key> how = {}) const {
    return joined<operators::right_outer_kind>(other, std::move(how));
  }
  template <class Other>
  auto full_outer_join(const Other& other, partitioning<key> how = {}) const {
    return joined<operators::full_outer_kind>(other, std::move(how));
  }
  /// The pairs whose key the other has not.
  template <class Other>
  auto subtract_by_key(const Other& other, partitioning<key> how = {}) const {
    return joined<operators::without_kind>(other, std::move(how));
  }

  /// The same pairs, each in the partition of its key.
  auto partition_by(partitioning<key> how) const {
    static_assert(pairs, "partition_by: expected records that are pairs (std::pair<Key, Value>)");
    static_assert(!pairs || checks::key<key>, "partition_by: keys must be records that are comparable with ==");
    if constexpr (pairs && checks::key<key>) {
      return derive<T>(std::make_shared<operators::partition_by_node<key, value>>(node(), std::move(how)));
    } else {
      return self();
    }
  }

  /// As `sort_by`, by the keys of pairs.
  auto sort_by_key(order how = order::ascending, std::uint32_t count = 0) const {
    static_assert(pairs, "sort_by_key: expected records that are pairs (std::pair<Key, Value>)");
    static_assert(!pairs || checks::ordered<key>, "sort_by_key: keys must be comparable with <");
    if constexpr (pairs && checks::ordered<key>) {
      return sorted<key>(
        "sort_by_key", [](const T& each) -> const key& { return each.first; }, how, count);
    } else {
      return self();
    }
  }

protected:
  const Stream<T>& self() const { return static_cast<const Stream<T>&>(*this); }
  const operators::stream_ptr<T>& node() const { return self().node_; }

  template <class Out>
  Stream<Out> derive(operators::stream_ptr<Out> made) const {
    return self().template with<Out>(std::move(made));
  }

  template <class KeyOfRecord, class Function>
  auto sorted(const char* kind, Function key_of, order how, std::uint32_t count) const {
    using Key = std::conditional_t<std::is_same_v<KeyOfRecord, bool>, std::uint8_t,
                                   KeyOfRecord>; // vectors of bools are no arrays
    auto ranges = std::make_shared<operators::sort_ranges_node<T, Key, Function>>(node(), key_of, how, count);
    return derive<T>(
      std::make_shared<operators::sort_node<T, Key, Function>>(kind, std::move(ranges), std::move(key_of), how, count));
  }

private:
  template <class Out, class Function>
  auto part(const char* kind, Function function) const {
    using sink = operators::map_sink<T, Out, Function>;
    return derive<Out>(
      std::make_shared<operators::narrow_node<T, Out, Function, sink>>(kind, node(), std::move(function)));
  }

  template <class Accumulator, class Create, class Add, class Merge>
  auto combining(const char* kind, Create create, Add add, Merge merge, partitioning<key> how) const {
    static_assert(checks::record<Accumulator>,
                  "aggregate_by_key, combine_by_key: the accumulator is no record: take numbers, strings, pairs, "
                  "tuples, optionals, vectors, maps, or a struct with MSGPACK_DEFINE");
    if constexpr (checks::record<Accumulator>) {
      using logic = operators::general_logic<key, value, Accumulator, Create, Add, Merge>;
      return derive<std::pair<key, Accumulator>>(std::make_shared<operators::combine_node<T, key, Accumulator, logic>>(
        kind, node(), logic{std::move(create), std::move(add), std::move(merge)}, std::move(how)));
    } else {
      return self();
    }
  }

  template <template <class, class, class> class Kind, class Other>
  auto joined(const Other& other, partitioning<key> how) const {
    static_assert(pairs,
                  "join, cogroup: expected records that are pairs (std::pair<Key, Value>); make them with key_by");
    static_assert(!pairs || checks::joinable_with<Stream, Other>,
                  "join, cogroup: expected a stream of the same context, or a dataset");
    using right = typename Other::record;
    constexpr bool other_pairs = data::is_pair<right>;
    static_assert(!pairs || !checks::joinable_with<Stream, Other> || other_pairs,
                  "join, cogroup: the other must hold pairs, too");
    using other_key = checks::key_of<right>;
    using other_value = checks::value_of<right>;
    static_assert(!pairs || !other_pairs || checks::same_key<key, other_key>,
                  "join, cogroup: both must have keys of the same type");
    static_assert(!pairs || checks::key<key>, "join, cogroup: keys must be records that are comparable with ==");
    constexpr bool sound = pairs && checks::joinable_with<Stream, Other> && other_pairs &&
                           checks::same_key<key, other_key> && checks::key<key>;
    if constexpr (!sound) {
      return self();
    } else {
      self().require_same_context(other);
      if constexpr (std::is_same_v<key, other_key>) {
        using kind = Kind<key, value, other_value>;
        return derive<typename kind::record>(std::make_shared<operators::cogroup_node<key, value, other_value, Kind>>(
          node(), api_detail::node_of(other), std::move(how)));
      } else if constexpr (std::is_same_v<key, std::string>) {
        return as_views(*this).template joined<Kind>(other, of_views(how));
      } else {
        return joined<Kind>(as_views(other), std::move(how));
      }
    }
  }

  /// The same choice for keys that are looked at.
  static partitioning<std::string_view> of_views(const partitioning<std::string>& how) {
    if (!how.choose())
      return how.count();
    return {how.count(), [choose = how.choose()](std::string_view text) { return choose(std::string{text}); }};
  }

  /// Keys that are looked at instead of held.
  template <class Keyed>
  static auto as_views(const Keyed& of) {
    return of.viewed();
  }

  template <template <class> class, class>
  friend class keyed_transformations;
  auto viewed() const {
    using out = std::pair<std::string_view, value>;
    return part<out>("view_keys", [](const T& each) { return out{each.first, each.second}; });
  }
};

} // namespace weir
