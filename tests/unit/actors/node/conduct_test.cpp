#include "actors/node/conduct.hpp"

#include <catch2/catch.hpp>

#include <caf/scheduler/test_coordinator.hpp>

#include "actors/runtime/tree.hpp"
#include "actors/supervisor/supervisor.hpp"

using namespace weir;
using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

class listening_journal final : public journal {
public:
  void input_bound(const std::string&) override {}
  void batch_committed(const batch_summary&) override {}
  void batch_done(batch_id, std::int64_t) override {}
  void actor_restarted(const address&, const std::string&) override {}
  void warning(const std::string& sentence) override { warnings.push_back(sentence); }
  void detail(const std::string&) override {}

  std::vector<std::string> warnings;
};

caf::behavior well_behaved(caf::event_based_actor* self, std::shared_ptr<journal> journal) {
  keep_conduct(self, std::move(journal), "sink-7");
  return {[](std::uint32_t) { throw std::runtime_error{"no luck"}; }};
}

/// One actor, in one thread and on virtual time.
struct world {
  world() {
    config.set("scheduler.policy", caf::atom("testing"));
    register_messages(config);
    system.emplace(config);
    system->await_actors_before_shutdown(false);
    scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
    scheduler->clock().current_time += 1h;
    actor = system->spawn(well_behaved, heard);
    actor->attach_functor([this](const caf::error& why) { end = describe_reason(why); });
  }
  ~world() {
    use_chaos_page(nullptr);
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    scheduler->run();
    actor = nullptr;
  }
  template <class Message>
  void send(Message message) {
    caf::anon_send(actor, std::move(message));
    scheduler->run();
  }

  caf::actor_system_config config;
  std::optional<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;
  std::shared_ptr<listening_journal> heard = std::make_shared<listening_journal>();
  caf::actor actor;
  std::string end;
};

} // namespace

TEST_CASE("messages that an actor does not know are dropped, with a warning at most once a second", "[conduct]") {
  world in;
  for (int i = 0; i < 5; ++i)
    in.send(std::string{"who are you?"});
  CHECK(in.heard->warnings == std::vector<std::string>{"sink-7 drops a message that it does not know"});
  in.scheduler->clock().advance_time(1s);
  in.send(std::string{"and now?"});
  REQUIRE(in.heard->warnings.size() == 2);
  CHECK(in.heard->warnings[1] == "sink-7 drops 5 messages that it does not know");
  CHECK(in.end.empty());
}

TEST_CASE("what a handler throws ends the actor, and is the reason", "[conduct]") {
  world in;
  in.send(std::uint32_t{1});
  CHECK(in.end == "an exception: no luck");
}

TEST_CASE("the order to throw is obeyed only in an experiment", "[conduct]") {
  world in;
  in.send(throw_on_purpose{});
  CHECK(in.end.empty());
  chaos_page page;
  use_chaos_page(&page);
  in.send(throw_on_purpose{});
  CHECK(in.end == "an exception: an experiment made it throw");
}
