#pragma once

#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "libstream/data/record_traits.hpp"

namespace weir::testing {

namespace rows_detail {

/// Whether `record_traits` can show it: of containers that depends on what is in them.
template <class T>
inline constexpr bool is_shown = requires {
  sizeof(data::record_traits<T>);
};
template <class... Ts>
inline constexpr bool is_shown<std::tuple<Ts...>> = (is_shown<Ts> && ...);
template <class A, class B>
inline constexpr bool is_shown<std::pair<A, B>> = is_shown<A>&& is_shown<B>;
template <class T>
inline constexpr bool is_shown<std::optional<T>> = is_shown<T>;
template <class T>
inline constexpr bool is_shown<std::vector<T>> = is_shown<T>;
template <class Key, class Value>
inline constexpr bool is_shown<std::map<Key, Value>> = is_shown<Key>&& is_shown<Value>;

} // namespace rows_detail

/// One record of an output as it is shown: a key with its value, or a plain record. Written as in `rows{{"a", 1}, {"b", 1}}` or
/// `rows{"a", "b"}` or `rows{1, 2}`.
struct row {
  std::string text;

  row(std::string_view record) : text{record} {}
  row(const char* record) : text{record} {}
  row(const std::string& record) : text{record} {}
  template <class Record>
    requires(!std::is_convertible_v<const Record&, std::string_view> && rows_detail::is_shown<Record>)
  row(const Record& record) { data::record_traits<Record>::append_text(record, text); }
  template <class Key, class Value>
  row(const Key& key, const Value& value) {
    data::record_traits<std::pair<view_of<Key>, view_of<Value>>>::append_text({key, value}, text);
  }
  auto operator<=>(const row&) const = default;

private:
  template <class T>
  using view_of = std::conditional_t<std::is_convertible_v<const T&, std::string_view>, std::string_view, T>;
};
std::ostream& operator<<(std::ostream&, const row&);

/// Rows as a multiset: kept sorted, so that comparing ignores their order.
class rows {
public:
  rows() = default;
  rows(std::initializer_list<row> lines);
  explicit rows(std::vector<row> lines);
  bool operator==(const rows&) const = default;
  const std::vector<row>& lines() const& { return lines_; }
  /// Of a temporary: a loop over `driver.output("counts").lines()` is safe.
  std::vector<row> lines() && { return std::move(lines_); }
  bool empty() const { return lines_.empty(); }
  /// Those that the other one does not have, or has less often.
  rows without(const rows& other) const;

private:
  std::vector<row> lines_;
};
std::ostream& operator<<(std::ostream&, const rows&);

/// The rows that an output staged, in their order: lines, or frames, which are shown as they are if they are text and as escaped bytes if not.
std::vector<row> read_lines(std::string_view bytes);
std::vector<row> read_frames(std::string_view bytes);

} // namespace weir::testing
