#include <algorithm>
#include <numeric>

#include <catch2/catch.hpp>

#include "tests/metamorphic/functions.hpp"

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

pair_record pair_of(weir::split_mix& random) {
  return {static_cast<std::int64_t>(random.next() % 9) - 3, wrap(static_cast<std::int64_t>(random.next() % 5000))};
}

drawn<pair_record> draw(std::uint64_t seed) {
  weir::split_mix random{seed};
  auto count = random.next() % 8 == 0 ? 0 : random.next() % (seed % 10 == 0 ? 2000 : 30);
  std::vector<pair_record> records;
  for (std::uint64_t at = 0; at < count; ++at)
    records.push_back(pair_of(random));
  drawn<pair_record> made{records, weir::dataset<pair_record>::from(records, 1 + random.next() % 6)};
  for (auto steps = random.next() % 5; steps > 0; --steps)
    switch (random.next() % 5) {
      case 0:
        std::erase_if(made.plain, [](auto& each) { return !kept(view_of(each), 1); });
        made.data = made.data.filter([](const pair_record& each) { return kept(view_of(each), 1); });
        break;
      case 1:
        std::stable_sort(made.plain.begin(), made.plain.end(), [](auto& x, auto& y) { return x.first < y.first; });
        made.data = made.data.sort_by_key(weir::order::ascending, random.next() % 4);
        break;
      case 2: made.data = made.data.coalesce(1 + random.next() % 3); break;
      case 3: made.data = made.data.persist(); break;
      default:
        made.plain.insert(made.plain.end(), records.begin(), records.end());
        made.data = made.data.union_with(weir::dataset<pair_record>::from(records, 2));
        break;
    }
  return made;
}

std::vector<pair_record> sorted(std::vector<pair_record> all) {
  std::sort(all.begin(), all.end());
  return all;
}
std::vector<pair_record> first_of(std::vector<pair_record> all, std::size_t count) {
  all.resize(std::min(all.size(), count));
  return all;
}

void check_order_and_places(const drawn<pair_record>& of, std::size_t some) {
  CHECK(of.data.collect() == of.plain);
  CHECK(of.data.take(some) == first_of(of.plain, some));
  CHECK(of.data.is_empty() == of.plain.empty());
  if (of.plain.empty())
    CHECK_THROWS_AS(of.data.first(), weir::plan::plan_error);
  else
    CHECK(of.data.first() == of.plain.front());
  auto all = sorted(of.plain);
  CHECK(of.data.take_ordered(some) == first_of(all, some));
  std::reverse(all.begin(), all.end());
  CHECK(of.data.top(some) == first_of(all, some));
}

void check_counts(const drawn<pair_record>& of) {
  CHECK(of.data.count() == of.plain.size());
  std::map<pair_record, std::uint64_t> values;
  std::map<std::int64_t, std::uint64_t> keys;
  for (auto& each : of.plain) {
    ++values[each];
    ++keys[each.first];
  }
  CHECK(of.data.count_by_value() == values);
  CHECK(of.data.count_by_key() == keys);
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
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    auto made = draw(seed);
    check_order_and_places(made, seed % 12);
    check_counts(made);
    check_joined(made);
    auto kept = made.data.persist();
    CHECK(kept.count() == made.plain.size());
    CHECK(kept.collect() == made.plain);
    kept.unpersist();
    CHECK(kept.collect() == made.plain);
  }
}
