#pragma once

#include <atomic>
#include <cstdint>
#include <sstream>
#include <string_view>

/// Assertions of two strengths, for what must hold whatever users, peers, disks and networks do. What these can cause is an `error` instead.
///
///   ensure(first == last.next(), "blocks of an epoch have no gap", "input", input, "sequence", first);
///   expect_debug(position < size, "a position lies in its table");
namespace weir {

/// What must hold, as a sentence, with the place that says so.
struct promise {
  // NOLINTNEXTLINE(google-explicit-constructor): made where `ensure` is called, so that it knows the place
  constexpr promise(const char* sentence, const char* in_file = __builtin_FILE(), int on_line = __builtin_LINE())
    : words{sentence}, file{in_file}, line{on_line} {}

  const char* words;
  const char* file;
  int line;
};

/// Says on standard error which promise was broken, with which facts ("name=value name=value"), and ends the process with a core. Thread-safe.
[[noreturn]] void end_at_broken_promise(const promise& broken, std::string_view facts);

namespace ensure_detail {

inline std::atomic<std::uint64_t> broken_expectations{0};

template <class Value>
void put(std::ostringstream& into, const Value& value) {
  if constexpr (requires { value.value; })
    into << value.value; // a strong id
  else
    into << value;
}

inline void put_facts(std::ostringstream&) {}

template <class Value, class... More>
void put_facts(std::ostringstream& into, std::string_view name, const Value& value, const More&... more) {
  into << (into.tellp() > 0 ? " " : "") << name << '=';
  put(into, value);
  put_facts(into, more...);
}

template <class... Facts>
[[noreturn, gnu::cold, gnu::noinline]] void end(const promise& broken, const Facts&... facts) {
  std::ostringstream text;
  put_facts(text, facts...);
  end_at_broken_promise(broken, text.str());
}

} // namespace ensure_detail

/// Always on, and fatal: without it the state could not be trusted any more. The facts are names and values by turns, and are put into words
/// only if it does not hold. Cost: one branch.
template <class... Facts>
void ensure(bool holds, const promise& of, const Facts&... facts) {
  static_assert(sizeof...(Facts) % 2 == 0, "facts are names and values by turns");
  if (!holds) [[unlikely]]
    ensure_detail::end(of, facts...);
}

/// Fatal in a build with assertions. In a release build it is counted, and the program goes on: for places where going on is safe, and
/// for those that run once a record.
template <class... Facts>
void expect_debug(bool holds, [[maybe_unused]] const promise& of, [[maybe_unused]] const Facts&... facts) {
  static_assert(sizeof...(Facts) % 2 == 0, "facts are names and values by turns");
  if (!holds) [[unlikely]] {
#ifdef NDEBUG
    ensure_detail::broken_expectations.fetch_add(1, std::memory_order_relaxed);
#else
    ensure_detail::end(of, facts...);
#endif
  }
}

/// How often an expectation did not hold in this process. Always 0 in a build with assertions.
inline std::uint64_t broken_expectations() {
  return ensure_detail::broken_expectations.load(std::memory_order_relaxed);
}

} // namespace weir
