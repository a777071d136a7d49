#include "actors/simulation/links.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <catch2/catch.hpp>

using namespace weir::actors;
using namespace weir::actors::simulation;
using std::chrono::microseconds;

namespace {

constexpr address here{role::receiver, 0}, there{role::block_store, 0}, elsewhere{role::sink, 0};

/// The test hands in numbers, and sees what arrives, in its order.
struct network {
  explicit network(const planned_links& plan, std::uint64_t seed = 5)
    : net{time, plan, seed, [this](const address& to, const links::bytes& message) {
            arrived[to].push_back(std::stoi(std::string{message.begin(), message.end()}));
            return to != elsewhere;
          }} {}
  void send(int number, const address& to = there) {
    auto text = std::to_string(number);
    net.send(here, to, {text.begin(), text.end()});
  }
  void pass(microseconds span) {
    auto until = time.now() + span;
    while (time.next_event() <= until) {
      time.advance_to(time.next_event());
      time.run_next_event();
    }
    time.advance_to(until);
  }
  std::uint64_t count(link_fault what) const { return net.counts().faults[static_cast<std::size_t>(what)]; }

  timeline time{1, false};
  std::map<address, std::vector<int>> arrived;
  links net;
};

planned_links whole() { return {true, microseconds{10}, microseconds{5'000}, microseconds{50'000}, 0, 0, 0}; }

} // namespace

TEST_CASE("messages of one connection take a while, and arrive in their order, each once", "[links]") {
  network of{whole()};
  std::vector<int> sent;
  for (int i = 0; i < 200; ++i) {
    of.send(i);
    sent.push_back(i);
    of.pass(microseconds{100});
  }
  CHECK(of.arrived[there].size() < 200);
  of.pass(microseconds{10'000});
  CHECK(of.arrived[there] == sent);
  CHECK(of.net.counts().carried == 200);
  CHECK(of.net.counts().faults == link_counts{}.faults);
}

TEST_CASE("links of different pairs do not wait for each other", "[links]") {
  network of{whole()};
  for (int i = 0; i < 50; ++i)
    of.send(i, i % 2 == 0 ? there : elsewhere);
  of.pass(microseconds{1'000'000});
  CHECK(of.arrived[there].size() == 25);
  CHECK(of.arrived[elsewhere].size() == 25);
  CHECK(of.count(link_fault::undelivered) == 25);
}

TEST_CASE("what is under way when a connection breaks is lost, or late and in another order", "[links]") {
  auto plan = whole();
  plan.breaks_permille = 100;
  plan.lost_percent = 50;
  network of{plan};
  for (int i = 0; i < 1000; ++i) {
    of.send(i);
    of.pass(microseconds{200});
  }
  of.pass(microseconds{1'000'000});
  auto& arrived = of.arrived[there];
  CHECK(of.count(link_fault::broken) > 50);
  CHECK(of.count(link_fault::lost) > 50);
  CHECK(of.count(link_fault::late) > 50);
  CHECK(of.count(link_fault::repeated) == 0);
  CHECK(arrived.size() + of.count(link_fault::lost) == 1000);
  CHECK(std::set<int>(arrived.begin(), arrived.end()).size() == arrived.size());
  CHECK_FALSE(std::is_sorted(arrived.begin(), arrived.end()));
}

TEST_CASE("behind a broken connection some messages arrive twice, also such that had arrived", "[links]") {
  auto plan = whole();
  plan.breaks_permille = 50;
  plan.repeated_percent = 40;
  network of{plan};
  for (int i = 0; i < 1000; ++i) {
    of.send(i);
    of.pass(microseconds{3'000});
  }
  of.pass(microseconds{1'000'000});
  auto& arrived = of.arrived[there];
  CHECK(std::set<int>(arrived.begin(), arrived.end()).size() == 1000); // none is lost
  CHECK(arrived.size() == 1000 + of.count(link_fault::repeated));
  CHECK(of.count(link_fault::repeated) > of.count(link_fault::late));
}

TEST_CASE("calm links break no more, and the same seed does the same", "[links]") {
  auto plan = whole();
  plan.breaks_permille = 200;
  plan.lost_percent = plan.repeated_percent = 30;
  auto run = [&](std::uint64_t seed) {
    network of{plan, seed};
    for (int i = 0; i < 300; ++i) {
      if (i == 200)
        of.net.calm();
      of.send(i);
      of.pass(microseconds{500});
    }
    of.pass(microseconds{1'000'000});
    auto& arrived = of.arrived[there];
    for (int i = 200; i < 300; ++i)
      CHECK(std::count(arrived.begin(), arrived.end(), i) == 1);
    return arrived;
  };
  CHECK(run(5) == run(5));
  CHECK(run(5) != run(6));
}

TEST_CASE("nothing arrives once the links are gone, and peaceful ones deliver at once", "[links]") {
  timeline time{1, false};
  int arrived = 0;
  auto count = [&](const address&, const links::bytes&) { return ++arrived > 0; };
  {
    links slow{time, whole(), 5, count};
    slow.send(here, there, {'1'});
  }
  while (time.next_event() != timeline::time_point::max()) {
    time.advance_to(time.next_event());
    time.run_next_event();
  }
  CHECK(arrived == 0);
  links{time, {}, 5, count}.send(here, there, {'1'});
  CHECK(arrived == 1);
}
