#include "tests/acceptance/two_runtimes.hpp"

#include <condition_variable>

#include "actors/runtime/executor_jobs.hpp"
#include "tests/acceptance/inline_runtime.hpp"
#include "tests/acceptance/real_options.hpp"

namespace weir::acceptance {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;

/// Tells a scenario which batches are done, and whoever waits.
class completion_listener final : public streaming_listener {
public:
  explicit completion_listener(scenario& told) : told_{told} {}

  void on_batch_completed(const batch_info& batch) override {
    told_.completed(batch.batch_time);
    std::lock_guard guard{mutex_};
    ++count_;
    changed_.notify_all();
  }
  /// For the next batch, for a moment.
  void await_next() {
    std::unique_lock guard{mutex_};
    changed_.wait_for(guard, 20ms, [&] { return count_ > seen_; });
    seen_ = count_;
  }

private:
  scenario& told_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
  std::size_t seen_ = 0;
};

void run_inline(const std::function<void(scenario&)>& build, std::uint32_t partitions) {
  INFO("inline, " << partitions << " partitions");
  auto runtime = std::make_shared<inline_runtime>(partitions);
  scenario run{partitions, runtime->batch_interval()};
  build(run);
  run.context().add_listener(std::make_shared<completion_listener>(run));
  run.run(runtime, [&] { runtime->step(); });
}

void run_on_actors(const std::function<void(scenario&)>& build) {
  INFO("on actors");
  auto options = real_options();
  scenario run{options.partitions, std::chrono::floor<std::chrono::milliseconds>(options.settings.batch_interval)};
  build(run);
  auto listener = std::make_shared<completion_listener>(run);
  run.context().add_listener(listener);
  run.run(std::make_shared<actors::actor_runtime>(options), [&] { listener->await_next(); });
}

} // namespace

void scenario::completed(event_time time) {
  std::lock_guard guard{mutex_};
  completed_.insert(time);
}

bool scenario::is_through() const {
  std::lock_guard guard{mutex_};
  return std::any_of(completed_.begin(), completed_.end(), [&](event_time time) {
    auto number = numbers_->known(time);
    return number && *number + 1 >= length_;
  });
}

void scenario::run(std::shared_ptr<runtime> on, const std::function<void()>& step) {
  auto started = context_->start(std::move(on));
  INFO((started ? "" : started.error().message()));
  REQUIRE(started);
  auto deadline = std::chrono::steady_clock::now() + patience;
  auto over = context_->await_termination_or_timeout(0ms);
  for (; over && !*over && !is_through(); over = context_->await_termination_or_timeout(0ms)) {
    REQUIRE(std::chrono::steady_clock::now() < deadline);
    step();
  }
  if (error_words_.empty()) {
    INFO((over ? "" : over.error().message()));
    REQUIRE(over);
    for (auto& each : looks_)
      each();
    auto stopped = context_->stop(true);
    INFO((stopped ? "" : stopped.error().message()));
    CHECK(stopped);
  } else {
    REQUIRE_FALSE(over);
    for (auto& word : error_words_)
      CHECK_THAT(over.error().message(), Catch::Contains(word));
  }
  for (auto& each : last_looks_)
    each();
}

void on_both(const std::function<void(scenario&)>& build) {
  for (std::uint32_t partitions : {1u, 3u})
    run_inline(build, partitions);
  run_on_actors(build);
}

void on_jobs(const std::function<void()>& action) {
  {
    INFO("on the calling thread");
    action();
  }
  {
    INFO("on threads");
    local_executors threads{3};
    action();
  }
  INFO("on the executors of an application that runs");
  stream_context context;
  context.constant<int>({1}).deliver_to(std::make_shared<received<int>>());
  REQUIRE(context.start(std::make_shared<actors::actor_runtime>(real_options())));
  action();
  CHECK(context.stop(true));
}

} // namespace weir::acceptance
