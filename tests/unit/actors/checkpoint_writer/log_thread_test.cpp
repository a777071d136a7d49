#include "actors/checkpoint_writer/log_thread.hpp"

#include <deque>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "libstream/log/memory_store.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

/// Runs its jobs when it is told to.
class manual_worker final : public worker {
public:
  void post(std::function<void()> job) override { jobs_.push_back(std::move(job)); }
  void run_all() {
    while (!jobs_.empty()) {
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      job();
    }
  }

private:
  std::deque<std::function<void()>> jobs_;
};

/// Refuses as it is told to.
class refusing_store final : public log::store {
public:
  result<void> commit(const log::transaction& changes) override {
    if (refusal)
      return tl::make_unexpected(*refusal);
    return content.commit(changes);
  }
  result<std::optional<log::stored_value>> get(log::table t, std::string_view key) const override {
    return content.get(t, key);
  }
  result<void> scan(log::table t, std::string_view from, std::string_view until, bool with_payload,
                    const std::function<bool(std::string_view, const log::stored_value&)>& visit) const override {
    return content.scan(t, from, until, with_payload, visit);
  }
  std::uint64_t size_bytes() const override { return content.size_bytes(); }

  log::memory_store content;
  std::optional<error> refusal;
};

struct small_log {
  small_log() : thread{worker, store, [this](const error& reason) { failed.push_back(reason.what); }} {}

  void post(const std::string& key, bool tries_again = false) {
    auto group = std::make_shared<write_group>();
    write_step step;
    step.changes.put(log::table::meta, key, "value");
    group->add(step);
    thread.post({group, tries_again},
                [this, key](const result<void>& done) { told.push_back(key + (done ? "" : " refused")); });
  }
  bool has(const std::string& key) const { return store->get(log::table::meta, key)->has_value(); }

  std::shared_ptr<manual_worker> worker = std::make_shared<manual_worker>();
  std::shared_ptr<refusing_store> store = std::make_shared<refusing_store>();
  std::vector<std::string> told, failed;
  log_thread thread;
};

} // namespace

TEST_CASE("groups are written in their order, each in one transaction", "[log_thread]") {
  small_log log;
  log.post("a");
  log.post("b");
  CHECK(log.told.empty());
  log.worker->run_all();
  CHECK(log.told == std::vector<std::string>{"a", "b"});
  CHECK((log.has("a") && log.has("b")));
}

TEST_CASE("behind a group that found no room nothing is written, until one tries again", "[log_thread]") {
  small_log log;
  log.store->refusal = error{error_code::disk, "no space left", {}, {}, true};
  log.post("a");
  log.worker->run_all();
  CHECK(log.told == std::vector<std::string>{"a refused"});
  log.store->refusal.reset(); // there is room by now
  log.post("b");
  log.worker->run_all();
  CHECK(log.told.size() == 1); // b rests on a
  CHECK_FALSE(log.has("b"));
  log.post("a", true);
  log.post("b");
  log.worker->run_all();
  CHECK(log.told == std::vector<std::string>{"a refused", "a", "b"});
  CHECK(log.failed.empty());
}

TEST_CASE("any other error ends the application, and is no answer", "[log_thread]") {
  small_log log;
  log.store->refusal = error{error_code::disk, "input/output error", {}, {}, false};
  log.post("a");
  log.worker->run_all();
  CHECK(log.failed == std::vector<std::string>{"input/output error"});
  CHECK(log.told.empty());
}
