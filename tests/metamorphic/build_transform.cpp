#include "tests/metamorphic/build.hpp"

namespace metamorphic {

namespace {

std::int64_t seconds_of(weir::event_time time) {
  return std::chrono::floor<std::chrono::seconds>(time.time_since_epoch()).count();
}

template <class T>
auto touching(std::int64_t a) {
  return [a](const T& each) { return touched_record(each, a); };
}
template <class T>
auto keeping(std::int64_t a) {
  return [a](const T& each) { return kept(view_of(each), a); };
}

template <class T>
any_stream of_one(const step& of, const stream<T>& in) {
  using data = weir::dataset<T>;
  auto a = of.a;
  if (of.what == operation::transform_timed)
    return in.transform([a](const data& batch, weir::event_time time) {
      auto now = a + seconds_of(time);
      return batch.map(touching<T>(now)).union_with(fixed_dataset<T>(now));
    });
  switch (of.b % 3) {
    case 0:
      return in.transform(
        [a](const data& batch) { return batch.union_with(fixed_dataset<T>(a)).filter(keeping<T>(a)); });
    case 1: return in.transform([](const data& batch) { return batch.distinct(); });
    default: return in.transform([a](const data& batch) { return batch.subtract(fixed_dataset<T>(a)); });
  }
}

template <class T>
any_stream transformed(const step& of, const std::vector<any_stream>& in) {
  using enum operation;
  using data = weir::dataset<T>;
  auto& first = std::get<stream<T>>(in[0]);
  if (of.from.size() == 1)
    return of_one(of, first);
  auto& second = std::get<stream<T>>(in[1]);
  std::vector<stream<T>> both{first, second};
  auto a = of.a;
  switch (of.what) {
    case transform_with:
      if (of.b % 2 == 0)
        return first.transform_with(second, [](const data& x, const data& y) { return x.union_with(y).distinct(); });
      return first.transform_with(second, [](const data& x, const data& y) { return x.intersection(y); });
    case transform_with_timed:
      return first.transform_with(second, [](const data& x, const data& y, weir::event_time time) {
        return x.map(touching<T>(seconds_of(time))).subtract(y);
      });
    case transform_all:
      return first.context().transform(
        both, [a](const std::vector<data>& all) { return all[0].union_with(all[1]).filter(keeping<T>(a)); });
    default:
      return first.context().transform(both, [a](const std::vector<data>& all, weir::event_time time) {
        return all[0].union_with(all[1]).map(touching<T>(a + seconds_of(time)));
      });
  }
}

} // namespace

any_stream build_transform(const step& of, const std::vector<any_stream>& in) {
  return std::visit(
    [&](auto& typed) { return transformed<typename std::remove_cvref_t<decltype(typed)>::record>(of, in); }, in[0]);
}

} // namespace metamorphic
