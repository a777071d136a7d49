#pragma once

#include <functional>
#include <optional>

#include "actors/simulation/failing_disk.hpp"
#include "actors/simulation/fault_budget.hpp"
#include "actors/simulation/simulated_process.hpp"
#include "actors/simulation/trial.hpp"

namespace weir::actors::simulation {

/// What breaks, and when: draws a fault some steps after the one before, if possible while a batch is open.
class faults {
public:
  /// `end`: ends a process, with the power of its node or without, and starts it again later.
  using process_end = std::function<void(simulated_process&, bool power)>;

  faults(trial& of, fault_budget& left, failing_disk& disk, simulated_network& network, process_end end)
    : run_{of}, left_{left}, disk_{disk}, network_{network}, end_{std::move(end)} {}

  /// The next one is due some steps from now.
  void schedule();
  /// After a step: if one is due it is injected. `victim` lives.
  void maybe_inject(simulated_process& victim);
  /// A process has ended in a file operation, as was asked.
  void process_ended_in_operation(simulated_process& victim, bool power);
  /// None comes any more.
  bool are_over() const { return left_.is_spent() && !disk_.ends_while_publishing(); }

private:
  enum class fault {
    end_process,
    end_power,
    end_while_publishing,
    kill_actor,
    kill_and_freeze,
    reset_connection,
    disk_full,
    disk_fails,
    drain
  };

  fault draw();
  void inject(fault kind, simulated_process& victim);
  address draw_address(simulated_process& of, std::optional<role> wanted);
  void end_process(simulated_process& victim, bool power);
  void reset_connection();
  void kill(simulated_process& of, const address& who);
  void kill_and_freeze(simulated_process& of);

  trial& run_;
  fault_budget& left_;
  failing_disk& disk_;
  simulated_network& network_;
  process_end end_;
  std::uint64_t due_at_step_ = 0;
};

} // namespace weir::actors::simulation
