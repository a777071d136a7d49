// Spark's persist, remember and slice of streams.
#include <atomic>

#include "tests/acceptance/two_runtimes.hpp"

using namespace weir;
using namespace weir::acceptance;
using namespace std::chrono_literals;

namespace {

constexpr auto far_back = 1h;

/// All records of some batches, in their order.
std::vector<int> records_of(const std::vector<dataset<int>>& some) {
  std::vector<int> all;
  for (auto& batch : some)
    for (auto record : batch.collect())
      all.push_back(record);
  return all;
}

using records = std::vector<int>;

/// The times of the batches of a run, as the suite writes them: the first one is one interval behind zero.
struct timeline {
  batch_numbers& numbers;
  event_time first() const { return numbers.time_of(0); }
  event_time second() const { return numbers.time_of(1); }
  event_time fourth() const { return numbers.time_of(3); }
};

} // namespace

TEST_CASE("slice gives the batches from one time to another, both included", "[remembering]") {
  on_both([](scenario& s) {
    s.context().remember(far_back);
    auto kept = s.input<int>({{1}, {2}, {3}, {4}}).persist();
    s.look([kept, numbers = s.numbers()] {
      timeline at{*numbers};
      CHECK(records_of(kept.slice(event_time{}, at.first())) == records{1});
      CHECK(records_of(kept.slice(event_time{}, at.second())) == records{1, 2});
      CHECK(records_of(kept.slice(at.first(), at.second())) == records{1, 2});
      CHECK(records_of(kept.slice(at.second(), at.fourth())) == records{2, 3, 4});
      CHECK(kept.slice(at.second(), at.fourth()).size() == 3); // a dataset a batch
      CHECK(kept.slice(at.second(), at.first()).empty());
    });
  });
}

TEST_CASE("slice rounds both times down to batch times", "[remembering]") {
  on_both([](scenario& s) {
    s.context().remember(far_back);
    auto kept = s.input<int>({{1}, {2}, {3}, {4}}).persist();
    s.look([kept, numbers = s.numbers()] {
      timeline at{*numbers};
      // Intervals of both runtimes are greater than 9 ms.
      CHECK(records_of(kept.slice(at.first() + 9ms, at.second() + 9ms)) == records{1, 2});
      CHECK(records_of(kept.slice(at.second() + 1us, at.fourth() - 1us)) == records{2, 3});
    });
  });
}

TEST_CASE("slice before the start is an error that names the state", "[remembering]") {
  stream_context context;
  auto kept = context.constant<int>({1}).persist();
  auto why = error_of([&] { (void)kept.slice(event_time{}, event_time{1s}); });
  CHECK(why.code == error_code::usage);
  CHECK_THAT(why.message(), Catch::Contains("slice: the context is initialised"));
  // And one that keeps nothing says so once it runs.
  on_both([](scenario& s) {
    auto forgetful = s.input<int>({{1}}).named("forgetful");
    s.expect_list(forgetful, {{1}});
    s.look([forgetful, numbers = s.numbers()] {
      auto nothing = error_of([&] { (void)forgetful.slice(event_time{}, numbers->time_of(0)); });
      CHECK_THAT(nothing.message(), Catch::Contains("keeps nothing") && Catch::Contains("persist()"));
    });
  });
}

TEST_CASE("a persisted stream is computed once and can be looked at later", "[remembering]") {
  on_both([](scenario& s) {
    auto calls = std::make_shared<std::atomic<int>>(0);
    s.context().remember(far_back);
    auto computed = s.input<int>({{1, 2}, {}, {3}}).map([calls](int x) {
      ++*calls;
      return 10 * x;
    });
    auto kept = computed.persist();
    kept.persist(); // again is fine
    s.expect_list(kept, {{10, 20}, {}, {30}});
    s.expect_list(kept.count(), {{2}, {0}, {1}});
    s.look([kept, computed, calls, numbers = s.numbers()] {
      CHECK(records_of(kept.slice(numbers->time_of(0), numbers->time_of(2))) == records{10, 20, 30});
      CHECK(records_of(computed.slice(numbers->time_of(2), numbers->time_of(2))) == records{30}); // the same stream
      CHECK(*calls == 3);
    });
    // Still there when it has stopped.
    s.look_afterwards([kept, numbers = s.numbers()] {
      CHECK(records_of(kept.slice(numbers->time_of(0), numbers->time_of(2))) == records{10, 20, 30});
    });
  });
}

TEST_CASE("persist after the start is an error that names the state", "[remembering]") {
  on_both([](scenario& s) {
    auto input = s.input<int>({{1}});
    s.expect_list(input, {{1}});
    auto state_named = [input](const char* state) {
      return [input, state] {
        auto why = error_of([&] { (void)input.persist(); });
        CHECK(why.code == error_code::usage);
        CHECK_THAT(why.message(), Catch::Contains(std::string{"the context is "} + state));
      };
    };
    s.look(state_named("active"));
    s.look_afterwards(state_named("stopped"));
  });
}

TEST_CASE("what a persisted stream keeps is given up once it is older than what is remembered", "[remembering]") {
  on_both([](scenario& s) {
    auto span = 3 * s.interval();
    s.context().remember(span);
    batches<int> ten{{1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9}, {10}};
    auto kept = s.input(ten).persist();
    s.look([kept, span, numbers = s.numbers()] {
      records expected;
      for (int number = 0; number < 10; ++number)
        if (numbers->time_of(static_cast<std::size_t>(number)) >= numbers->time_of(9) - span)
          expected.push_back(number + 1);
      CHECK(expected.size() < 10);
      CHECK(records_of(kept.slice(event_time{}, numbers->time_of(9))) == expected);
    });
  });
  // Without remember, only the newest.
  on_both([](scenario& s) {
    auto kept = s.input<int>({{1}, {2}, {3, 4}}).persist();
    s.look([kept, numbers = s.numbers()] {
      CHECK(records_of(kept.slice(event_time{}, numbers->time_of(2))) == records{3, 4});
    });
  });
}
