#include "tests/metamorphic/build.hpp"

namespace metamorphic {

namespace {

template <class T>
any_stream partitions(const step& of, const std::vector<any_stream>& in) {
  using enum operation;
  auto& first = std::get<stream<T>>(in[0]);
  auto touch_all = [a = of.a](std::span<const T> records) {
    std::vector<T> made;
    for (auto& each : records)
      made.push_back(touched_record(each, a));
    return made;
  };
  switch (of.what) {
    case map_partitions: return first.map_partitions(touch_all);
    case map_partitions_with_index:
      return first.map_partitions_with_index([touch_all](std::uint32_t index, std::span<const T> records) {
        return index < 100'000 ? touch_all(records) : std::vector<T>{};
      });
    case glom: return first.glom().flat_map([](const std::vector<T>& all) { return all; });
    case union_with:
      return with_other<T>(of, in, [&](const auto& other) -> any_stream { return first.union_with(other); });
    case union_of:
      return first.context().union_of(
        std::vector<stream<T>>{first, std::get<stream<T>>(in[1]), std::get<stream<T>>(in[2])});
    case repartition: return first.repartition(count_of(of));
    case coalesce: return first.coalesce(count_of(of));
    case sample: return first.sample(fraction_of(of), static_cast<std::uint64_t>(of.a), with_replacement(of));
    default: return first.persist().filter([](const T&) { return true; }); // its own name for the same records
  }
}

} // namespace

any_stream build_partitions(const step& of, const std::vector<any_stream>& in) {
  return std::visit(
    [&](auto& typed) { return partitions<typename std::remove_cvref_t<decltype(typed)>::record>(of, in); }, in[0]);
}

} // namespace metamorphic
