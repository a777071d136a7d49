#include "tests/metamorphic/build.hpp"

namespace metamorphic {

namespace {

template <class T>
any_stream sets(const step& of, const std::vector<any_stream>& in) {
  auto& first = std::get<stream<T>>(in[0]);
  return with_other<T>(of, in, [&](const auto& other) -> any_stream {
    switch (of.what) {
      case operation::intersection: return first.intersection(other, partitions_of(of));
      case operation::subtract: return first.subtract(other, partitions_of(of));
      default:
        return as_mixed<T>(first.cartesian(other).map_values([](const T& second) { return digest(view_of(second)); }));
    }
  });
}

} // namespace

any_stream build_sets(const step& of, const std::vector<any_stream>& in) {
  return std::visit([&](auto& typed) { return sets<typename std::remove_cvref_t<decltype(typed)>::record>(of, in); },
                    in[0]);
}

} // namespace metamorphic
