#include "actors/simulation/links.hpp"

#include <algorithm>
#include <string>

namespace weir::actors::simulation {

namespace {

/// Of those that have arrived, so many may still arrive again.
constexpr std::size_t most_remembered = 16;

} // namespace

void links::send(const address& from, const address& to, bytes message) {
  ++counts_.carried;
  counts_.bytes += message.size();
  if (!plan_.hostile)
    return hand_over(to, message);
  pair ends{from, to};
  launch(ends, std::move(message));
  if (plan_.breaks_permille > 0 && random_.below(1000) < plan_.breaks_permille)
    break_off(ends);
}

void links::launch(const pair& ends, bytes message) {
  auto& between = links_[ends];
  auto number = ++sent_;
  between.under_way.emplace(number, std::move(message));
  between.last_arrival = std::max(between.last_arrival, time_.now() + random_.between(plan_.shortest, plan_.longest));
  later(between.last_arrival, [this, ends, number] { arrive(ends, number); });
}

/// Unless its connection has broken meanwhile.
void links::arrive(const pair& ends, std::uint64_t number) {
  auto& between = links_[ends];
  auto message = between.under_way.extract(number);
  if (!message)
    return;
  hand_over(ends.second, message.mapped());
  between.arrived.push_back(std::move(message.mapped()));
  if (between.arrived.size() > most_remembered)
    between.arrived.pop_front();
}

void links::break_off(const pair& ends) {
  count(link_fault::broken);
  time_.note("the connection from " + to_string(ends.first) + " to " + to_string(ends.second) + " breaks");
  auto& between = links_[ends];
  auto left = std::exchange(between.under_way, {});
  auto arrived = std::exchange(between.arrived, {});
  between.last_arrival = time_.now();
  for (auto& message : arrived)
    if (random_.percent(plan_.repeated_percent)) {
      count(link_fault::repeated);
      come_late(ends.second, std::move(message));
    }
  for (auto& [number, message] : left) {
    if (random_.percent(plan_.lost_percent)) {
      count(link_fault::lost);
      continue;
    }
    if (random_.percent(plan_.repeated_percent)) {
      count(link_fault::repeated);
      launch(ends, message);
    }
    count(link_fault::late);
    come_late(ends.second, std::move(message));
  }
}

void links::come_late(const address& to, bytes message) {
  auto when = time_.now() + random_.between(plan_.shortest, std::max(plan_.shortest, plan_.latest));
  later(when, [this, to, message = std::move(message)] { hand_over(to, message); });
}

void links::hand_over(const address& to, const bytes& message) {
  if (!arrives_(to, message))
    count(link_fault::undelivered);
}

void links::later(timeline::time_point when, std::function<void()> what) {
  time_.at(when, [what = std::move(what), alive = std::weak_ptr{alive_}] {
    if (!alive.expired())
      what();
  });
}

} // namespace weir::actors::simulation
