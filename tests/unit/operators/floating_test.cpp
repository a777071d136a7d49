#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "libstream/data/msgpack_record.hpp"
#include "libstream/testing/test_driver.hpp"

using namespace weir;

namespace {

constexpr auto no_number = std::numeric_limits<double>::quiet_NaN();

struct priced {
  double price = 0;
  std::string name;
  auto operator<=>(const priced&) const = default;
  MSGPACK_DEFINE(price, name);
};

template <class T>
std::string shown(const std::vector<T>& records) {
  std::string text;
  data::record_traits<std::vector<T>>::append_text(records, text);
  return text;
}

/// What it shows must not depend on how many partitions there are.
template <class T, class Look>
void in_all_partitions(const std::vector<T>& records, const std::string& expected, Look look) {
  for (std::uint32_t slices : {1, 2, 3, 7}) {
    CAPTURE(slices);
    CHECK(look(dataset<T>::from(records, slices), slices) == expected);
  }
}

const std::vector<double> numbers{3, no_number, -0.0, 1, -no_number, 0.0, 2, no_number};

} // namespace

TEST_CASE("NaN keys are counted beside all others", "[floating]") {
  in_all_partitions<double>(numbers, "0:2 1:1 2:1 3:1 nan:3 ", [](auto data, auto) {
    std::string text;
    for (auto& [key, times] : data.count_by_value()) {
      data::record_traits<double>::append_text(key, text);
      text += ":" + std::to_string(times) + " ";
    }
    return text;
  });
  auto pairs = dataset<double>::from(numbers, 3).map([](double each) { return std::pair{each, 1}; });
  CHECK(pairs.count_by_key().size() == 5);
  CHECK(pairs.count_by_key().at(-no_number) == 3);
  CHECK(pairs.count_by_key().at(-0.0) == 2);
  CHECK(pairs.lookup(no_number) == std::vector{1, 1, 1});
}

TEST_CASE("sorts, tops and least ones put NaN last among numbers, on any number of partitions", "[floating]") {
  in_all_partitions<double>(numbers, "[-0,0,1,2,3,nan,nan,nan]",
                            [](auto data, auto n) { return shown(data.sort_by({}, order::ascending, n).collect()); });
  in_all_partitions<double>(numbers, "[nan,nan,nan,3,2,1,-0,0]",
                            [](auto data, auto n) { return shown(data.sort_by({}, order::descending, n).collect()); });
  in_all_partitions<double>(numbers, "[-0,0,1]", [](auto data, auto) { return shown(data.take_ordered(3)); });
  in_all_partitions<double>(numbers, "[nan,nan,nan,3]", [](auto data, auto) { return shown(data.top(4)); });
  in_all_partitions<double>(numbers, "[nan,nan,nan,3]",
                            [](auto data, auto) { return shown(data.take_ordered(4, std::greater<>{})); });
}

TEST_CASE("pairs, tuples, optionals and structs with NaN leave no sound record unsorted", "[floating]") {
  std::vector<double> keys;
  for (int at = 0; at < 200; ++at)
    keys.push_back(at % 3 == 0 ? no_number : (at * 37) % 100);
  auto check = [&](auto make) {
    using record = decltype(make(0.0));
    std::vector<record> records;
    for (auto each : keys)
      records.push_back(make(each));
    auto plain = records;
    std::stable_sort(plain.begin(), plain.end(), data::before{});
    auto first_nan = std::find_if(plain.begin(), plain.end(), [](auto& each) { return !(each == each); });
    CHECK(std::is_sorted(plain.begin(), first_nan));
    CHECK(plain.end() - first_nan == 67);
    auto all = shown(plain);
    in_all_partitions<record>(records, all,
                              [](auto data, auto n) { return shown(data.sort_by({}, order::ascending, n).collect()); });
    in_all_partitions<record>(records, all, [](auto data, auto) { return shown(data.take_ordered(1000)); });
    std::stable_sort(plain.begin(), plain.end(), data::after{});
    in_all_partitions<record>(records, shown(plain), [](auto data, auto) { return shown(data.top(1000)); });
    std::map<record, std::uint64_t, data::before> counts;
    for (auto& each : records)
      ++counts[each];
    auto found = dataset<record>::from(records, 5).count_by_value();
    CHECK(std::equal(found.begin(), found.end(), counts.begin(), counts.end(),
                     [](auto& a, auto& b) { return data::same(a.first, b.first) && a.second == b.second; }));
    CHECK(dataset<record>::from(records, 5).distinct(3).count() == counts.size());
  };
  check([](double key) { return std::pair{key, 1}; });
  check([](double key) { return std::tuple{1, key}; });
  check([](double key) { return std::optional{key}; });
  check([](double key) { return priced{key, "a"}; });
}

TEST_CASE("joins of every kind find keys that are NaN or -0.0, with streams and with datasets", "[floating]") {
  auto left = std::vector<std::pair<double, int>>{{no_number, 1}, {-0.0, 2}, {1, 3}};
  auto right = std::vector<std::pair<double, int>>{{0.0, 10}, {-no_number, 20}, {2, 30}};
  auto joined = [&](auto join) {
    testing::test_driver driver{[&](stream_context& ctx) {
      auto here = ctx.text_input().map([left](std::string_view at) { return left[std::stoul(std::string{at})]; });
      join(here, dataset<std::pair<double, int>>::from(right, 2))
        .map([](const auto& each) {
          auto number = [](const auto& value) {
            if constexpr (std::is_same_v<std::remove_cvref_t<decltype(value)>, int>)
              return std::to_string(value);
            else
              return value ? std::to_string(*value) : std::string{"-"};
          };
          std::string key;
          data::record_traits<double>::append_text(each.first, key);
          return key + " " + number(each.second.first) + " " + number(each.second.second);
        })
        .named("joined")
        .print();
    }};
    driver.push({"0", "1", "2"}).step();
    return driver.output("joined");
  };
  using testing::rows;
  CHECK(joined([](auto a, auto b) { return a.join(b); }) == rows{"0 2 10", "nan 1 20"});
  CHECK(joined([](auto a, auto b) { return a.left_outer_join(b); }) == rows{"0 2 10", "nan 1 20", "1 3 -"});
  CHECK(joined([](auto a, auto b) { return a.right_outer_join(b); }) == rows{"0 2 10", "nan 1 20", "2 - 30"});
  CHECK(joined([](auto a, auto b) { return a.full_outer_join(b); }) == rows{"0 2 10", "nan 1 20", "1 3 -", "2 - 30"});
}

TEST_CASE("the key that is shown is 0 and nan, whichever of its forms came first", "[floating]") {
  for (auto records : {std::vector{-0.0, 0.0, -no_number, no_number}, std::vector{no_number, 0.0, -no_number, -0.0}})
    for (std::uint32_t slices : {1, 2, 4}) {
      auto data = dataset<double>::from(records, slices);
      CHECK(shown(data.distinct(1).sort_by().collect()) == "[0,nan]");
      CHECK(shown(data.intersection(data, 1).sort_by().collect()) == "[0,nan]");
      auto grouped = data.key_by([](double each) { return each; }).group_by_key(1).keys().sort_by().collect();
      CHECK(shown(grouped) == "[0,nan]");
      for (auto& each : data.map([](double each) { return priced{each, "a"}; }).distinct(1).collect())
        CHECK_FALSE(std::signbit(each.price));
    }
}

TEST_CASE("distinct is linear in NaNs", "[floating]") {
  std::vector<double> many(200'000, no_number); // quadratic, this takes minutes
  CHECK(dataset<double>::from(many, 4).distinct().count() == 1);
}

TEST_CASE("a partitioner is asked with the normal form of a key", "[floating]") {
  auto sides = [](const double& key) { return std::signbit(key) ? 1u : 0u; };
  auto pairs = dataset<double>::from({0.0, -0.0, no_number, -no_number}, 2).map([](double each) {
    return std::pair{each, 1};
  });
  CHECK(pairs.reduce_by_key(std::plus<>{}, {2, sides}).count() == 2);
  CHECK(pairs.group_by_key({2, sides}).count() == 2);
}
