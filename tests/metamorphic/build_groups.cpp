#include "tests/metamorphic/build.hpp"

namespace metamorphic {

namespace {

using numbers = std::vector<std::int64_t>;

/// The partition that `partitioning_of` chooses must be where the pairs are.
template <class T>
any_stream placed(const step& of, const stream<T>& in) {
  using key = typename T::first_type;
  auto how = partitioning_of<key>(of);
  auto there = in.partition_by(how);
  if (of.b % 2 == 0) // one number of all values of a key in a partition: keys in two would show twice
    return there.map_partitions([](std::span<const T> records) {
      std::map<key, numbers, weir::data::before> values;
      for (auto& each : records)
        values[each.first].push_back(each.second);
      std::vector<T> made;
      for (auto& [name, of_name] : values)
        made.emplace_back(weir::data::normalized(name), folded(of_name, false));
      return made;
    });
  return there.map_partitions_with_index([how](std::uint32_t index, std::span<const T> records) {
    std::vector<T> made;
    for (auto& each : records)
      if (!how.choose() || how.choose()(each.first) == index)
        made.push_back(each);
    return made;
  });
}

template <class T>
any_stream keyed(const step& of, const stream<T>& in) {
  using enum operation;
  auto how = partitioning_of<typename T::first_type>(of);
  auto join_two = [joining = joining_of(of)](std::int64_t first, std::int64_t second) {
    return joined_value(joining, first, second);
  };
  auto fold = [ordered = minds_order(of)](const numbers& all) { return folded(all, ordered); };
  auto add = [](numbers all, std::int64_t one) {
    all.push_back(one);
    return all;
  };
  auto concatenate = [](numbers first, const numbers& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  };
  using counted = std::pair<std::int64_t, std::int64_t>;
  switch (of.what) {
    case group_by_key: return in.group_by_key(how).map_values(fold);
    case reduce_by_key: return in.reduce_by_key(join_two, how);
    case fold_by_key:
      if (of.a % 2 == 0)
        return in.fold_by_key(
          0, [](std::int64_t x, std::int64_t y) { return wrap(x + y); }, how);
      return in.fold_by_key(
        -1'000'000'000, [](std::int64_t x, std::int64_t y) { return std::max(x, y); }, how);
    case aggregate_by_key: return in.aggregate_by_key(numbers{}, add, concatenate, how).map_values(fold);
    case combine_by_key:
      return in
        .combine_by_key(
          [](std::int64_t first) {
            return counted{1, first};
          },
          [](counted all, std::int64_t next) {
            return counted{all.first + 1, wrap(all.second + next)};
          },
          [](counted x, const counted& y) {
            return counted{x.first + y.first, wrap(x.second + y.second)};
          },
          how)
        .map_values([](const counted& all) { return wrap(all.second) + 10'000 * all.first; });
    default: return placed(of, in);
  }
}

template <class T>
any_stream grouped(const step& of, const stream<T>& in) {
  if (of.what == operation::group_by)
    return in.group_by([a = of.a](const T& each) { return group_of(view_of(each), a); }, partitions_of(of))
      .map_values([ordered = minds_order(of)](const std::vector<T>& group) {
        folding fold{ordered};
        for (const T& each : group)
          fold.add(digest(view_of(each)));
        return fold.sum;
      });
  if constexpr (is_keyed(sort_of<T>))
    return keyed(of, in);
  throw std::logic_error{"an operation of pairs"};
}

} // namespace

any_stream build_groups(const step& of, const any_stream& in) {
  return std::visit([&](auto& typed) { return grouped(of, typed); }, in);
}

} // namespace metamorphic
