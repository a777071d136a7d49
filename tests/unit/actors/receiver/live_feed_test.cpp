#include "actors/receiver/live_feed.hpp"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "libstream/api/receiver.hpp"
#include "libstream/data/frames.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

/// Jobs that the test runs when it likes.
class hand_worker final : public worker {
public:
  void post(std::function<void()> job) override {
    std::lock_guard guard{mutex_};
    jobs_.push_back(std::move(job));
  }
  void run_all() {
    while (auto job = next())
      job();
  }

private:
  std::function<void()> next() {
    std::lock_guard guard{mutex_};
    if (jobs_.empty())
      return nullptr;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
  }
  std::mutex mutex_;
  std::deque<std::function<void()>> jobs_;
};

struct notes final : feed_listener {
  void records(fed_records records) override {
    std::lock_guard guard{mutex};
    for (auto rest = records.bytes->view(); auto frame = data::take_frame(rest);)
      texts.emplace_back(*frame);
    held += records.held;
    if (records.ticket)
      tickets.push_back(records.ticket);
    groups.push_back(records.count);
    last = std::move(records);
  }
  void stopped() override { ++ends; }
  void source_stopped(std::string why) override { stop_reasons.push_back(std::move(why)); }
  void warning(std::string sentence) override { warnings.push_back(std::move(sentence)); }
  void wake_after(std::chrono::milliseconds pause, std::uint64_t why) override {
    std::lock_guard guard{mutex};
    wakes.push_back({pause, why});
  }

  std::mutex mutex;
  std::vector<std::string> texts;
  std::vector<std::uint64_t> tickets, groups;
  std::vector<std::pair<std::chrono::milliseconds, std::uint64_t>> wakes;
  std::vector<std::string> warnings, stop_reasons;
  std::uint64_t held = 0;
  int ends = 0;
  fed_records last;
};

struct plain_receiver final : receiver<std::string_view> {
  void on_start() override {
    ++starts;
    if (fails)
      throw std::runtime_error{"no peer"};
  }
  void on_stop() override {
    ++stops;
    if (stopped_before)
      stopped_before();
  }
  int starts = 0, stops = 0;
  bool fails = false;
  std::function<void()> stopped_before;
};

struct fixture {
  std::shared_ptr<plain_receiver> source = std::make_shared<plain_receiver>();
  std::shared_ptr<hand_worker> thread = std::make_shared<hand_worker>();
  std::shared_ptr<notes> heard = std::make_shared<notes>();
  std::unique_ptr<feed> input;

  fixture() {
    feed_options options;
    options.budget_bytes = 1000;
    options.max_record_bytes = 100;
    options.restart_delay = 2s;
    input = open_live_feed(source, 7, "stream:mine", options, thread, heard);
    input->begin(0);
    thread->run_all();
  }
  ~fixture() {
    input.reset();
    thread->run_all(); // jobs know the feed, and the feed its thread
  }
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(fixture, "records that are stored one by one are handed over together", "[receivers]") {
  CHECK(source->starts == 1);
  CHECK(source->stream_id() == 7);
  CHECK(source->store("one"));
  CHECK(source->store("two\nlines"));
  CHECK(heard->texts.empty());
  REQUIRE(heard->wakes.size() == 1); // one call, however many records
  input->wake(heard->wakes[0].second);
  CHECK(heard->texts == texts{"one", "two\nlines"});
  CHECK(heard->groups == std::vector<std::uint64_t>{2});
  CHECK_FALSE(input->at_rest());
  CHECK(input->at_rest());
}

TEST_CASE_METHOD(fixture, "whoever stores a batch is told when it is durable, and not before", "[receivers]") {
  std::vector<std::string_view> batch{"a", "b"};
  std::vector<result<void>> told;
  source->store("first");
  source->store(batch, [&](result<void> how) { told.push_back(how); }, {"p", 4});
  CHECK(heard->texts == texts{"first", "a", "b"}); // in order
  CHECK(heard->last.producer == "p");
  CHECK(heard->last.first == 4);
  REQUIRE(heard->tickets.size() == 1);
  CHECK(told.empty());
  input->stored(heard->tickets[0], {});
  REQUIRE(told.size() == 1);
  CHECK(told[0]);
  input->stored(heard->tickets[0], {});
  CHECK(told.size() == 1);
}

TEST_CASE_METHOD(fixture, "storing a batch waits until it is durable", "[receivers]") {
  std::vector<std::string_view> batch{"a"};
  result<void> how = fail(error_code::failed, "not told");
  std::thread user{[&] { how = source->store(batch); }};
  std::uint64_t ticket = 0;
  while (ticket == 0) {
    std::lock_guard guard{heard->mutex};
    if (!heard->tickets.empty())
      ticket = heard->tickets[0];
  }
  input->stored(ticket, {});
  user.join();
  CHECK(how);
}

TEST_CASE_METHOD(fixture, "a full input makes store wait, and refuses what does not want to wait", "[receivers]") {
  std::vector<std::string_view> batch(
    10, std::string_view{"0123456789012345678901234567890123456789012345678901234567890123456789"});
  auto ignore = [](result<void>) {};
  source->store(batch, ignore);
  source->store(batch, ignore);
  std::optional<result<void>> refused;
  source->store(batch, [&](result<void> how) { refused = how; });
  REQUIRE(refused);
  CHECK_FALSE(*refused);
  CHECK_THAT(refused->error().message(), Catch::Contains("stream:mine") && Catch::Contains("later"));
  CHECK(refused->error().full);
  std::atomic<bool> stored{false};
  std::thread user{[&] { stored = source->store("late"); }};
  CHECK_FALSE(stored);
  input->release(heard->held);
  user.join();
  CHECK(stored);
}

TEST_CASE_METHOD(fixture, "an input that is at its rate makes store wait, and refuses what does not want to wait",
                 "[receivers][rates]") {
  input->limit(1);
  std::vector<std::string_view> batch{"a"};
  std::optional<result<void>> refused;
  source->store(batch, [](result<void>) {});
  CHECK(heard->tickets.size() == 1); // was taken
  source->store(batch, [&](result<void> how) { refused = how; });
  REQUIRE(refused);
  CHECK_FALSE(*refused);
  CHECK_THAT(refused->error().message(), Catch::Contains("rate"));
  CHECK(refused->error().full);
  CHECK_FALSE(input->at_rest());
  std::atomic<bool> stored{false};
  std::thread user{[&] { stored = source->store("late"); }};
  CHECK_FALSE(stored);
  input->limit(0);
  user.join();
  CHECK(stored);
}

TEST_CASE_METHOD(fixture, "threads that store as fast as they can are let in at the rate, from the first record on",
                 "[receivers][rates]") {
  constexpr std::uint64_t rate = 1'001;
  input->limit(rate);
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> stored{0};
  auto began = std::chrono::steady_clock::now();
  std::vector<std::thread> users;
  for (int who = 0; who < 2; ++who)
    users.emplace_back([&] {
      while (!over && source->store("x"))
        ++stored;
    });
  auto make_room = [&] {
    input->wake(0);
    std::lock_guard guard{heard->mutex};
    return std::exchange(heard->held, 0);
  };
  while (std::chrono::steady_clock::now() - began < 300ms)
    input->release(make_room());
  over = true;
  input->limit(0);
  input->release(make_room());
  for (auto& user : users)
    user.join();
  auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  CHECK(static_cast<double>(stored) <= rate * (seconds + 0.05) + 4);
  CHECK(static_cast<double>(stored) >= rate * 0.3 * 0.5); // the machine may be busy
}

TEST_CASE_METHOD(fixture, "a batch comes in whole, and the next record waits until it is paid for",
                 "[receivers][rates]") {
  input->limit(10'000);
  std::vector<std::string_view> batch(100, "a");
  batch.insert(batch.end(), 500, "b");
  source->store(batch, [](result<void>) {});
  CHECK(heard->groups == std::vector<std::uint64_t>{600});
  auto began = std::chrono::steady_clock::now();
  input->release(heard->held);
  CHECK(source->store("next"));
  CHECK(std::chrono::steady_clock::now() - began >= 5ms);
}

TEST_CASE_METHOD(fixture, "a record that is too long is skipped and reported, in a batch it is refused",
                 "[receivers]") {
  std::string longer(101, 'x');
  CHECK(source->store(longer));
  REQUIRE(heard->warnings.size() == 1);
  CHECK_THAT(heard->warnings[0], Catch::Contains("skipped 1"));
  std::vector<std::string_view> batch{"ok", longer};
  std::optional<result<void>> told;
  source->store(batch, [&](result<void> how) { told = how; });
  REQUIRE(told);
  CHECK_FALSE(*told);
  CHECK(heard->texts.empty());
}

TEST_CASE_METHOD(fixture, "restart stops, waits and starts: nothing is taken meanwhile", "[receivers]") {
  source->restart("lost its peer", 30ms);
  CHECK(source->is_stopped());
  thread->run_all();
  CHECK(source->stops == 1);
  CHECK_FALSE(source->store("between"));
  REQUIRE(heard->wakes.size() == 1);
  CHECK(heard->wakes[0].first == 30ms);
  CHECK_FALSE(input->at_rest()); // it waits for its restart
  CHECK_FALSE(input->at_rest());
  source->restart("again"); // of a run that has ended: nothing
  input->wake(heard->wakes[0].second);
  CHECK_FALSE(input->at_rest());
  thread->run_all();
  CHECK(input->at_rest());
  CHECK(source->starts == 2);
  CHECK_FALSE(source->is_stopped());
  CHECK(source->store("after"));
  source->restart("and once more");
  thread->run_all();
  CHECK(heard->wakes.back().first == 2s);
}

TEST_CASE_METHOD(fixture, "what on_stop stores is still taken, and then nothing", "[receivers]") {
  source->stopped_before = [this] { CHECK(source->store("last words")); };
  input->stop();
  CHECK(heard->ends == 0);
  thread->run_all();
  CHECK(heard->texts == texts{"last words"});
  CHECK(heard->ends == 1);
  CHECK(source->has_ended());
  CHECK_FALSE(source->store("too late"));
}

TEST_CASE_METHOD(fixture, "a receiver that stops itself has come to rest and is not started again", "[receivers]") {
  source->store("x");
  CHECK_FALSE(source->has_ended());
  source->stop("all is said");
  thread->run_all();
  CHECK(source->has_ended());
  CHECK(source->stops == 1);
  CHECK(input->at_rest());
  CHECK(heard->warnings.empty()); // nothing is wrong
  CHECK(heard->stop_reasons == std::vector<std::string>{"all is said"});
  input->stop();
  thread->run_all();
  CHECK(heard->ends == 1);
  CHECK(source->stops == 1);
}

TEST_CASE_METHOD(fixture, "an exception in on_start is reported and tried again after the delay", "[receivers]") {
  source->restart("go", 0ms);
  source->fails = true;
  thread->run_all();
  input->wake(heard->wakes.back().second);
  thread->run_all();
  CHECK(source->starts == 2);
  CHECK_THAT(heard->warnings.back(), Catch::Contains("no peer"));
  CHECK_FALSE(input->at_rest());
  CHECK_FALSE(input->at_rest());
  CHECK(heard->wakes.back().first == 2s);
  source->fails = false;
  input->wake(heard->wakes.back().second);
  thread->run_all();
  CHECK(source->starts == 3);
  CHECK(source->store("works"));
}

TEST_CASE_METHOD(fixture, "when the feed ends, whoever waits hears that nothing is known, and the source is stopped",
                 "[receivers]") {
  std::vector<std::string_view> batch{"a"};
  std::optional<result<void>> told;
  source->store(batch, [&](result<void> how) { told = how; });
  input.reset();
  REQUIRE(told);
  CHECK_FALSE(*told);
  CHECK(source->is_stopped());
  CHECK_FALSE(source->store("late"));
  thread->run_all();
  CHECK(source->stops == 1);
}

TEST_CASE_METHOD(fixture, "many threads may store at once, and every record comes out once", "[receivers]") {
  std::vector<std::thread> users;
  for (int who = 0; who < 4; ++who)
    users.emplace_back([this, who] {
      for (int i = 0; i < 500; ++i)
        if (!source->store(std::to_string(who) + "-" + std::to_string(i)))
          return;
    });
  std::set<std::string> seen;
  while (seen.size() < 2000) {
    input->wake(0);
    std::uint64_t held = 0;
    {
      std::lock_guard guard{heard->mutex};
      held = std::exchange(heard->held, 0);
      for (auto& text : std::exchange(heard->texts, {}))
        REQUIRE(seen.insert(text).second);
    }
    input->release(held);
  }
  for (auto& user : users)
    user.join();
}
