#include <algorithm>
#include <numeric>

#include <catch2/catch.hpp>

#include "tests/metamorphic/model.hpp"

#include "libstream/api/dstream.hpp"
#include "libstream/base/split_mix.hpp"

using namespace metamorphic;

namespace {

/// A dataset and the plain records that it must have, in their order.
template <class T>
struct drawn {
  std::vector<T> plain;
  weir::dataset<T> data;
};

template <class T>
T any_record(weir::split_mix& random) {
  auto number = wrap(static_cast<std::int64_t>(random.next() % 5000));
  if constexpr (sort_of<T> == sort::pair)
    return {static_cast<std::int64_t>(random.next() % 9) - 3, number};
  else if constexpr (sort_of<T> == sort::measured) // few keys, of which half are hard ones
    return {real_of(static_cast<std::int64_t>(random.next() % 12)), number % 5};
  else if constexpr (sort_of<T> == sort::reading)
    return {spelled(number % 4), level_of(real_of(number)), number % 3};
  else if constexpr (sort_of<T> == sort::real)
    return real_of(number);
  else
    return number % 2 != 0;
}

template <class T>
bool precedes(const T& a, const T& b) {
  return before(view_of(a), view_of(b));
}

template <class T>
drawn<T> draw(std::uint64_t seed) {
  weir::split_mix random{seed};
  auto count = random.next() % 8 == 0 ? 0 : random.next() % (seed % 10 == 0 ? 2000 : 30);
  std::vector<T> records;
  for (std::uint64_t at = 0; at < count; ++at)
    records.push_back(any_record<T>(random));
  drawn<T> made{records, weir::dataset<T>::from(records, 1 + random.next() % 6)};
  for (auto steps = random.next() % 5; steps > 0; --steps)
    switch (random.next() % 5) {
      case 0:
        std::erase_if(made.plain, [](const T& each) { return !kept(view_of(each), 1); });
        made.data = made.data.filter([](const T& each) { return kept(view_of(each), 1); });
        break;
      case 1:
        std::stable_sort(made.plain.begin(), made.plain.end(), precedes<T>);
        made.data = made.data.sort_by({}, weir::order::ascending, random.next() % 4);
        break;
      case 2: made.data = made.data.coalesce(1 + random.next() % 3); break;
      case 3: made.data = made.data.persist(); break;
      default:
        made.plain.insert(made.plain.end(), records.begin(), records.end());
        made.data = made.data.union_with(weir::dataset<T>::from(records, 2));
        break;
    }
  return made;
}

/// What nobody can take for something else: each record with all that it has.
template <class T>
std::vector<std::string> shown(const std::vector<T>& all) {
  std::vector<std::string> lines;
  for (const T& each : all)
    lines.push_back(line_of(sort_of<T>, owned(view_of(each))));
  return lines;
}
template <class T>
std::vector<T> first_of(std::vector<T> all, std::size_t count) {
  all.resize(std::min(all.size(), count));
  return all;
}

template <class T>
void check_order_and_places(const drawn<T>& of, std::size_t some) {
  CHECK(shown(of.data.collect()) == shown(of.plain));
  CHECK(shown(of.data.take(some)) == shown(first_of(of.plain, some)));
  CHECK(of.data.is_empty() == of.plain.empty());
  if (of.plain.empty())
    CHECK_THROWS_AS(of.data.first(), weir::plan::plan_error);
  else
    CHECK(shown(std::vector<T>{of.data.first()}) == shown(first_of(of.plain, 1)));
  auto all = of.plain;
  std::stable_sort(all.begin(), all.end(), precedes<T>);
  CHECK(shown(of.data.take_ordered(some)) == shown(first_of(all, some)));
  all = of.plain;
  std::stable_sort(all.begin(), all.end(), [](const T& a, const T& b) { return precedes(b, a); });
  CHECK(shown(of.data.top(some)) == shown(first_of(all, some)));
}

/// How often each is there, in the order of the records, each in the form that a key has.
template <class T, class Counts>
void check_counted(const std::vector<T>& all, const Counts& counts) {
  std::map<record, std::uint64_t, less> expected;
  for (const T& each : all)
    ++expected[normal(owned(view_of(each)))];
  std::vector<std::pair<std::string, std::uint64_t>> right, found;
  for (auto& [each, times] : expected)
    right.emplace_back(line_of(sort_of<T>, each), times);
  for (auto& [each, times] : counts)
    found.emplace_back(line_of(sort_of<T>, owned(view_of(each))), times);
  CHECK(found == right);
  for (const T& each : all)
    CHECK(counts.find(each) != counts.end());
}

template <class T>
void check_counts(const drawn<T>& of) {
  CHECK(of.data.count() == of.plain.size());
  check_counted(of.plain, of.data.count_by_value());
  if constexpr (is_keyed(sort_of<T>)) {
    std::vector<typename T::first_type> keys;
    for (auto& each : of.plain)
      keys.push_back(each.first);
    check_counted(keys, of.data.count_by_key());
  }
}

template <class T>
void check_kept(const drawn<T>& of) {
  auto kept = of.data.persist();
  CHECK(kept.count() == of.plain.size());
  CHECK(shown(kept.collect()) == shown(of.plain));
  kept.unpersist();
  CHECK(shown(kept.collect()) == shown(of.plain));
}

/// All that does not ask what the records are.
template <class T>
drawn<T> check_any(std::uint64_t seed) {
  CAPTURE(seed, static_cast<int>(sort_of<T>));
  auto made = draw<T>(seed);
  check_order_and_places(made, seed % 12);
  check_counts(made);
  check_kept(made);
  return made;
}

void check_joined(const drawn<pair_record>& of) {
  auto later = [](const pair_record&, const pair_record& second) { return second; };
  if (of.plain.empty())
    CHECK_THROWS_AS(of.data.reduce(later), weir::plan::plan_error);
  else
    CHECK(of.data.reduce(later) == of.plain.back());
  auto add = [](const pair_record& x, const pair_record& y) {
    return pair_record{x.first + y.first, wrap(x.second + y.second)};
  };
  CHECK(of.data.fold({0, 0}, add) == std::accumulate(of.plain.begin(), of.plain.end(), pair_record{0, 0}, add));
  using numbers = std::vector<std::int64_t>;
  auto seconds = of.data.aggregate(
    numbers{},
    [](numbers all, const pair_record& each) {
      all.push_back(each.second);
      return all;
    },
    [](numbers x, const numbers& y) {
      x.insert(x.end(), y.begin(), y.end());
      return x;
    });
  numbers expected, found;
  for (auto& each : of.plain) {
    expected.push_back(each.second);
    if (each.first == 2)
      found.push_back(each.second);
  }
  CHECK(seconds == expected);
  CHECK(of.data.lookup(2) == found);
  auto seen = std::make_shared<std::vector<pair_record>>();
  of.data.for_each([seen](const pair_record& each) { seen->push_back(each); });
  CHECK(*seen == of.plain);
}

} // namespace

TEST_CASE("actions on random datasets equal plain loops, also when asked again after persist and unpersist",
          "[metamorphic]") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed)
    check_joined(check_any<pair_record>(seed));
}

TEST_CASE("actions on random NaNs, negative zeros, bools and structs equal plain loops", "[metamorphic]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    check_any<real_record>(seed);
    check_any<flag_record>(seed);
    check_any<measured_record>(seed);
    check_any<reading_record>(seed);
  }
}
