// The documentation lets any thread stop a context and wait for it, whichever started it.
#include <atomic>
#include <future>
#include <thread>

#include <catch2/catch.hpp>

#include "actors/monitor/composite_journal.hpp"
#include "actors/runtime/actor_runtime.hpp"
#include "actors/runtime/actor_stream.hpp"
#include "actors/runtime/own_system.hpp"
#include "libstream/api/dstream.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;

/// A thread that does what it is told and lives on, as those of a pool do.
class lasting_thread {
public:
  lasting_thread() : thread_{[this] { run(); }} {}
  ~lasting_thread() {
    post(nullptr);
    thread_.join();
  }
  template <class Job>
  auto begin(Job job) {
    auto task = std::make_shared<std::packaged_task<decltype(job())()>>(std::move(job));
    auto answer = task->get_future();
    post([task] { (*task)(); });
    return answer;
  }

private:
  void post(std::function<void()> job) {
    std::lock_guard guard{mutex_};
    jobs_.push_back(std::move(job));
    changed_.notify_all();
  }
  void run() {
    for (;;) {
      std::unique_lock guard{mutex_};
      changed_.wait(guard, [this] { return !jobs_.empty(); });
      auto job = std::move(jobs_.front());
      jobs_.erase(jobs_.begin());
      guard.unlock();
      if (!job)
        return;
      job();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::function<void()>> jobs_;
  std::thread thread_;
};

/// What does not come within the test's patience cannot be waited for any longer: its thread hangs.
template <class T>
T come(std::future<T> answer) {
  if (answer.wait_for(patience) != std::future_status::ready) {
    std::fprintf(stderr, "an end does not return\n");
    std::abort();
  }
  return answer.get();
}

enum class place { first, second };
enum class way { stop, stop_gracefully, drain_and_await, await_while_the_starter_stops, destroy };
enum class home { own, users };

struct user_config : caf::actor_system_config {
  user_config() { configure(*this); }
};

runtime_options options() {
  runtime_options made;
  made.application = "threads";
  made.journal = std::make_shared<composite_journal>(std::vector<std::shared_ptr<journal>>{});
  made.settings.batch_interval = made.settings.block_interval = 5ms;
  made.settings.executors = 1;
  made.print = [](std::string_view) { return result<void>{}; };
  return made;
}

std::unique_ptr<stream_context> counting() {
  auto made = std::make_unique<stream_context>();
  made->constant<int>({1, 2, 3}).print();
  return made;
}

result<void> end(std::unique_ptr<stream_context>& context, way how) {
  switch (how) {
    case way::stop: return context->stop();
    case way::stop_gracefully: return context->stop(true);
    case way::drain_and_await: context->drain(); return context->await_termination();
    case way::await_while_the_starter_stops: return context->await_termination();
    case way::destroy: context.reset();
  }
  return {};
}

} // namespace

TEST_CASE("a context ends on any thread, whichever started it, and whosever the actor system is", "[threads]") {
  auto whose = GENERATE(home::own, home::users);
  auto started_on = GENERATE(place::first, place::second);
  auto ended_on = GENERATE(place::first, place::second);
  auto how =
    GENERATE(way::stop, way::stop_gracefully, way::drain_and_await, way::await_while_the_starter_stops, way::destroy);
  if (started_on == ended_on && how == way::await_while_the_starter_stops)
    return;
  INFO("started on " << static_cast<int>(started_on) << ", ended on " << static_cast<int>(ended_on) << ", way "
                     << static_cast<int>(how) << ", home " << static_cast<int>(whose));
  lasting_thread first, second;
  auto at = [&](place which) -> lasting_thread& { return which == place::first ? first : second; };
  user_config config;
  std::unique_ptr<caf::actor_system> system;
  if (whose == home::users)
    system = std::make_unique<caf::actor_system>(config);
  auto context = counting();
  auto given = options();
  given.system = system.get();
  REQUIRE(come(at(started_on).begin([&] { return context->start(std::make_shared<actor_runtime>(given)); })));
  auto ended = at(ended_on).begin([&] { return end(context, how); });
  if (how == way::await_while_the_starter_stops)
    CHECK(come(at(started_on).begin([&] { return context->stop(); })));
  CHECK(come(std::move(ended)));
  context.reset();
  std::promise<void> gone; // the user's system ends where it was made, as CAF wants it, though our threads live on
  auto known = gone.get_future();
  if (system) {
    auto watch = std::async(std::launch::async, [&known] {
      if (known.wait_for(patience) != std::future_status::ready)
        std::abort();
    });
    system.reset();
    gone.set_value();
  }
}

TEST_CASE("the threads of a program may all end a context at once, and each returns when it has ended", "[threads]") {
  for (int again = 0; again < 5; ++again) {
    std::vector<std::unique_ptr<lasting_thread>> threads;
    for (int i = 0; i < 4; ++i)
      threads.push_back(std::make_unique<lasting_thread>());
    auto context = counting();
    REQUIRE(context->start(std::make_shared<actor_runtime>(options())));
    std::vector<std::future<result<void>>> answers;
    for (auto how : {way::stop, way::stop_gracefully, way::drain_and_await, way::await_while_the_starter_stops})
      answers.push_back(threads[static_cast<std::size_t>(how)]->begin([&context, how] { return end(context, how); }));
    for (auto& answer : answers)
      CHECK(come(std::move(answer)));
    CHECK(context->get_state() == stream_context::state::stopped);
  }
}

TEST_CASE("a thread that has ended a context may start the next one, and another may end that", "[threads]") {
  lasting_thread first, second;
  for (int again = 0; again < 3; ++again) {
    auto& starts = again % 2 == 0 ? first : second;
    auto& ends = again % 2 == 0 ? second : first;
    auto context = counting();
    REQUIRE(come(starts.begin([&] { return context->start(std::make_shared<actor_runtime>(options())); })));
    CHECK(come(ends.begin([&] { return context->stop(true); })));
  }
}

TEST_CASE("a listener drains its context, started on one thread and awaited on another", "[threads]") {
  struct drainer final : streaming_listener {
    stream_context* context = nullptr;
    void on_batch_completed(const batch_info&) override { context->drain(); }
  };
  lasting_thread first, second;
  auto context = counting();
  auto listener = std::make_shared<drainer>();
  listener->context = context.get();
  context->add_listener(listener);
  REQUIRE(come(first.begin([&] { return context->start(std::make_shared<actor_runtime>(options())); })));
  CHECK(come(second.begin([&] { return context->await_termination(); })));
}

TEST_CASE("a listener that stops its context is refused at once, on whatever thread the context is awaited",
          "[threads]") {
  struct stopper final : streaming_listener {
    stream_context* context = nullptr;
    std::promise<bool> stopped;
    std::atomic<bool> asked{false};
    void on_batch_completed(const batch_info&) override {
      if (!asked.exchange(true))
        stopped.set_value(context->stop().has_value());
    }
  };
  lasting_thread first, second;
  auto context = counting();
  auto listener = std::make_shared<stopper>();
  listener->context = context.get();
  context->add_listener(listener);
  auto refused = listener->stopped.get_future();
  REQUIRE(come(first.begin([&] { return context->start(std::make_shared<actor_runtime>(options())); })));
  CHECK_FALSE(come(std::move(refused)));
  CHECK(come(second.begin([&] { return context->stop(); })));
}

TEST_CASE("actors that a busy system of the program's own runs only after their application has ended do no harm",
          "[threads][long]") {
  user_config config;
  auto system = std::make_unique<caf::actor_system>(config);
  std::promise<void> over;
  auto known = over.get_future().share();
  std::atomic<std::size_t> busy{0};
  for (std::size_t i = 0; i < system->scheduler().num_workers(); ++i)
    system->spawn([known, &busy](caf::event_based_actor*) {
      ++busy;
      known.wait();
    });
  while (busy < system->scheduler().num_workers())
    std::this_thread::yield();
  auto context = counting();
  auto given = options();
  given.system = system.get();
  auto runtime = std::make_shared<actor_runtime>(given);
  REQUIRE(context->start(runtime));
  CHECK(context->stop());
  CHECK(runtime->has_left_threads());
  over.set_value();
  context.reset();
  system.reset(); // once they all have run and ended
}
