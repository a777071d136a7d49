#pragma once

#include "libstream/data/owned.hpp"

namespace weir::data {

/// Whether two values of a type that borrows refer to the same bytes, so that one of them need not be re-homed if the other one is at home.
/// Equal text elsewhere is not the same: those bytes may go.
template <class T>
bool same_views(const T& a, const T& b) {
  if constexpr (!borrows<T>)
    return true; // it holds itself, whatever it says
  else if constexpr (std::is_same_v<T, std::string_view>)
    return a.size() == b.size() && (a.data() == b.data() || a.empty());
  else if constexpr (product<T>)
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return (same_views(std::get<I>(a), std::get<I>(b)) && ...);
    }
  (std::make_index_sequence<std::tuple_size_v<T>>{});
  else if constexpr (is_optional<T>) return a.has_value() == b.has_value() && (!a || same_views(*a, *b));
  else if constexpr (is_vector<T>) {
    if (a.size() != b.size())
      return false;
    for (std::size_t at = 0; at < a.size(); ++at)
      if (!same_views(a[at], b[at]))
        return false;
    return true;
  }
  else return false;
}

} // namespace weir::data
