#include "tests/metamorphic/build.hpp"

#include "libstream/operators/contains.hpp"
#include "libstream/operators/split_words.hpp"

namespace metamorphic {

namespace {

/// Text that holds itself for a moment, and then is looked at: views of records that operators made.
template <class T>
any_stream to_text(const stream<T>& in) {
  if constexpr (sort_of<T> == sort::named)
    return in.map([](const T& each) { return each.first; });
  else if constexpr (sort_of<T> == sort::text)
    return in;
  else if constexpr (sort_of<T> == sort::reading)
    return in.map([](const T& each) { return each.name; }).map([](const std::string& each) {
      return text_record{each};
    });
  else
    return in.map([](const T& each) { return spelled(digest(view_of(each))); }).map([](const std::string& each) {
      return text_record{each};
    });
}

template <class T>
any_stream to_named(const stream<T>& in) {
  if constexpr (sort_of<T> == sort::named || sort_of<T> == sort::text)
    return in.map([](const T& each) { return named_record{view_of(each).text, digest(view_of(each))}; });
  else
    return in
      .map([](const T& each) {
        if constexpr (sort_of<T> == sort::reading)
          return owned_record{each.name, digest(view_of(each))};
        else
          return owned_record{spelled(group_of(view_of(each), 4)), digest(view_of(each))};
      })
      .map([](const owned_record& each) {
        return named_record{each.first, each.second};
      });
}

template <class T>
any_stream to_real(const step& of, const stream<T>& in) {
  auto as = [&]<class Made>(Made) -> any_stream {
    return in.map([](const T& each) { return record_of<Made>(with_real(sort_of<Made>, view_of(each))); });
  };
  switch (of.made) {
    case sort::real: return as(real_record{});
    case sort::flag: return as(flag_record{});
    case sort::measured: return as(measured_record{});
    default: return as(reading_record{});
  }
}

template <class T>
any_stream mapped(const step& of, const stream<T>& in) {
  if (of.made == sort_of<T>)
    return in.map([a = of.a](const T& each) { return touched_record(each, a); });
  switch (of.made) {
    case sort::number: return in.map([](const T& each) { return digest(view_of(each)); });
    case sort::text: return to_text(in);
    case sort::named: return to_named(in);
    case sort::pair:
      return in.map([](const T& each) { return pair_record{group_of(view_of(each), 2), digest(view_of(each))}; });
    default: return to_real(of, in);
  }
}

template <class T>
any_stream pairs_only(const step& of, const stream<T>& in) {
  using enum operation;
  if constexpr (is_keyed(sort_of<T>)) {
    switch (of.what) {
      case keys: return in.keys();
      case values: return in.values();
      case map_values: return in.map_values([a = of.a](std::int64_t value) { return wrap(value * 5 + a); });
      default:
        return in.flat_map_values([](std::int64_t value) {
          std::vector<std::int64_t> made;
          for (auto times = std::abs(value) % 3; times > 0; --times)
            made.push_back(wrap(value + times));
          return made;
        });
    }
  }
  throw std::logic_error{"an operation of pairs"};
}

template <class T>
any_stream narrow(const step& of, const stream<T>& in) {
  using enum operation;
  switch (of.what) {
    case map: return mapped(of, in);
    case filter: return in.filter([a = of.a](const T& each) { return kept(view_of(each), a); });
    case flat_map:
      return in.flat_map([a = of.a](const T& each) {
        std::vector<T> made{each};
        if (kept(view_of(each), a))
          made.push_back(touched_record(each, a));
        return made;
      });
    case flat_map_emit:
      return in.template flat_map<T>([a = of.a](const T& each, auto& emit) {
        emit(each);
        if (kept(view_of(each), a))
          emit(touched_record(each, a));
      });
    case map_chunks:
      return in.template map_chunks<T>([a = of.a](std::span<const T> records, auto& emit) {
        for (auto& each : records)
          emit(touched_record(each, a));
      });
    case key_by:
      return in.key_by([a = of.a](const T& each) { return group_of(view_of(each), a); }).map_values([](const T& each) {
        return digest(view_of(each));
      });
    case contains:
    case split_words:
      if constexpr (sort_of<T> == sort::text) {
        if (of.what == contains)
          return in.filter(weir::contains(searched_text(of)));
        return in.flat_map(weir::split_words);
      }
      throw std::logic_error{"an operation of text"};
    default: return pairs_only(of, in);
  }
}

} // namespace

any_stream build_narrow(const step& of, const any_stream& in) {
  return std::visit([&](auto& typed) { return narrow(of, typed); }, in);
}

} // namespace metamorphic
