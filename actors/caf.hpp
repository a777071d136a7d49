#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/all.hpp>

#include <tuple>

#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

/// The one place that knows CAF's way of describing messages, so that a move to a later CAF touches few files.
/// A message is a plain struct that lists its fields once: `template <class Self> static auto fields(Self& x)`.
/// Rules: no floating point and no `vector<std::byte>` in a message; at most 1 MB; every one that changes state carries
/// its key and epoch and may be repeated.
namespace weir {

template <class T>
concept has_fields = requires(T& x) {
  T::fields(x);
};

template <class Inspector, class Tag, class Rep>
typename Inspector::result_type inspect(Inspector& f, strong_id<Tag, Rep>& x) {
  return f(x.value);
}

template <class Inspector, has_fields T>
typename Inspector::result_type inspect(Inspector& f, T& x) {
  return std::apply([&f](auto&... field) { return f(field...); }, T::fields(x));
}

namespace log {
using weir::inspect;
} // namespace log
namespace plan {
using weir::inspect;
} // namespace plan
namespace actors {
using weir::inspect;
} // namespace actors

} // namespace weir
