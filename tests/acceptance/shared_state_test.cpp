// What Spark's programs share between tasks: persisted datasets, broadcast values, accumulators.
#include <atomic>

#include "tests/acceptance/two_runtimes.hpp"

using namespace weir;
using namespace weir::acceptance;

namespace {

using numbers = std::vector<int>;

/// Throws the first time that it is called with this record, in whichever task.
class once_broken {
public:
  explicit once_broken(int record) : record_{record}, left_{std::make_shared<std::atomic<int>>(1)} {}
  int operator()(int x) const {
    if (x == record_ && left_->fetch_sub(1) > 0)
      throw std::runtime_error{"once"};
    return x;
  }

private:
  int record_;
  std::shared_ptr<std::atomic<int>> left_;
};

} // namespace

TEST_CASE("a persisted dataset is computed once, until it is given up", "[shared]") {
  on_jobs([] {
    std::atomic<int> calls = 0;
    auto computed = dataset<int>::from({1, 2, 3}, 3).map([&](int x) {
      ++calls;
      return 10 * x;
    });
    auto kept = computed.persist();
    CHECK(calls == 0); // nothing before an action
    CHECK(kept.collect() == numbers{10, 20, 30});
    CHECK(kept.count() == 3);
    CHECK(kept.map([](int x) { return x + 1; }).collect() == numbers{11, 21, 31});
    CHECK(kept.glom().collect() == batches<int>{{10}, {20}, {30}}); // in the partitions that it had
    CHECK(calls == 3);
    kept.unpersist();
    CHECK(kept.collect() == numbers{10, 20, 30});
    CHECK(calls == 6);
    CHECK(computed.count() == 3); // what it was made of keeps nothing
    CHECK(calls == 9);
    computed.unpersist(); // nothing to do
  });
}

TEST_CASE("every level of persistence gives the same records", "[shared]") {
  using rich = std::pair<std::string, std::vector<std::optional<double>>>;
  batches<rich> parts{{{"a", {0.5, std::nullopt}}, {"", {}}}, {}, {{std::string(1'000, 'x'), {-1.0}}}};
  on_jobs([&] {
    for (auto level : {storage_level::memory, storage_level::memory_and_scratch}) {
      auto kept = dataset<rich>::from_partitions(parts).persist(level);
      for (int again = 0; again < 2; ++again) {
        CHECK(kept.glom().collect() == batches<rich>{parts[0], parts[1], parts[2]});
        CHECK(kept.keys().collect() == std::vector<std::string>{"a", "", std::string(1'000, 'x')});
      }
    }
  });
}

TEST_CASE("persisted records beyond what memory may hold lie in temporary files, and are the same", "[shared][long]") {
  auto length = limits::persisted_bytes / 64;
  std::vector<std::string> tall;
  for (int i = 0; i < 80; ++i)
    tall.push_back(std::to_string(i) + std::string(length, static_cast<char>('a' + i % 26)));
  auto kept = dataset<std::string>::from(tall, 8).persist(storage_level::memory_and_scratch);
  for (int again = 0; again < 2; ++again)
    CHECK((kept.collect() == tall));
}

TEST_CASE("a broadcast value is shared by all tasks and cannot be changed", "[shared]") {
  struct counted_copies {
    std::set<std::string> words;
    std::shared_ptr<std::atomic<int>> copies = std::make_shared<std::atomic<int>>(0);
    explicit counted_copies(std::set<std::string> all) : words{std::move(all)} {}
    counted_copies(const counted_copies& other) : words{other.words}, copies{other.copies} { ++*copies; }
    counted_copies(counted_copies&&) = default;
  };
  static_assert(std::is_same_v<decltype(std::declval<broadcast<int>&>().value()), const int&>);
  static_assert(std::is_same_v<decltype(*std::declval<broadcast<int>&>()), const int&>);
  on_both([](scenario& s) {
    broadcast<counted_copies> excluded{counted_copies{{"a", "b"}}};
    auto words = s.input<std::string>({{"a", "x", "b"}, {}, {"y", "a"}}, 3);
    s.expect_list(words.filter([excluded](const std::string& word) { return !excluded->words.contains(word); }),
                  {{"x"}, {}, {"y"}});
    s.look_afterwards([excluded] { CHECK(*excluded->copies == 0); }); // tasks copy the handle
  });
  on_jobs([] {
    broadcast<int> factor{3};
    CHECK(dataset<int>::from({1, 2}, 2).map([factor](int x) { return *factor * x; }).collect() == numbers{3, 6});
  });
}

TEST_CASE("an accumulator counts each committed batch once, whatever was tried again", "[shared]") {
  on_both([](scenario& s) {
    auto seen = s.context().accumulator<std::uint64_t>();
    auto longest = s.context().accumulator<int>(0, [](int a, int b) { return std::max(a, b); });
    auto input = s.input<int>({{1, 2, 3}, {}, {4, 9}, {5}}, 3);
    auto looked = input.map([seen, longest](int x) {
      seen.add(1);
      longest += x;
      return x;
    });
    // Behind where it is added to, in the same task, something fails at first; and a second output does not compute it twice.
    s.expect_list(looked.map(once_broken{3}).map(once_broken{9}), {{1, 2, 3}, {}, {4, 9}, {5}});
    s.expect_list(looked.count(), {{3}, {0}, {2}, {1}});
    s.look_afterwards([seen, longest] {
      CHECK(seen.value() == 6);
      CHECK(longest.value() == 9);
    });
  });
  // What the program itself adds counts at once.
  stream_context context;
  auto sum = context.accumulator<int>();
  sum += 2;
  CHECK(sum.value() == 2);
}
