#include "actors/supervisor/family.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>

using namespace weir::actors;
using namespace std::chrono_literals;

namespace {

using action = family_step::action;
using enum restart_strategy;
using enum restart_kind;

family::time_point at(std::chrono::milliseconds since_start) { return family::time_point{} + 1h + since_start; }

/// Many restarts, the first of them at once.
restart_policy::limits generous() { return {.restarts = 1'000, .window = 1'000s, .steady_after = 0ms}; }

/// A family whose steps are carried out as a supervisor would: asked to stop, a child ends when the test says so.
struct household {
  family decides;
  std::vector<std::string> told; ///< "start 1", "stop 2", ...
  std::vector<std::uint64_t> tickets;
  std::chrono::milliseconds now{0};

  household(restart_strategy strategy, std::vector<restart_kind> kinds,
            const restart_policy::limits& limits = generous())
    : decides{strategy, std::move(kinds), limits, [] { return std::uint64_t{0}; }} {
    take(decides.begin(at(now)));
  }
  std::vector<std::string> after(family::steps steps) {
    told.clear();
    take(steps);
    return told;
  }
  std::vector<std::string> ends(std::size_t child, child_end how = child_end::failed) {
    return after(decides.child_ended(child, how, at(now)));
  }
  void take(const family::steps& steps) {
    for (auto& step : steps) {
      static constexpr const char* names[] = {"start", "stop", "wait", "give up", "finish"};
      told.push_back(std::string{names[static_cast<int>(step.next)]} +
                     (step.next == action::finish ? "" : " " + std::to_string(step.child)));
      if (step.next == action::wait)
        tickets.push_back(step.ticket);
    }
  }
};

using told = std::vector<std::string>;

} // namespace

TEST_CASE("children are started in order and stopped in reverse, one after the other", "[family]") {
  household all{one_for_one, {permanent, permanent, permanent}};
  CHECK(all.told == told{"start 0", "start 1", "start 2"});
  CHECK(all.after(all.decides.stop()) == told{"stop 2"});
  CHECK(all.ends(2) == told{"stop 1"});
  CHECK(all.ends(0).empty()); // dies on its own meanwhile
  CHECK(all.ends(1) == told{"finish"});
  CHECK(all.ends(1).empty());
  CHECK(all.after(all.decides.stop()).empty());
}

TEST_CASE("one for one: a failed child alone is started again", "[family]") {
  household all{one_for_one, {permanent, permanent, permanent}};
  CHECK(all.ends(1) == told{"start 1"});
  CHECK(all.ends(1) == told{"start 1"});
  CHECK(all.ends(7 % 3) == told{"start 1"});
}

TEST_CASE("one for all: the others are stopped in reverse, then all are started in order", "[family]") {
  household all{one_for_all, {permanent, permanent, permanent, permanent}};
  CHECK(all.ends(1) == told{"stop 3"});
  CHECK(all.ends(3) == told{"stop 2"});
  CHECK(all.ends(2) == told{"stop 0"});
  CHECK(all.ends(0) == told{"start 0", "start 1", "start 2", "start 3"});
}

TEST_CASE("rest for one: those that were started later are stopped and started with it", "[family]") {
  household all{rest_for_one, {permanent, permanent, permanent, permanent}};
  CHECK(all.ends(2) == told{"stop 3"});
  CHECK(all.ends(3) == told{"start 2", "start 3"});
  CHECK(all.ends(3) == told{"start 3"});
  CHECK(all.ends(0) == told{"stop 3"});
  CHECK(all.ends(3) == told{"stop 2"});
  CHECK(all.ends(2) == told{"stop 1"});
  CHECK(all.ends(1) == told{"start 0", "start 1", "start 2", "start 3"});
}

TEST_CASE("a group that is being restarted grows when another child fails meanwhile", "[family]") {
  household all{rest_for_one, {permanent, permanent, permanent, permanent}};
  CHECK(all.ends(2) == told{"stop 3"});
  CHECK(all.ends(1).empty()); // while 3 is being stopped
  CHECK(all.ends(3) == told{"start 1", "start 2", "start 3"});
}

TEST_CASE("a transient child that ends on purpose is done, a permanent one is not, a temporary one always",
          "[family]") {
  household all{one_for_one, {transient, permanent, temporary}};
  CHECK(all.ends(0, child_end::on_purpose).empty());
  CHECK(all.ends(1, child_end::on_purpose) == told{"start 1"});
  CHECK(all.ends(2, child_end::failed).empty());
  household again{one_for_one, {transient}};
  CHECK(again.ends(0, child_end::failed) == told{"start 0"});
}

TEST_CASE("who is done is not started with its siblings either; who was only asked to stop is", "[family]") {
  household all{one_for_all, {transient, transient, temporary, permanent}};
  CHECK(all.ends(0, child_end::on_purpose).empty());
  CHECK(all.ends(3) == told{"stop 2"});
  CHECK(all.ends(2) == told{"stop 1"});
  CHECK(all.ends(1, child_end::on_purpose) == told{"start 1", "start 3"});
}

TEST_CASE("back-off: the second restart waits; an order to stop ends the wait", "[family]") {
  auto limits = generous();
  limits.steady_after = 1s;
  household all{one_for_one, {permanent, permanent}, limits};
  CHECK(all.ends(0) == told{"start 0"});
  CHECK(all.ends(0) == told{"wait 0"});
  CHECK(all.ends(1) == told{"start 1"}); // the other goes on meanwhile
  CHECK(all.after(all.decides.wait_over(77, at(0ms))).empty());
  CHECK(all.after(all.decides.wait_over(all.tickets.back(), at(0ms))) == told{"start 0"});
  CHECK(all.after(all.decides.wait_over(all.tickets.back(), at(0ms))).empty());
  CHECK(all.ends(0) == told{"wait 0"});
  CHECK(all.after(all.decides.stop()) == told{"stop 1"});
  CHECK(all.after(all.decides.wait_over(all.tickets.back(), at(0ms))).empty());
  CHECK(all.ends(1) == told{"finish"});
}

TEST_CASE("a group waits as a whole, and anew when it grows", "[family]") {
  auto limits = generous();
  limits.steady_after = 1s;
  household all{rest_for_one, {permanent, permanent}, limits};
  CHECK(all.ends(1) == told{"start 1"});
  CHECK(all.ends(1) == told{"wait 1"});
  auto old = all.tickets.back();
  CHECK(all.ends(0) == told{"wait 0"});
  CHECK(all.after(all.decides.wait_over(old, at(0ms))).empty());
  CHECK(all.after(all.decides.wait_over(all.tickets.back(), at(0ms))) == told{"start 0", "start 1"});
}

TEST_CASE("a group that waited once is started at once after it has lived for a while", "[family]") {
  auto limits = generous();
  limits.steady_after = 1s;
  household all{one_for_all, {permanent, permanent}, limits};
  CHECK(all.ends(0) == told{"stop 1"});
  CHECK(all.ends(1) == told{"start 0", "start 1"});
  CHECK(all.ends(0) == told{"stop 1"});
  CHECK(all.ends(1) == told{"wait 0"});
  CHECK(all.after(all.decides.wait_over(all.tickets.back(), at(0ms))) == told{"start 0", "start 1"});
  all.now = 10s;
  CHECK(all.ends(0) == told{"stop 1"});
  CHECK(all.ends(1) == told{"start 0", "start 1"});
}

TEST_CASE("a supervisor that gives up stops its children in order, and has finished then", "[family]") {
  auto limits = generous();
  limits.restarts = 1;
  household all{one_for_one, {permanent, permanent, permanent}, limits};
  CHECK(all.ends(1) == told{"start 1"});
  CHECK(all.ends(1) == told{"give up 1", "stop 2"});
  CHECK(all.ends(2) == told{"stop 0"});
  CHECK(all.ends(0) == told{"finish"});
  household alone{one_for_all, {permanent}, limits};
  CHECK(alone.ends(0) == told{"start 0"});
  CHECK(alone.ends(0) == told{"give up 0", "finish"});
}

TEST_CASE("an empty family finishes at once", "[family]") {
  household none{one_for_all, {}};
  CHECK(none.told.empty());
  CHECK(none.after(none.decides.stop()) == told{"finish"});
}

namespace {

/// A world under a seed: children end on their own or when told to, waits end, and a naive model says what must hold.
class naive_world {
public:
  explicit naive_world(std::uint64_t seed) : random_{seed} {
    strategy_ = static_cast<restart_strategy>(random_() % 3);
    for (auto n = random_() % 6; n > 0; --n)
      kinds_.push_back(static_cast<restart_kind>(random_() % 3));
    limits_ = {.restarts = random_() % 8, .window = 1s, .steady_after = std::chrono::milliseconds{random_() % 50}};
    alive_.resize(kinds_.size());
    asked_.resize(kinds_.size());
    done_.resize(kinds_.size());
    failures_.resize(kinds_.size());
    decides_.emplace(strategy_, kinds_, limits_, [this] { return random_(); });
  }

  void run() {
    take(decides_->begin(at(now_)));
    for (int i = 0; i < 60 && !finished_; ++i)
      step();
    if (!finished_)
      take(decides_->stop());
    ordered_ = true;
    while (!finished_) { // everyone who was asked ends; nobody else has to
      auto asked = std::find(asked_.begin(), asked_.end(), true);
      REQUIRE(asked != asked_.end());
      end(static_cast<std::size_t>(asked - asked_.begin()), child_end::failed);
    }
    REQUIRE(std::count(alive_.begin(), alive_.end(), true) == 0);
  }

private:
  void step() {
    now_ += std::chrono::milliseconds{random_() % 40};
    auto choice = random_() % 10;
    if (choice < 4 && !alive_.empty()) {
      auto who = random_() % alive_.size();
      if (alive_[who])
        end(who, static_cast<child_end>(random_() % 3));
    } else if (choice < 7) {
      if (auto asked = std::find(asked_.begin(), asked_.end(), true); asked != asked_.end())
        end(static_cast<std::size_t>(asked - asked_.begin()), child_end::failed);
    } else if (!tickets_.empty()) {
      take(decides_->wait_over(tickets_[random_() % tickets_.size()], at(now_)));
    }
    check_rest();
  }

  void end(std::size_t who, child_end how) {
    bool was_asked = asked_[who];
    alive_[who] = asked_[who] = false;
    if (kinds_[who] == temporary || (kinds_[who] == transient && how == child_end::on_purpose && !was_asked))
      done_[who] = true;
    auto fails = !was_asked && !done_[who] && !ending_;
    auto too_often = false;
    if (fails) {
      auto escalated = how == child_end::gave_up;
      auto window = escalated ? limits_.escalation_window : limits_.window;
      auto& all = failures_[who][escalated];
      all.push_back(now_);
      auto recent = std::count_if(all.begin(), all.end(), [&](auto each) { return now_ - each <= window; });
      too_often = static_cast<std::size_t>(recent) > (escalated ? limits_.escalations : limits_.restarts);
    }
    auto gave_up_before = gave_up_;
    take(decides_->child_ended(who, how, at(now_)));
    REQUIRE((gave_up_ && !gave_up_before) == too_often);
  }

  void take(const family::steps& steps) {
    std::optional<std::size_t> last_started;
    for (auto& step : steps)
      switch (step.next) {
        case action::start:
          REQUIRE_FALSE(ending_);
          REQUIRE_FALSE(alive_[step.child]);
          REQUIRE_FALSE(done_[step.child]);
          REQUIRE((!last_started || *last_started < step.child)); // in order
          last_started = step.child;
          alive_[step.child] = true;
          break;
        case action::stop:
          REQUIRE(alive_[step.child]);
          REQUIRE(std::count(asked_.begin(), asked_.end(), true) == 0); // one after the other
          for (auto later = step.child + 1; later < alive_.size(); ++later)
            REQUIRE_FALSE(alive_[later]); // in reverse
          if (strategy_ == one_for_one)
            REQUIRE((decides_->ends()));
          asked_[step.child] = true;
          break;
        case action::wait:
          REQUIRE(step.pause.count() > 0);
          tickets_.push_back(step.ticket);
          break;
        case action::give_up: gave_up_ = true; break;
        case action::finish:
          REQUIRE_FALSE(finished_);
          finished_ = true;
          break;
      }
    ending_ = decides_->ends();
  }

  /// Once nobody is being stopped and all waits are over, everybody who is not done lives.
  void check_rest() {
    if (ending_ || std::count(asked_.begin(), asked_.end(), true) > 0)
      return;
    for (auto ticket : std::exchange(tickets_, {}))
      take(decides_->wait_over(ticket, at(now_)));
    for (std::size_t who = 0; who < alive_.size(); ++who)
      REQUIRE(alive_[who] == !done_[who]);
  }

  std::mt19937_64 random_;
  restart_strategy strategy_;
  std::vector<restart_kind> kinds_;
  restart_policy::limits limits_;
  std::optional<family> decides_;
  std::vector<bool> alive_, asked_, done_;
  std::vector<std::map<bool, std::vector<std::chrono::milliseconds>>> failures_;
  std::vector<std::uint64_t> tickets_;
  std::chrono::milliseconds now_{0};
  bool ending_ = false, finished_ = false, gave_up_ = false, ordered_ = false;
};

} // namespace

TEST_CASE("whatever ends whenever, a naive model agrees on who lives, who is given up, and in which order",
          "[family]") {
  for (std::uint64_t seed = 1; seed <= 3'000; ++seed) {
    INFO("seed " << seed);
    naive_world{seed}.run();
  }
}
