#include "actors/supervisor/supervised_tree.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <stdexcept>

#include <caf/scheduler/test_coordinator.hpp>

using namespace weir::actors;
using namespace std::chrono_literals;

// A user's own tree: nothing of an application, only CAF actors, names and functions.

namespace {

struct worker_state {
  static inline const char* name = "worker";
};

/// Told a number, it ends on purpose (0), throws (1), or ends with an error (2); it never stops when it is `deaf`.
caf::behavior worker(caf::stateful_actor<worker_state>* self, bool deaf) {
  if (deaf)
    self->set_exit_handler([](caf::exit_msg&) {});
  self->set_exception_handler([](std::exception_ptr&) -> caf::error {
    return caf::make_error(caf::sec::runtime_error, std::string{"an exception: boom"});
  });
  return {[self](std::uint32_t what) {
    if (what == 0)
      self->quit();
    if (what == 1)
      throw std::runtime_error{"boom"};
    if (what == 2)
      self->quit(caf::sec::request_timeout);
  }};
}

/// The tree, in one thread and on virtual time, and all that it tells.
class world {
public:
  world() {
    config_.set("scheduler.policy", caf::atom("testing"));
    config_.add_message_types<caf::id_block::weir_supervisor>();
    system_.emplace(config_);
    system_->await_actors_before_shutdown(false);
    scheduler_ = &dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
    scheduler_->clock().current_time += 1h;
  }
  ~world() {
    if (tree)
      tree->abandon();
    run();
    lives.clear();
    tree = nullptr;
    scheduler_->clock().cancel_all();
    run();
  }

  child_specification child(const std::string& name, restart_kind kind = restart_kind::permanent, bool deaf = false) {
    child_specification made;
    made.name = name;
    made.kind = kind;
    made.start = [this, name, deaf]() -> caf::strong_actor_ptr {
      if (unstartable.count(name) && unstartable[name]-- > 0)
        throw std::runtime_error{"no room"};
      return caf::actor_cast<caf::strong_actor_ptr>(system_->spawn<caf::lazy_init>(worker, deaf));
    };
    return made;
  }

  void start(supervisor_specification what) {
    supervision_hooks hooks;
    hooks.enter = [this](const std::string& name, const caf::strong_actor_ptr& handle) {
      // Two incarnations of one child never live at the same time.
      if (alive(name))
        told.push_back("TWICE " + name);
      lives[name] = caf::actor_cast<caf::actor_addr>(handle);
      told.push_back("+" + name);
    };
    hooks.leave = [this](const std::string& name) { told.push_back("-" + name); };
    hooks.announce = [this](const std::vector<std::string>& names) {
      std::string all;
      for (auto& name : names)
        all += " " + name;
      told.push_back("announce" + all);
    };
    hooks.ended = [this](const std::string& name, const std::string& reason) { reasons[name] = reason; };
    hooks.warning = [this](const std::string& sentence) { warnings.push_back(sentence); };
    hooks.failed = [this](const supervision_failure& why) { failures.push_back(why); };
    tree = supervised_tree::start(*system_, std::move(what), hooks);
    run();
  }

  bool alive(const std::string& name) {
    auto entry = lives.find(name);
    return entry != lives.end() && caf::actor_cast<caf::strong_actor_ptr>(entry->second) != nullptr &&
           !terminated(entry->second);
  }
  static bool terminated(const caf::actor_addr& who) {
    auto strong = caf::actor_cast<caf::strong_actor_ptr>(who);
    return !strong ||
           dynamic_cast<caf::monitorable_actor*>(strong->get())->getf(caf::abstract_actor::is_terminated_flag);
  }

  /// Everything that can happen now.
  void run() {
    while (scheduler_->try_run_once())
      continue;
  }
  void pass(std::chrono::milliseconds time) {
    for (auto step = 0ms; step < time; step += 1ms) {
      scheduler_->clock().advance_time(1ms);
      run();
    }
  }
  std::vector<std::string> after(const std::function<void()>& what) {
    told.clear();
    what();
    run();
    return told;
  }
  std::vector<std::string> kill(const std::string& name, caf::exit_reason reason = caf::exit_reason::kill) {
    return after([&] { REQUIRE(tree->send_exit(name, reason)); });
  }
  std::vector<std::string> tell(const std::string& name, std::uint32_t what) {
    return after([&] { REQUIRE(tree->send(name, caf::make_message(what), true)); });
  }
  tree_row row(const std::string& name) {
    for (auto& each : tree->rows())
      if (each.name == name)
        return each;
    FAIL("no row " + name);
    return {};
  }
  std::set<std::string> living() {
    std::set<std::string> found;
    for (auto& [name, handle] : lives)
      if (alive(name))
        found.insert(name);
    return found;
  }

  std::shared_ptr<supervised_tree> tree;
  std::map<std::string, caf::actor_addr> lives;
  std::map<std::string, int> unstartable;
  std::vector<std::string> told;
  std::map<std::string, std::string> reasons;
  std::vector<std::string> warnings;
  std::vector<supervision_failure> failures;

private:
  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
};

using told = std::vector<std::string>;
using names = std::set<std::string>;

/// root: a, pair (b, c), d
supervisor_specification small_tree(world& in, restart_policy::limits limits = {}) {
  supervisor_specification pair{"pair", restart_strategy::one_for_one, limits, {in.child("b"), in.child("c")}};
  return {"root", restart_strategy::one_for_one, limits, {in.child("a"), as_child(pair), in.child("d")}};
}

} // namespace

TEST_CASE("a tree enters all its actors in order, and announces them only then", "[tree]") {
  world in;
  in.start(small_tree(in));
  CHECK(in.told == told{"+a", "+b", "+c", "+pair", "+d", "+root", "announce a b c d"});
  CHECK(in.living() == names{"a", "b", "c", "d", "pair", "root"});
}

TEST_CASE("however an actor ends, it alone is started again, at once, and announced", "[tree]") {
  world in;
  in.start(small_tree(in));
  auto again = told{"-c", "+c", "announce c"};
  CHECK(in.kill("c") == again);
  CHECK(in.reasons["c"] == "it was killed");
  in.pass(1s);
  CHECK(in.kill("c", caf::exit_reason::user_shutdown) == again);
  CHECK(in.reasons["c"] == "it was told to end");
  in.pass(1s);
  CHECK(in.tell("c", 1) == again);
  CHECK(in.reasons["c"] == "an exception: boom");
  in.pass(1s);
  CHECK(in.tell("c", 2) == again);
  in.pass(1s);
  CHECK(in.tell("c", 0) == again); // permanent: also when it ends on purpose
  CHECK(in.row("c").restarts == 5);
  CHECK(in.row("c").state == child_state::running);
  CHECK(in.row("c").restart_took == 0us);
  CHECK(in.row("b").restarts == 0);
  CHECK_FALSE(in.tree->send_exit("nobody", caf::exit_reason::kill));
}

TEST_CASE("an actor that ends again soon is started after a pause", "[tree]") {
  world in;
  in.start(small_tree(in));
  in.kill("a");
  CHECK(in.kill("a") == told{"-a"});
  CHECK(in.row("a").state == child_state::waiting);
  CHECK_FALSE(in.tree->send_exit("a", caf::exit_reason::kill));
  CHECK(in.after([&] { in.pass(5ms); }) == told{"+a", "announce a"});
  CHECK(in.row("a").restart_took > 0us);
}

TEST_CASE("a killed supervisor leaves no orphans, and its successor begins when the last of them is gone", "[tree]") {
  world in;
  in.start(small_tree(in));
  auto said = in.kill("pair");
  CHECK(said == told{"-pair", "-c", "-b", "+b", "+c", "+pair", "announce b c"});
  CHECK(in.living() == names{"a", "b", "c", "d", "pair", "root"});
  CHECK(in.row("pair").restarts == 1);
  CHECK(in.row("b").restarts == 1);
}

TEST_CASE("a supervisor that is told to end by a stranger ends its children in order, and is started again", "[tree]") {
  world in;
  in.start(small_tree(in));
  CHECK(in.kill("pair", caf::exit_reason::user_shutdown) ==
        told{"-c", "-b", "-pair", "+b", "+c", "+pair", "announce b c"});
}

TEST_CASE("a killed root takes everybody with it, and the tree is started again as a whole", "[tree]") {
  world in;
  in.start(small_tree(in));
  auto said = in.kill("root");
  CHECK(std::count(said.begin(), said.end(), "announce a b c d") == 1);
  CHECK(said.back() == "announce a b c d");
  CHECK(std::none_of(said.begin(), said.end(), [](auto& word) { return word.starts_with("TWICE"); }));
  CHECK(in.living() == names{"a", "b", "c", "d", "pair", "root"});
  CHECK(in.reasons["root"] == "it was killed");
  CHECK(in.row("root").restarts == 1);
  CHECK(in.row("d").restarts == 1);
}

TEST_CASE("a root that is killed too often ends the tree, and says so", "[tree]") {
  world in;
  in.start(small_tree(in, {.restarts = 2}));
  in.kill("root");
  in.kill("root");
  in.kill("root");
  REQUIRE(in.failures.size() == 1);
  CHECK(in.failures[0].child == "root");
  CHECK(in.failures[0].ends == 3);
  CHECK(in.living().empty());
  CHECK(in.tree->has_ended());
}

TEST_CASE("an order to stop ends everybody in the reverse order", "[tree]") {
  world in;
  in.start(small_tree(in));
  bool over = false;
  CHECK(in.after([&] { in.tree->stop([&] { over = true; }); }) == told{"-d", "-c", "-b", "-pair", "-a", "-root"});
  CHECK(over);
  CHECK(in.tree->has_ended());
  CHECK(in.living().empty());
  CHECK(in.reasons.empty());
  over = false;
  in.tree->stop([&] { over = true; });
  CHECK(over);
}

TEST_CASE("a child that does not stop in time is killed; the others are stopped after it", "[tree]") {
  world in;
  auto deaf = in.child("deaf", restart_kind::permanent, true);
  deaf.stop_limit = 100ms;
  in.start({"root", restart_strategy::one_for_one, {}, {in.child("a"), deaf, in.child("b")}});
  CHECK(in.after([&] { in.tree->stop(); }) == told{"-b"});
  CHECK(in.row("deaf").state == child_state::stopping);
  in.pass(99ms);
  CHECK(in.alive("deaf"));
  CHECK(in.after([&] { in.pass(2ms); }) == told{"-deaf", "-a", "-root"});
  CHECK(in.warnings == told{"deaf did not end in time and is killed"});
  CHECK(in.tree->has_ended());
}

TEST_CASE("a child that does not stop in time is killed each time, its later incarnations too", "[tree]") {
  world in;
  auto deaf = in.child("deaf", restart_kind::permanent, true);
  deaf.stop_limit = 100ms;
  in.start({"root", restart_strategy::one_for_all, {}, {in.child("a"), deaf}});
  for (int time = 0; time < 3; ++time) {
    in.warnings.clear();
    in.kill("a");
    in.pass(3s); // the pause before the restart included
    CHECK(in.warnings == told{"deaf did not end in time and is killed"});
    CHECK(in.alive("a"));
    CHECK(in.alive("deaf"));
  }
}

TEST_CASE("strategies hold in the tree, too", "[tree]") {
  world in;
  in.start({"root", restart_strategy::rest_for_one, {}, {in.child("a"), in.child("b"), in.child("c")}});
  CHECK(in.kill("b") == told{"-b", "-c", "+b", "+c", "announce b c"});
  world other;
  other.start({"root", restart_strategy::one_for_all, {}, {other.child("a"), other.child("b"), other.child("c")}});
  CHECK(other.kill("b") == told{"-b", "-c", "-a", "+a", "+b", "+c", "announce a b c"});
}

TEST_CASE("a transient child that ends on purpose is done; a temporary one is never started again", "[tree]") {
  world in;
  in.start({"root",
            restart_strategy::one_for_one,
            {},
            {in.child("transient", restart_kind::transient), in.child("temporary", restart_kind::temporary)}});
  CHECK(in.tell("transient", 0) == told{"-transient"});
  CHECK(in.row("transient").state == child_state::done);
  CHECK(in.kill("temporary") == told{"-temporary"});
  CHECK(in.after([&] { in.pass(2s); }).empty());
}

TEST_CASE("a child that cannot be started is tried again, and given up like any other", "[tree]") {
  world in;
  in.unstartable["c"] = 3;
  in.start(small_tree(in));
  CHECK_FALSE(in.alive("c"));
  CHECK(in.reasons["c"] == "cannot be started: no room");
  in.pass(100ms);
  CHECK(in.alive("c"));
  CHECK(in.told.back() == "announce c");
  in.unstartable["c"] = 1'000;
  in.kill("c");
  in.pass(120s);
  REQUIRE(in.failures.size() == 1);
  CHECK(in.failures[0].child == "c");
  CHECK(in.failures[0].reason == "cannot be started: no room");
  CHECK(in.tree->has_ended());
}

TEST_CASE("a child that ends too often takes down its supervisor, once; then the whole tree, in order, with the reason",
          "[tree]") {
  world in;
  in.start(small_tree(in, {.restarts = 2, .window = 10s}));
  auto kill_b = [&] {
    in.kill("b");
    in.pass(600ms);
  };
  kill_b();
  kill_b();
  CHECK(in.row("pair").restarts == 0);
  CHECK(in.kill("b") == told{"-b", "-c", "-pair", "+b", "+c", "+pair", "announce b c"});
  CHECK(in.row("pair").restarts == 1);
  CHECK(in.reasons["pair"] == "b ended 3 times within 10s, at last because: it was killed");
  kill_b();
  kill_b();
  CHECK(in.failures.empty());
  CHECK(in.kill("b") == told{"-b", "-c", "-pair", "-d", "-a", "-root"});
  REQUIRE(in.failures.size() == 1);
  CHECK(in.failures[0].child == "b");
  CHECK(in.failures[0].supervisor == "pair");
  CHECK(describe(in.failures[0]) == "ended 3 times within 10s, at last because: it was killed");
  CHECK(in.tree->has_ended());
  CHECK(in.living().empty());
}

TEST_CASE("a message that a supervisor does not know changes nothing", "[tree]") {
  world in;
  in.start(small_tree(in));
  for (int i = 0; i < 3; ++i)
    CHECK(in.after([&] { CHECK(in.tree->send("pair", caf::make_message(std::uint32_t{7}), false)); }).empty());
  CHECK(in.warnings.size() == 1);
  CHECK(in.living() == names{"a", "b", "c", "d", "pair", "root"});
}

TEST_CASE("a tree with two children of one name, or with one that cannot be made, is refused", "[tree]") {
  world in;
  CHECK_THROWS_AS(in.start({"root", restart_strategy::one_for_one, {}, {in.child("a"), in.child("a")}}),
                  std::invalid_argument);
  CHECK_THROWS_AS(in.start({"root", restart_strategy::one_for_one, {}, {child_specification{"a", {}, {}}}}),
                  std::invalid_argument);
}

TEST_CASE("the tree as JSON shows who is below whom, and how each fares", "[tree]") {
  world in;
  supervisor_specification pair{"pair", restart_strategy::one_for_one, {}, {in.child("b")}};
  in.start({"root", restart_strategy::one_for_one, {}, {as_child(pair)}});
  in.pass(20ms);
  in.kill("b");
  in.pass(3ms);
  CHECK(
    in.tree->as_json() ==
    "{\"name\":\"root\",\"kind\":\"supervisor\",\"state\":\"running\",\"restarts\":0,\"last_reason\":\"\","
    "\"uptime_ms\":23,\"children\":[{\"name\":\"pair\",\"kind\":\"supervisor\",\"state\":\"running\",\"restarts\":0,"
    "\"last_reason\":\"\",\"uptime_ms\":23,\"children\":[{\"name\":\"b\",\"kind\":\"actor\",\"state\":\"running\","
    "\"restarts\":1,\"last_reason\":\"it was killed\",\"uptime_ms\":3,\"restart_us\":0}]}]}");
  CHECK(in.tree->as_json({{"b", "counts to \"x\""}})
          .find("{\"name\":\"b\",\"about\":\"counts to \\\"x\\\"\",\"kind\":\"actor\",") != std::string::npos);
}

TEST_CASE("whatever is killed whenever, in the end everybody lives, once", "[tree]") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 random{seed};
    world in;
    restart_policy::limits patient{.restarts = 100'000, .window = 1'000'000s, .longest_pause = 20ms};
    auto any = [&] { return static_cast<restart_strategy>(random() % 3); };
    supervisor_specification deep{"deep", any(), patient, {in.child("e"), in.child("f")}};
    supervisor_specification pair{"pair", any(), patient, {in.child("b"), as_child(deep), in.child("c")}};
    in.start({"root", any(), patient, {in.child("a"), as_child(pair), in.child("d")}});
    for (int i = 0; i < 30; ++i) {
      static constexpr const char* all[] = {"a", "b", "c", "d", "e", "f", "pair", "deep", "root"};
      in.tree->send_exit(all[random() % std::size(all)],
                         random() % 3 == 0 ? caf::exit_reason::user_shutdown : caf::exit_reason::kill);
      if (random() % 2 == 0)
        in.pass(std::chrono::milliseconds{random() % 4});
    }
    in.pass(3s);
    CHECK(in.living() == names{"a", "b", "c", "d", "e", "f", "pair", "deep", "root"});
    CHECK(std::none_of(in.told.begin(), in.told.end(), [](auto& word) { return word.starts_with("TWICE"); }));
    CHECK(in.failures.empty());
    in.tree->stop();
    in.run();
    CHECK(in.living().empty());
    CHECK(in.tree->has_ended());
  }
}
