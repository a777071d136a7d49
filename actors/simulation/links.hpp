#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "actors/node/role.hpp"
#include "actors/simulation/chance.hpp"
#include "actors/simulation/timeline.hpp"

namespace weir::actors::simulation {

/// What the links of one run may do; drawn from its seed.
struct planned_links {
  bool hostile = false;               ///< otherwise messages arrive at once
  timeline::duration shortest{0};     ///< that a message takes
  timeline::duration longest{0};      ///< the same
  timeline::duration latest{0};       ///< after so long what was left in a broken connection has arrived
  std::uint32_t breaks_permille = 0;  ///< of messages break the connection behind them
  std::uint32_t lost_percent = 0;     ///< of what is under way when it breaks
  std::uint32_t repeated_percent = 0; ///< of what is under way then, or has arrived shortly before, arrives once more
};

enum class link_fault { broken, lost, late, repeated, undelivered };
inline constexpr std::array link_fault_names = {"broken", "lost", "late", "repeated", "undelivered"};

/// What happened on the links of one run.
struct link_counts {
  std::uint64_t carried = 0; ///< messages that were handed in
  std::uint64_t bytes = 0;
  std::array<std::uint64_t, link_fault_names.size()> faults{};

  void add(const link_counts& more) {
    carried += more.carried;
    bytes += more.bytes;
    for (std::size_t i = 0; i < faults.size(); ++i)
      faults[i] += more.faults[i];
  }
};

/// The network of a simulation, for messages that are bytes. It does what many connections can do, and one alone cannot.
///
/// Each pair of addresses has a link of its own, so nothing is in order between different pairs. Within one connection a message takes some
/// time, and messages arrive in their order, each once: that is what TCP gives. When a connection breaks, of what is under way a part is
/// lost, and the rest lies in buffers of the old connection and arrives while the new one is in use, so in another order and late. Whoever
/// sends again on the new connection what may have been lost on the old one makes two of one: so some of what is under way, and of what had
/// arrived shortly before, arrives twice. One thread.
class links {
public:
  using bytes = std::vector<char>;
  using deliver = std::function<bool(const address& to, const bytes& message)>; ///< false: nobody is there

  links(timeline& time, const planned_links& plan, std::uint64_t seed, deliver arrives)
    : time_{time}, plan_{plan}, random_{seed}, arrives_{std::move(arrives)} {}
  links(const links&) = delete;
  links& operator=(const links&) = delete;

  void send(const address& from, const address& to, bytes message);
  /// No connection breaks from now on.
  void calm() { plan_.breaks_permille = 0; }
  const link_counts& counts() const { return counts_; }

private:
  using pair = std::pair<address, address>;
  struct traffic {
    std::map<std::uint64_t, bytes> under_way; ///< in the order in which they were sent
    std::deque<bytes> arrived;                ///< the last few
    timeline::time_point last_arrival{};
  };

  void launch(const pair& ends, bytes message);
  void arrive(const pair& ends, std::uint64_t number);
  void break_off(const pair& ends);
  void come_late(const address& to, bytes message);
  void hand_over(const address& to, const bytes& message);
  void later(timeline::time_point when, std::function<void()> what);
  void count(link_fault what) { ++counts_.faults[static_cast<std::size_t>(what)]; }

  timeline& time_;
  planned_links plan_;
  chance random_;
  deliver arrives_;
  link_counts counts_;
  std::map<pair, traffic> links_;
  std::uint64_t sent_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true); ///< what is due later does nothing once this is gone
};

} // namespace weir::actors::simulation
