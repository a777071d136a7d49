#include "actors/monitor/listener_thread.hpp"

#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <catch2/catch.hpp>

#include "actors/monitor/composite_journal.hpp"
#include "libstream/api/stream_context.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

class warnings final : public composite_journal {
public:
  warnings() : composite_journal{{}} {}
  void warning(const std::string& sentence) override {
    std::lock_guard guard{mutex_};
    said_.push_back(sentence);
  }
  std::vector<std::string> said() const {
    std::lock_guard guard{mutex_};
    return said_;
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::string> said_;
};

/// Notes batch numbers; stops at a closed gate.
class recorder final : public streaming_listener {
public:
  void on_batch_completed(const batch_info& batch) override {
    std::unique_lock guard{mutex_};
    seen_.push_back(batch.id.value);
    changed_.notify_all();
    changed_.wait(guard, [this] { return open_; });
  }
  void close_gate() {
    std::lock_guard guard{mutex_};
    open_ = false;
  }
  void open_gate() {
    std::lock_guard guard{mutex_};
    open_ = true;
    changed_.notify_all();
  }
  void await(std::size_t count) {
    std::unique_lock guard{mutex_};
    REQUIRE(changed_.wait_for(guard, 30s, [&] { return seen_.size() >= count; }));
  }
  std::vector<std::uint64_t> seen() {
    std::lock_guard guard{mutex_};
    return seen_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  std::vector<std::uint64_t> seen_;
};

class thrower final : public streaming_listener {
public:
  void on_batch_completed(const batch_info&) override { throw std::runtime_error{"listener broke"}; }
};

listener_event completed(std::uint64_t number) {
  batch_info info;
  info.id = batch_id{number};
  return [info](streaming_listener& listener) { listener.on_batch_completed(info); };
}

struct fixture {
  std::shared_ptr<listener_list> listeners = std::make_shared<listener_list>();
  std::shared_ptr<warnings> journal = std::make_shared<warnings>();
  std::shared_ptr<recorder> records = std::make_shared<recorder>();
};

} // namespace

TEST_CASE("listeners hear events in their order, and none after the end", "[listeners]") {
  fixture f;
  f.listeners->add(f.records);
  listener_thread thread{f.listeners, f.journal};
  for (std::uint64_t number = 1; number <= 100; ++number)
    thread.post(completed(number));
  thread.close(30s);
  REQUIRE(f.records->seen().size() == 100);
  auto seen = f.records->seen();
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  thread.post(completed(101));
  thread.close(1s);
  CHECK(f.records->seen().size() == 100);
  CHECK(f.journal->said().empty());
}

TEST_CASE("a slow listener loses events, which are counted and reported, and nobody waits for it", "[listeners]") {
  fixture f;
  f.records->close_gate();
  f.listeners->add(f.records);
  listener_thread thread{f.listeners, f.journal, 5};
  thread.post(completed(1));
  f.records->await(1); // it is inside now
  for (std::uint64_t number = 2; number <= 20; ++number)
    thread.post(completed(number));
  CHECK(thread.lost() == 14);
  auto said = f.journal->said();
  REQUIRE(said.size() == 4); // the first, the second, the fourth, the eighth
  CHECK(said.front().find("too slow: 1 events") != std::string::npos);
  f.records->open_gate();
  thread.close(30s);
  CHECK(f.records->seen() == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
  CHECK(f.journal->said().back().find("14 events were not delivered") != std::string::npos);
}

TEST_CASE("a listener that throws is reported, and others hear the event all the same", "[listeners]") {
  fixture f;
  f.listeners->add(std::make_shared<thrower>());
  f.listeners->add(f.records);
  listener_thread thread{f.listeners, f.journal};
  thread.post(completed(1));
  thread.post(completed(2));
  thread.close(30s);
  CHECK(f.records->seen() == std::vector<std::uint64_t>{1, 2});
  REQUIRE(f.journal->said().size() == 2);
  CHECK(f.journal->said().front().find("listener broke") != std::string::npos);
}

TEST_CASE("a listener that was removed hears nothing more", "[listeners]") {
  fixture f;
  f.listeners->add(f.records);
  listener_thread thread{f.listeners, f.journal};
  thread.post(completed(1));
  f.records->await(1);
  f.listeners->remove(f.records);
  f.listeners->remove(f.records);
  thread.post(completed(2));
  thread.close(30s);
  CHECK(f.records->seen() == std::vector<std::uint64_t>{1});
}

TEST_CASE("events that wait when the time at the end is over are dropped, and counted", "[listeners]") {
  fixture f;
  f.records->close_gate();
  f.listeners->add(f.records);
  listener_thread thread{f.listeners, f.journal};
  for (std::uint64_t number = 1; number <= 10; ++number)
    thread.post(completed(number));
  f.records->await(1);
  auto closing = std::async(std::launch::async, [&] { thread.close(1ms); });
  while (thread.lost() < 9) // it has given up on them
    std::this_thread::yield();
  f.records->open_gate();
  closing.get();
  CHECK(f.records->seen() == std::vector<std::uint64_t>{1});
  CHECK(f.journal->said().back().find("9 events were not delivered") != std::string::npos);
}
