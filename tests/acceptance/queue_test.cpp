// Spark's queueStream: InputStreamsSuite and StreamingContextSuite.
#include "tests/acceptance/real_options.hpp"
#include "tests/acceptance/two_runtimes.hpp"
#include "tests/unit/actors/sources/temporary_directory.hpp"

using namespace weir;
using namespace weir::acceptance;

namespace {

using texts = std::vector<std::string>;

std::shared_ptr<record_queue<std::string>> queue_of(const batches<std::string>& elements, texts otherwise = {}) {
  auto queue = std::make_shared<record_queue<std::string>>(std::move(otherwise));
  for (auto& each : elements)
    queue->push(each);
  return queue;
}

/// A stream that numbers the batches of a run in which nothing else does.
void number_batches(scenario& s) { s.expect_list(s.input<int>({}), {}); }

} // namespace

TEST_CASE("a queue gives one dataset a batch, in the order in which they were put in", "[queue]") {
  on_both([](scenario& s) {
    number_batches(s);
    auto queue = queue_of({{"1"}, {"2"}});
    auto taken = s.context().queue_stream(queue);
    s.expect_list(taken, {{"1"}, {"2"}, {"3", "3"}, {}, {"5"}, {}});
    s.expect_list(taken.count(), {{1}, {1}, {2}, {0}, {1}, {0}}); // it is used twice, and taken once
    // Others come while it runs, two for each of the first batches.
    auto coming = std::make_shared<batches<std::string>>(batches<std::string>{{"3", "3"}, {}, {"5"}});
    auto feeder = s.context().generated<int>([queue, coming](event_time) {
      for (int some = 0; some < 2 && !coming->empty(); ++some) {
        queue->push(coming->front());
        coming->erase(coming->begin());
      }
      return std::vector<int>{};
    });
    s.expect_list(feeder, {});
    s.look_afterwards([queue] { CHECK(queue->size() == 0); });
  });
}

TEST_CASE("a queue that is asked for all gives everything that waits in one batch", "[queue]") {
  on_both([](scenario& s) {
    number_batches(s);
    auto queue = queue_of({{"a", "b"}, {}, {"c"}});
    s.expect_list(s.context().queue_stream(queue, queue_order::all), {{"a", "b", "c"}, {}, {}});
  });
}

TEST_CASE("a queue that is empty gives its default", "[queue]") {
  on_both([](scenario& s) {
    number_batches(s);
    s.expect_list(s.context().queue_stream(queue_of({{"a"}, {}}, {"otherwise"})),
                  {{"a"}, {}, {"otherwise"}, {"otherwise"}});
    s.expect_list(s.context().queue_stream(queue_of({{"a"}, {"b"}}, {"or", "this"}), queue_order::all),
                  {{"a", "b"}, {"or", "this"}, {"or", "this"}});
  });
}

TEST_CASE("a queue cannot be recovered, and a program with a data directory is told so", "[queue]") {
  testing::temporary_directory directory;
  stream_context context;
  context.queue_stream(queue_of({{"a"}})).named("waiting").print();
  auto options = real_options();
  options.data_dir = directory.path() + "/data";
  auto started = context.start(std::make_shared<actors::actor_runtime>(options));
  REQUIRE_FALSE(started);
  CHECK(started.error().code == error_code::configuration);
  CHECK_THAT(started.error().message(), Catch::Contains("a queue is only in memory") && Catch::Contains("waiting"));
  CHECK(context.get_state() == stream_context::state::stopped);
  CHECK_FALSE(std::filesystem::exists(options.data_dir)); // nothing was begun
}
