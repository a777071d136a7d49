#include "actors/node/log_reader.hpp"

#include <deque>

#include <catch2/catch.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/runtime/tree.hpp"

using namespace weir;
using namespace weir::actors;

namespace {

struct hand_workers : worker_factory {
  struct lane : worker {
    std::deque<std::function<void()>>* jobs;
    void post(std::function<void()> job) override { jobs->push_back(std::move(job)); }
  };
  std::shared_ptr<worker> make(const std::string& name) override {
    names.push_back(name);
    auto made = std::make_shared<lane>();
    made->jobs = &jobs;
    return made;
  }
  std::vector<std::string> names;
  std::deque<std::function<void()>> jobs;
};

/// To a reading actor: wish for this number of the log.
struct wish_for {
  int number = 0;
};

struct reading_state {
  explicit reading_state(caf::event_based_actor*) {}
  std::optional<log_reader> log;
  std::shared_ptr<int> alive;
};

struct world {
  world() {
    config.set("scheduler.policy", caf::atom("testing"));
    register_messages(config);
    system.emplace(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
  }
  caf::actor begin(const std::string& name) {
    auto made = system->spawn([this, name](caf::stateful_actor<reading_state>* self) -> caf::behavior {
      self->state.log.emplace(self, *threads, [this](const error& why) { failed.push_back(why); });
      self->state.alive = alive;
      return {[this, self, name](const wish_for& wish) {
                self->state.log->read([this, number = wish.number] { return look(number); },
                                      [this, name, kept = self->state.alive](int& answer) {
                                        heard.push_back(name + " " + std::to_string(answer));
                                      });
              },
              [self](const log_was_read& message) { self->state.log->heard(message); }};
    });
    scheduler->run();
    return made;
  }
  result<int> look(int number) {
    if (number < 0)
      return fail(error_code::corrupt, "a record is damaged");
    return 10 * number;
  }
  void wish(const caf::actor& reader, int number) {
    caf::anon_send(reader, wish_for{number});
    scheduler->run();
  }
  void read_one() {
    REQUIRE_FALSE(threads->jobs.empty());
    auto job = std::move(threads->jobs.front());
    threads->jobs.pop_front();
    job();
    job = nullptr;
    scheduler->run();
  }

  std::shared_ptr<int> alive = std::make_shared<int>(0); ///< held by actors, and by what follows their readings
  std::shared_ptr<hand_workers> threads = std::make_shared<hand_workers>();
  std::vector<std::string> heard;
  std::vector<error> failed;
  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
};

using words = std::vector<std::string>;

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wish_for)

TEST_CASE("what was read of the log comes back to the actor, in the order of its wishes", "[log reader]") {
  world w;
  auto reader = w.begin("reader");
  CHECK(w.threads->names == words{"log"});
  w.wish(reader, 1);
  w.wish(reader, 2);
  CHECK(w.heard.empty());
  w.read_one();
  CHECK(w.heard == words{"reader 10"});
  w.read_one();
  CHECK(w.heard == words{"reader 10", "reader 20"});
  CHECK(w.threads->jobs.empty());
  caf::anon_send(reader, log_was_read{1}); // an answer that comes twice
  w.scheduler->run();
  CHECK(w.heard.size() == 2);
}

TEST_CASE("an actor that ends while the log is read is neither kept alive nor called", "[log reader]") {
  world w;
  auto reader = w.begin("reader");
  w.wish(reader, 1);
  caf::anon_send_exit(reader, caf::exit_reason::kill);
  w.scheduler->run();
  reader = nullptr;
  CHECK(w.alive.use_count() == 1); // neither its state nor what was to follow
  w.read_one();
  CHECK(w.heard.empty());
  CHECK(w.failed.empty());
}

TEST_CASE("its successor hears nothing of what a lost actor has wished for", "[log reader]") {
  world w;
  auto lost = w.begin("lost");
  w.wish(lost, 1);
  caf::anon_send_exit(lost, caf::exit_reason::kill);
  w.scheduler->run();
  auto successor = w.begin("successor");
  w.wish(successor, 5);
  w.read_one();
  CHECK(w.heard.empty());
  w.read_one();
  CHECK(w.heard == words{"successor 50"});
}

TEST_CASE("a log that cannot be read ends the application, and the actor is not called", "[log reader]") {
  world w;
  auto reader = w.begin("reader");
  w.wish(reader, -1);
  w.wish(reader, 2);
  w.read_one();
  REQUIRE(w.failed.size() == 1);
  CHECK(w.failed[0].code == error_code::corrupt);
  CHECK(w.heard.empty());
  w.read_one();
  CHECK(w.heard == words{"reader 20"});
}
