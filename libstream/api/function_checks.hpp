#pragma once

#include <concepts>
#include <functional>
#include <ranges>
#include <type_traits>

#include "libstream/api/stream_fwd.hpp"
#include "libstream/data/dangling.hpp"
#include "libstream/data/record_traits.hpp"
#include "libstream/data/type_shapes.hpp"

/// What the functions and types that users hand over must be. Each operation asserts it first, with a sentence that says what it
/// expects, so that a mistake shows at the call and not deep in a template.
namespace weir::checks {

/// A task works on its own copy.
template <class Function>
concept copyable = std::copy_constructible<std::decay_t<Function>>;

template <class Function, class... Arguments>
concept callable = std::invocable < std::decay_t<Function>
&, Arguments... > ;

template <class Function, class... Arguments>
concept predicate = std::predicate < std::decay_t<Function>
&, Arguments... > ;

/// What it returns can be put where an `Out` is.
template <class Out, class Function, class... Arguments>
concept gives = std::is_invocable_r_v < Out,
        std::decay_t<Function>
&, Arguments... > ;

template <class Function, class... Arguments>
using result = std::remove_cvref_t<std::invoke_result_t<std::decay_t<Function>&, Arguments...>>;

template <class T>
concept record = data::record<T>;

template <class Function, class... Arguments>
concept gives_something =
  callable<Function, Arguments...> && !std::is_void_v<std::invoke_result_t<std::decay_t<Function>&, Arguments...>>;

/// What it returns owns its bytes, and they end before the view that is made of it.
template <class Out, class Function, class... Arguments>
concept gives_dangling = callable<Function, Arguments...> && data::dangles < Out,
        std::invoke_result_t < std::decay_t<Function>
&, Arguments... >> ;

/// `gives`, and nothing that dangles.
template <class Out, class Function, class... Arguments>
concept gives_sound = gives<Out, Function, Arguments...> && !gives_dangling<Out, Function, Arguments...>;

/// Of combine_by_key: `Add` takes a further value into what `Create` makes of the first one, `Merge` joins two of these.
template <class Create, class Add, class Value>
concept adds_to = gives_something<Create, const Value&> && gives < result<Create, const Value&>,
        Add, result<Create, const Value&>,
const Value& > ;

template <class Create, class Merge, class Value>
concept merges = gives_something<Create, const Value&> && gives < result<Create, const Value&>,
        Merge, result<Create, const Value&>,
const result<Create, const Value&>& > ;

template <class Create, class Add, class Merge, class Value>
concept combines_dangling = gives_something<Create, const Value&> &&
  (gives_dangling<result<Create, const Value&>, Add, result<Create, const Value&>, const Value&> ||
   gives_dangling<result<Create, const Value&>, Merge, result<Create, const Value&>,
                  const result<Create, const Value&>&>);

/// Text that ends with a zero is no record, nor is what holds it.
template <class T>
inline constexpr bool holds_c_text =
  std::is_same_v<std::remove_cv_t<T>, const char*> || std::is_same_v<std::remove_cv_t<T>, char*>;
template <class A, class B>
inline constexpr bool holds_c_text<std::pair<A, B>> = holds_c_text<A> || holds_c_text<B>;
template <class... Parts>
inline constexpr bool holds_c_text<std::tuple<Parts...>> = (holds_c_text<Parts> || ...);
template <class T>
inline constexpr bool holds_c_text<std::optional<T>> = holds_c_text<T>;
template <class T>
inline constexpr bool holds_c_text<std::vector<T>> = holds_c_text<T>;
template <class Key, class Value>
inline constexpr bool holds_c_text<std::map<Key, Value>> = holds_c_text<Key> || holds_c_text<Value>;

template <class Range>
concept range = std::ranges::input_range<Range>;

// Each of these asks for a type only if there is one: what stands behind && is not looked at where what is before does not hold.

template <class Function, class... Arguments>
concept gives_record = gives_something<Function, Arguments...> && record<result<Function, Arguments...>>;

template <class Function, class... Arguments>
concept gives_range = gives_something<Function, Arguments...> && range < std::invoke_result_t < std::decay_t<Function>
&, Arguments... >> ;

template <class Function, class... Arguments>
concept gives_records = gives_range<Function, Arguments...> &&
                        record < std::ranges::range_value_t < std::invoke_result_t < std::decay_t<Function>
&, Arguments... >>> ;

template <class Function, class... Arguments>
concept gives_c_text = gives_something<Function, Arguments...> && holds_c_text<result<Function, Arguments...>>;

template <class Function, class... Arguments>
concept gives_range_of_c_text = gives_range<Function, Arguments...> && holds_c_text < std::ranges::range_value_t <
                                std::invoke_result_t < std::decay_t<Function>
&, Arguments... >>> ;

/// A range that makes its elements while it is walked: each of them ends before the view that is made of it.
template <class Out, class Function, class... Arguments>
concept gives_range_of_dangling = gives_range<Function, Arguments...> && data::dangles < Out,
        std::ranges::range_reference_t < std::invoke_result_t < std::decay_t<Function>
&, Arguments... >>> ;

template <class T>
concept ordered = requires(const T& a, const T& b) {
  { a < b } -> std::convertible_to<bool>;
};

template <class Function, class... Arguments>
concept gives_ordered = gives_something<Function, Arguments...> && ordered<result<Function, Arguments...>>;

/// Pairs, tuples, vectors and maps have == whatever they hold, so each part is asked.
template <class T>
inline constexpr bool equatable = std::equality_comparable<T>;
template <class A, class B>
inline constexpr bool equatable<std::pair<A, B>> = equatable<A>&& equatable<B>;
template <class... Parts>
inline constexpr bool equatable<std::tuple<Parts...>> = (equatable<Parts> && ...);
template <class T>
inline constexpr bool equatable<std::optional<T>> = equatable<T>;
template <class T>
inline constexpr bool equatable<std::vector<T>> = equatable<T>;
template <class Key, class Value>
inline constexpr bool equatable<std::map<Key, Value>> = equatable<Key>&& equatable<Value>;

template <class T>
concept key = data::record<T> && equatable<T>;

template <class Function, class... Arguments>
concept gives_key = gives_record<Function, Arguments...> && equatable<result<Function, Arguments...>>;

/// An operation of pairs only, asked of something else, meets these types.
template <class T>
struct parts_of {
  struct no_pair {};
  using key = no_pair;
  using value = no_pair;
};
template <class Key, class Value>
struct parts_of<std::pair<Key, Value>> {
  using key = Key;
  using value = Value;
};
template <class T>
using key_of = typename parts_of<T>::key;
template <class T>
using value_of = typename parts_of<T>::value;

template <class T>
struct is_dataset : std::false_type {};
template <class T>
struct is_dataset<dataset<T>> : std::true_type {};
template <class Function, class... Arguments>
concept gives_dataset = gives_something<Function, Arguments...> && is_dataset<result<Function, Arguments...>>::value;
template <class T>
struct is_dstream : std::false_type {};
template <class T>
struct is_dstream<dstream<T>> : std::true_type {};

/// A stream or dataset that a `Stream` of any record type can be joined with: one of its own kind, or static data.
template <template <class> class Stream, class Other>
concept joinable_with = is_dataset<Other>::value || std::same_as<Other, Stream<typename Other::record>>;

/// Text that is held and text that is looked at are the same key.
template <class A, class B>
inline constexpr bool same_key = std::is_same_v<A, B> || (data::text_like<A> && data::text_like<B>);

} // namespace weir::checks
