#pragma once

#include <concepts>
#include <ranges>
#include <string_view>
#include <type_traits>

#include "libstream/operators/combine.hpp"
#include "libstream/operators/count.hpp"
#include "libstream/operators/narrow.hpp"

/// What streams and datasets can both do. `Stream<T>` is a typed handle to a node; each operation gives a new handle.
namespace weir {

namespace api_detail {

template <class T>
inline constexpr bool is_pair = false;
template <class A, class B>
inline constexpr bool is_pair<std::pair<A, B>> = true;

template <class Function, class In>
concept emits = requires {
  typename std::remove_cvref_t<Function>::output;
};

template <class Function, class In>
struct flat_map_output;
template <class Function, class In>
  requires emits<Function, In>
struct flat_map_output<Function, In> {
  using type = typename std::remove_cvref_t<Function>::output;
};
template <class Function, class In>
  requires(!emits<Function, In>)
struct flat_map_output<Function, In> {
  using type = std::ranges::range_value_t<std::invoke_result_t<Function&, const In&>>;
};

} // namespace api_detail

/// A user function that can be called with each record.
template <class Function, class In>
concept function_of = std::copy_constructible<Function> && std::invocable<Function&, const In&>;

template <template <class> class Stream, class T>
class transformations {
public:
  using record = T;

  /// Each record through `function`.
  template <class Function>
    requires function_of<Function, T>
  auto map(Function function) const {
    using out = std::remove_cvref_t<std::invoke_result_t<Function&, const T&>>;
    using sink = operators::map_sink<T, out, Function>;
    return derive<out>(
      std::make_shared<operators::narrow_node<T, out, Function, sink>>("map", node(), std::move(function)));
  }

  /// The records for which `predicate` holds. `weir::contains("text")` searches the text of an input before it is cut into lines.
  template <class Predicate>
    requires std::predicate<Predicate&, const T&>
  auto filter(Predicate predicate) const {
    using sink = operators::maybe_on_blocks<operators::filter_sink<T, Predicate>, T, T, Predicate>;
    return derive<T>(
      std::make_shared<operators::narrow_node<T, T, Predicate, sink>>("filter", node(), std::move(predicate)));
  }

  /// All that `function` makes of each record: it returns a range, or it is called as `function(record, emit)` and names what it
  /// emits (`using output = ...`).
  template <class Function>
  auto flat_map(Function function) const {
    return flat_map<typename api_detail::flat_map_output<Function, T>::type>(std::move(function));
  }

  /// The same for a lambda `[](const T& record, auto& emit) { emit(...); }`, which cannot name its output itself.
  template <class Out, class Function>
  auto flat_map(Function function) const {
    using sink = operators::maybe_on_blocks<operators::flat_map_sink<T, Out, Function>, T, Out, Function>;
    return derive<Out>(
      std::make_shared<operators::narrow_node<T, Out, Function, sink>>("flat_map", node(), std::move(function)));
  }

  /// The values of pairs through `function`; keys stay.
  template <class Function>
    requires api_detail::is_pair<T>
  auto map_values(Function function) const {
    using value = std::remove_cvref_t<std::invoke_result_t<Function&, const typename T::second_type&>>;
    using out = std::pair<typename T::first_type, value>;
    auto whole = [function = std::move(function)](const T& pair) {
      return out{pair.first, std::invoke(function, pair.second)};
    };
    using sink = operators::map_sink<T, out, decltype(whole)>;
    return derive<out>(
      std::make_shared<operators::narrow_node<T, out, decltype(whole), sink>>("map_values", node(), std::move(whole)));
  }

  /// One pair a key: its values joined by an associative `function`.
  template <class Function>
    requires api_detail::is_pair<T>
  auto reduce_by_key(Function function) const {
    using key = typename T::first_type;
    using value = typename T::second_type;
    using logic = operators::reduce_logic<key, value, Function>;
    return derive<std::pair<key, value>>(std::make_shared<operators::combine_node<T, key, value, logic>>(
      "reduce_by_key", node(), logic{std::move(function)}));
  }

  /// (record, how often it occurs).
  auto count_by_value() const {
    using logic = operators::occurrence_logic<T>;
    return derive<std::pair<T, std::uint64_t>>(
      std::make_shared<operators::combine_node<T, T, std::uint64_t, logic>>("count_by_value", node(), logic{}));
  }

  /// Gives the operator that made this stream a name that stays when the program changes around it.
  Stream<T> named(std::string_view name) const {
    node()->give_name(std::string{name});
    return self();
  }

protected:
  const Stream<T>& self() const { return static_cast<const Stream<T>&>(*this); }
  const operators::stream_ptr<T>& node() const { return self().node_; }

  template <class Out>
  Stream<Out> derive(operators::stream_ptr<Out> made) const {
    return self().template with<Out>(std::move(made));
  }
};

} // namespace weir
