#include "tests/metamorphic/build.hpp"

namespace metamorphic {

namespace {

constexpr std::int64_t missing = -600; ///< in place of what an outer join has not found

std::int64_t value_of(std::int64_t value) { return value; }
std::int64_t value_of(const std::optional<std::int64_t>& value) { return value.value_or(missing); }

/// Keys that hold their text are looked at again.
template <class Key>
any_stream as_views(const stream<std::pair<Key, std::int64_t>>& in) {
  if constexpr (std::is_same_v<Key, std::string>)
    return in.map([](const owned_record& each) { return named_record{each.first, each.second}; });
  else
    return in;
}

template <class Joined>
any_stream as_one_value(const Joined& in) {
  return as_views(
    in.map_values([](const auto& both) { return wrap(value_of(both.first) * 31 + value_of(both.second)); }));
}

template <class Left, class Right>
any_stream joined(const step& of, const Left& left, const Right& right) {
  using enum operation;
  auto into = partitions_of(of);
  switch (of.what) {
    case cogroup:
      return as_views(left.cogroup(right, into).map_values([ordered = minds_order(of)](const auto& both) {
        return folded(both.first, ordered) * 17 + folded(both.second, ordered);
      }));
    case join: return as_one_value(left.join(right, into));
    case left_outer_join: return as_one_value(left.left_outer_join(right, into));
    case right_outer_join: return as_one_value(left.right_outer_join(right, into));
    case full_outer_join: return as_one_value(left.full_outer_join(right, into));
    default: return as_views(left.subtract_by_key(right, into));
  }
}

auto owning(const stream<named_record>& in) {
  return in.map([](const named_record& each) { return owned_record{std::string{each.first}, each.second}; });
}

any_stream joined_by_name(const step& of, const std::vector<any_stream>& in) {
  auto& left = std::get<stream<named_record>>(in[0]);
  if (!of.static_other) {
    auto& right = std::get<stream<named_record>>(in[1]);
    return of.b % 2 == 0 ? joined(of, left, right) : joined(of, owning(left), right);
  }
  std::vector<owned_record> records;
  for (auto& each : fixed_records<named_record>(of.a))
    records.emplace_back(each.first, each.second);
  auto right = varied_dataset(std::move(records), of.b);
  return of.b % 2 == 0 ? joined(of, left, right) : joined(of, owning(left), right);
}

} // namespace

any_stream build_joins(const step& of, const std::vector<any_stream>& in) {
  if (of.made == sort::named)
    return joined_by_name(of, in);
  if (of.made == sort::measured)
    return with_other<measured_record>(
      of, in, [&](const auto& right) { return joined(of, std::get<stream<measured_record>>(in[0]), right); });
  return with_other<pair_record>(
    of, in, [&](const auto& right) { return joined(of, std::get<stream<pair_record>>(in[0]), right); });
}

} // namespace metamorphic
