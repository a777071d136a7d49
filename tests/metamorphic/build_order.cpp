#include "tests/metamorphic/build.hpp"

namespace metamorphic {

namespace {

template <class T>
any_stream zipped(const step& of, const stream<T>& in) {
  auto touch = [a = of.a](const T& each) { return digest(touched(sort_of<T>, view_of(each), a)); };
  switch (of.b % 3) {
    case 0: return as_mixed<T>(in.zip(in.map(touch)));
    case 1: return as_mixed<T>(in.zip(in.coalesce(count_of(of)).map(touch))); // as many records in other partitions
    default:
      return as_mixed<T>(in.zip(in.sort_by({}, weir::order::descending, partitions_of(of)).map([](const T& each) {
        return digest(view_of(each));
      })));
  }
}

template <class T>
any_stream reduced(const step& of, const stream<T>& in) {
  if (minds_order(of))
    return in.reduce([last = of.a % 2](const T& first, const T& second) { return last ? second : first; });
  return in.reduce([](const T& first, const T& second) { return greater_of(first, second); });
}

/// A record, and behind it whether its zero is no negative one.
template <class Key, class T>
Key exact_key(const T& each) {
  auto real = view_of(each).real;
  return Key{each, !(real == 0 && std::signbit(real))};
}

template <class T>
any_stream ordered(const step& of, const stream<T>& in) {
  using enum operation;
  auto group = [a = of.a](const T& each) { return group_of(view_of(each), a); };
  auto how = descends(of) ? weir::order::descending : weir::order::ascending;
  switch (of.what) {
    case distinct: return in.distinct(partitions_of(of));
    case sort_by:
      if (sorts_exactly(of)) // the key is a pair, or a tuple for what is nested in it
        return of.a % 4 < 2 ? any_stream{in.sort_by(exact_key<std::pair<T, bool>, T>, how, partitions_of(of))}
                            : any_stream{in.sort_by(exact_key<std::tuple<T, bool>, T>, how, partitions_of(of))};
      return sorts_wholly(of) ? any_stream{in.sort_by({}, how, partitions_of(of))}
                              : any_stream{in.sort_by(group, how, partitions_of(of))};
    case sort_by_key:
      if constexpr (is_keyed(sort_of<T>))
        return in.sort_by_key(how, partitions_of(of));
      throw std::logic_error{"an operation of pairs"};
    case zip_with_index: return as_mixed<T>(in.zip_with_index());
    case zip: return zipped(of, in);
    case count: return in.count().map([](std::uint64_t count) { return static_cast<number_record>(count); });
    case count_by_value: return as_mixed<T>(in.count_by_value(partitions_of(of)));
    case top:
      if (top_by_group(of))
        return in.top(top_count(of), [group](const T& x, const T& y) { return group(x) < group(y); });
      if (sorts_exactly(of))
        return in.top(top_count(of), [](const T& x, const T& y) { return exactly_before(view_of(x), view_of(y)); });
      return in.top(top_count(of));
    default: return reduced(of, in);
  }
}

} // namespace

any_stream build_order(const step& of, const any_stream& in) {
  return std::visit([&](auto& typed) { return ordered(of, typed); }, in);
}

} // namespace metamorphic
