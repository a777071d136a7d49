// Functions of datasets: Spark's transform, transformWith and StreamingContext.transform.
#include <atomic>

#include "tests/acceptance/two_runtimes.hpp"

using namespace weir;
using namespace weir::acceptance;

namespace {

using one = std::pair<std::string, int>;
using other = std::pair<std::string, std::string>;
using stamped = std::pair<int, std::int64_t>;

const batches<int> twelve{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10, 11, 12}};
const batches<std::string> twelve_as_text{{"1", "2", "3", "4"}, {"5", "6", "7", "8"}, {"9", "10", "11", "12"}};

std::int64_t in_ms(event_time time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// The times for which a function was called, but for the 0 of the plan.
class call_book {
public:
  void called(event_time time) {
    std::lock_guard guard{mutex_};
    if (time != event_time{})
      ++calls_[time];
  }
  int calls(event_time time) const {
    std::lock_guard guard{mutex_};
    auto found = calls_.find(time);
    return found == calls_.end() ? 0 : found->second;
  }

private:
  mutable std::mutex mutex_;
  std::map<event_time, int> calls_;
};

} // namespace

TEST_CASE("transform gives what a function of datasets makes of each batch", "[transform]") {
  on_both([](scenario& s) {
    auto to_text = [](const dataset<int>& batch) { return batch.map([](int x) { return std::to_string(x); }); };
    s.expect_list(s.input(twelve).transform(to_text), twelve_as_text);
    // All that datasets can do, with shuffles, and with data of its own.
    auto common = [](const dataset<int>& batch) {
      return batch.intersection(dataset<int>::from({2, 3, 7, 13})).sort_by(std::identity{}, order::descending);
    };
    s.expect_list(s.input(twelve).transform(common), {{3, 2}, {7}, {}});
  });
}

TEST_CASE("transform_with gives what a function makes of the datasets of two streams", "[transform]") {
  on_both([](scenario& s) {
    auto left = s.input<std::string>({{"a", "b"}, {"a", ""}, {""}, {}}).map([](const std::string& word) {
      return one{word, 1};
    });
    auto right = s.input<std::string>({{"a", "b"}, {"b", ""}, {}, {""}}).map([](const std::string& word) {
      return other{word, "x"};
    });
    auto joined = left.transform_with(right, [](const dataset<one>& a, const dataset<other>& b) { return a.join(b); });
    s.expect_set(joined, {{{"a", {1, "x"}}, {"b", {1, "x"}}}, {{"", {1, "x"}}}, {}, {}});
    // With the batch time, too.
    auto book = std::make_shared<call_book>();
    auto timed = left.transform_with(right, [book](const dataset<one>& a, const dataset<other>& b, event_time time) {
      book->called(time);
      return a.keys().union_with(b.keys());
    });
    s.expect_list(timed, {{"a", "b", "a", "b"}, {"a", "", "b", ""}, {""}, {""}});
    s.look_afterwards([book, numbers = s.numbers()] { CHECK(book->calls(numbers->time_of(0)) > 0); });
  });
}

TEST_CASE("transform of several streams gives what a function makes of all their datasets", "[transform]") {
  on_both([](scenario& s) {
    auto first = s.input<int>({{1, 2, 3, 4}, {101, 102, 103, 104}, {201, 202, 203, 204}});
    auto second = first.map([](int x) { return x + 4; });
    auto third = first.map([](int x) { return x + 8; });
    batches<int> expected{{}, {}, {}};
    for (std::size_t batch = 0; batch < 3; ++batch)
      for (int each = 1; each <= 12; ++each)
        expected[batch].push_back(static_cast<int>(batch) * 100 + each);
    auto all = [](const std::vector<dataset<int>>& of) { return of[0].union_with(of[1], of[2]); };
    s.expect_list(s.context().transform<int>({first, second, third}, all), expected);
    auto with_time = [all](const std::vector<dataset<int>>& of, event_time) { return all(of); };
    s.expect_list(s.context().transform<int>({first, second, third}, with_time), expected);
  });
}

TEST_CASE("transform with the time is called in every batch, with the batch's time", "[transform]") {
  on_both([](scenario& s) {
    auto book = std::make_shared<call_book>();
    auto seen = std::make_shared<received<stamped>>();
    auto input = s.input<int>({{1, 2}, {}, {3}, {}, {4}});
    input
      .transform([book](const dataset<int>& batch, event_time time) {
        book->called(time);
        return batch.map([ms = in_ms(time)](int x) { return stamped{x, ms}; });
      })
      .deliver_to(seen);
    // Streams before and behind it are those of any stream, with shuffles inside.
    auto inside = [](const dataset<int>& batch, event_time time) {
      return batch.map([ms = in_ms(time)](int x) { return std::pair{ms, x}; }).reduce_by_key(std::plus<>{}).values();
    };
    s.expect_list(input.map([](int x) { return 10 * x; }).transform(inside).reduce(std::plus<>{}),
                  {{30}, {}, {30}, {}, {40}});
    s.look_afterwards([book, seen, numbers = s.numbers()] {
      for (std::size_t number = 0; number < 5; ++number) {
        INFO("batch " << number + 1);
        CHECK(book->calls(numbers->time_of(number)) >= 1);
      }
      auto all = seen->all();
      REQUIRE(all.size() == 3);
      CHECK(all[0].second == std::vector<stamped>{{1, in_ms(all[0].first)}, {2, in_ms(all[0].first)}});
      CHECK(all[2].second == std::vector<stamped>{{4, in_ms(all[2].first)}});
    });
  });
}

TEST_CASE("what a timed transform throws fails the batch, and is told", "[transform]") {
  on_both([](scenario& s) {
    auto fails = [](const dataset<int>& batch, event_time time) {
      if (time != event_time{}) // the plan is made of what it gives for 0
        throw std::runtime_error{"no dataset today"};
      return batch.map([](int x) { return x; });
    };
    auto seen = std::make_shared<received<int>>();
    s.input(twelve).transform(fails).named("of-the-day").deliver_to(seen);
    s.last(3);
    s.expect_error({"of-the-day", "no dataset today"});
    s.look_afterwards([seen] { CHECK(seen->all().empty()); });
  });
}

TEST_CASE("a stream that the program makes itself is asked once a batch, with rising times", "[transform]") {
  on_both([](scenario& s) {
    struct asked {
      std::mutex mutex;
      std::vector<event_time> times;
    };
    auto book = std::make_shared<asked>();
    auto made = s.context().generated<std::int64_t>([book](event_time time) {
      std::lock_guard guard{book->mutex};
      book->times.push_back(time);
      return std::vector<std::int64_t>{in_ms(time)};
    });
    auto seen = std::make_shared<received<std::int64_t>>();
    made.deliver_to(seen);
    s.expect_list(made.map([](std::int64_t) { return 0; }), {{0}, {0}, {0}, {0}}); // twice used, still asked once
    s.expect_list(s.input<int>({{1}, {2}, {3}, {4}}), {{1}, {2}, {3}, {4}});
    s.look_afterwards([book, seen] {
      auto all = seen->all();
      REQUIRE(all.size() >= 4);
      REQUIRE(book->times.size() == all.size());
      for (std::size_t at = 0; at < all.size(); ++at) {
        CHECK(book->times[at] == all[at].first);
        CHECK(all[at].second == std::vector<std::int64_t>{in_ms(all[at].first)});
        CHECK((at == 0 || book->times[at - 1] < book->times[at]));
      }
    });
  });
}
