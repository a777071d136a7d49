#include <catch2/catch.hpp>
#include <future>
#include <random>
#include <thread>

#include "actors/supervisor/supervised_tree.hpp"

using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

caf::behavior idle(caf::event_based_actor*) {
  return {[](std::uint32_t) {}};
}

} // namespace

TEST_CASE("a tree on real threads survives kills from several of them, and ends in order", "[tree]") {
  caf::actor_system_config config;
  config.add_message_types<caf::id_block::weir_supervisor>();
  config.set("scheduler.max-threads", std::size_t{3});
  caf::actor_system system{config};
  auto child = [&](const std::string& name) {
    child_specification made;
    made.name = name;
    made.start = [&] { return caf::actor_cast<caf::strong_actor_ptr>(system.spawn(idle)); };
    made.kind = restart_kind::permanent;
    return made;
  };
  restart_policy::limits patient{.restarts = 1'000'000, .window = 100'000'000s, .longest_pause = 1ms};
  supervisor_specification deep{"deep", restart_strategy::rest_for_one, patient, {child("d"), child("e")}};
  supervisor_specification pair{
    "pair", restart_strategy::one_for_all, patient, {child("b"), as_child(deep), child("c")}};
  std::atomic<int> failures{0};
  supervision_hooks hooks;
  hooks.failed = [&](const supervision_failure&) { ++failures; };
  auto tree = supervised_tree::start(
    system, {"root", restart_strategy::one_for_one, patient, {child("a"), as_child(pair)}}, hooks);
  std::vector<std::thread> killers;
  for (std::uint64_t seed = 0; seed < 3; ++seed)
    killers.emplace_back([&, seed] {
      static constexpr const char* names[] = {"a", "b", "c", "d", "e", "pair", "deep", "root"};
      std::mt19937_64 random{seed};
      for (int i = 0; i < 300; ++i) {
        tree->send_exit(names[random() % std::size(names)],
                        random() % 4 == 0 ? caf::exit_reason::user_shutdown : caf::exit_reason::kill);
        tree->as_json();
      }
    });
  for (auto& each : killers)
    each.join();
  // Everybody comes back: an order reaches each of them again.
  for (auto name : {"a", "b", "c", "d", "e", "pair", "deep", "root"}) {
    auto deadline = std::chrono::steady_clock::now() + 60s;
    while (!tree->send(name, caf::make_message(std::uint32_t{1}), false) && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    CHECK(std::chrono::steady_clock::now() < deadline);
  }
  CHECK(failures == 0);
  auto ended = std::make_shared<std::promise<void>>();
  tree->stop([ended] { ended->set_value(); });
  REQUIRE(ended->get_future().wait_for(60s) == std::future_status::ready);
  for (auto& row : tree->rows())
    CHECK(row.state == child_state::stopped);
}
