#pragma once

#include <variant>
#include <vector>

#include "tests/metamorphic/pipeline.hpp"

#include "libstream/api/dstream.hpp"

/// Random pipelines as Weir's streams. One family of operators a source file, so that each compiles in bearable time.
namespace metamorphic {

template <class T>
using stream = weir::dstream<T>;
/// In the order of `sort`.
using any_stream =
  std::variant<stream<number_record>, stream<text_record>, stream<pair_record>, stream<named_record>,
               stream<real_record>, stream<flag_record>, stream<measured_record>, stream<reading_record>>;

/// All of it; the output of step N is called "sN".
void build(const pipeline& of, weir::stream_context& context);

any_stream build_source(const step& of, weir::stream_context& context);
any_stream build_narrow(const step& of, const any_stream& in);
any_stream build_partitions(const step& of, const std::vector<any_stream>& in);
any_stream build_order(const step& of, const any_stream& in);
any_stream build_sets(const step& of, const std::vector<any_stream>& in);
any_stream build_groups(const step& of, const any_stream& in);
any_stream build_joins(const step& of, const std::vector<any_stream>& in);
any_stream build_transform(const step& of, const std::vector<any_stream>& in);

/// `static_records` in a vector of their type.
template <class T>
std::vector<T> fixed_records(std::int64_t a) {
  std::vector<T> records;
  for (auto& each : static_records(sort_of<T>, a))
    records.push_back(record_of<T>(each));
  return records;
}
template <class T>
weir::dataset<T> fixed_dataset(std::int64_t a, std::uint32_t slices = 2) {
  return weir::dataset<T>::from(fixed_records<T>(a), slices);
}

/// A dataset of these records, made in one of the ways in which datasets come to be.
template <class T>
weir::dataset<T> varied_dataset(std::vector<T> records, std::int64_t b) {
  using data = weir::dataset<T>;
  switch (b % 5) {
    case 0: {
      auto half = records.begin() + static_cast<std::ptrdiff_t>(records.size() / 2);
      return data::from_partitions({{}, {records.begin(), half}, {}, {half, records.end()}});
    }
    case 1:
      if constexpr (std::is_same_v<typename data::owned, T>) // others hold what these look at
        return data::from(std::move(records), 2).persist();
      [[fallthrough]];
    case 2: return data::from(std::move(records), 4).coalesce(2);
    case 3:
      return data::from(std::move(records), 3).zip_with_index().map([](const std::pair<T, std::uint64_t>& each) {
        return each.first;
      });
    default: return data::from(std::move(records), 2);
  }
}

/// Calls `function(stream or dataset)` with the second input.
template <class T, class Function>
any_stream with_other(const step& of, const std::vector<any_stream>& in, Function function) {
  if (of.static_other)
    return function(varied_dataset(fixed_records<T>(of.a), of.b));
  return function(std::get<stream<T>>(in[1]));
}

/// A stream of (record, number) as records of a sort.
template <class T, class Stream>
any_stream as_mixed(const Stream& in) {
  using out = typename mixed_record<T>::type;
  return in.map([](const typename Stream::record& each) {
    return record_of<out>(mixed(sort_of<T>, view_of(each.first), static_cast<std::int64_t>(each.second)));
  });
}

/// How many partitions keys go to: the application's, some number, or some number with a function that chooses.
template <class Key>
weir::partitioning<Key> partitioning_of(const step& of) {
  auto count = partitions_of(of);
  if (count > 0 && of.a % 3 == 0)
    return {count, [count](const Key& key) {
              return static_cast<std::uint32_t>(static_cast<std::uint64_t>(digest(view_of(key)) + 504) % count);
            }};
  return {count};
}

template <class T>
T touched_record(const T& each, std::int64_t a) {
  return record_of<T>(touched(sort_of<T>, view_of(each), a));
}

} // namespace metamorphic
