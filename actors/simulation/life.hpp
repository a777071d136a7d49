#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "actors/caf.hpp"
#include "actors/runtime/process_services.hpp"
#include "actors/simulation/simulated_workers.hpp"
#include "actors/simulation/wire.hpp"
#include "actors/supervisor/supervised_tree.hpp"

#include <caf/scheduler/test_coordinator.hpp>

namespace weir::actors::simulation {

/// One process of the application, from its start to its end: an actor system without threads, whose every message is a step that the
/// world chooses. What outlives it (log, files, links) belongs to the world.
class life {
public:
  /// Starts the tree. `services` without workers; those are made here. `restarts` and `links`: see `scenario`. `broken` hears of messages that
  /// cannot travel.
  life(timeline& time, process_services services, std::shared_ptr<simulated_workers> workers,
       std::optional<std::uint32_t> restarts, const planned_links& plan,
       std::function<void(const std::string&)> broken);
  /// As abrupt as SIGKILL: nothing that was not done happens any more.
  ~life();
  life(const life&) = delete;
  life& operator=(const life&) = delete;

  /// How many actors have a message and are not frozen now.
  std::size_t runnable();
  /// Lets one of the actors that `runnable` has just counted handle one message.
  void run(std::size_t which);
  /// One of them handles nothing for a while, as if its thread were not scheduled.
  void freeze(std::size_t which, timeline::duration pause);
  void freeze(const address& who, timeline::duration pause);
  /// When the next frozen actor goes on; the greatest time if none is frozen.
  timeline::time_point next_waking() const;
  /// When the next timeout fires; the greatest time if none is set.
  timeline::time_point next_timeout() const;
  /// Fires what is due.
  void clock_moved();

  simulated_workers& workers() { return *workers_; }
  simulation::links& links() { return wire_->links(); }
  const process_services& services() const { return services_; }
  /// How an actor is made to end.
  enum class way { kill, exit_message, exception };
  void kill(const address& who, way how);
  void drain();
  /// Ends all actors in order; they need steps for it.
  void stop();
  bool has_stopped() const;

private:
  void run_all();
  caf::scheduled_actor& actor_at(std::size_t place) const;

  timeline& time_;
  process_services services_;
  std::shared_ptr<simulated_workers> workers_;
  caf::actor_system_config config_;
  std::optional<caf::actor_system> system_;
  caf::scheduler::test_coordinator* scheduler_ = nullptr;
  std::shared_ptr<wire> wire_;
  std::shared_ptr<supervised_tree> tree_;
  std::map<caf::actor_id, timeline::time_point> frozen_; ///< until when
  std::vector<std::size_t> awake_;                       ///< places of the jobs that may run
};

} // namespace weir::actors::simulation
