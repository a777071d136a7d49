#pragma once

#include <functional>
#include <optional>

#include "actors/simulation/fault_budget.hpp"
#include "actors/simulation/simulated_files.hpp"
#include "actors/simulation/simulated_store.hpp"
#include "actors/simulation/trial.hpp"

namespace weir::actors::simulation {

/// Thrown through a simulated file operation: the process ends here and now.
struct process_ended {
  bool power;
};

/// How the disk under the log, the outputs and the scratch file fails: full for a while, broken, or there when its process ends.
class failing_disk {
public:
  failing_disk(trial& of, fault_budget& faults) : trial_{of}, faults_{faults} {}

  /// `look`: called before each operation on the files, as a reader may look then.
  void hold(simulated_files& files, std::function<void()> look);

  // -- faults

  void fill();
  /// The next write to the log, or sync of an output, within half a second.
  void fail_soon();
  /// The process ends in one of the next file operations.
  void end_while_publishing();
  bool ends_while_publishing() const { return operations_left_.has_value(); }
  void let_publish() { operations_left_.reset(); }

  // -- what the process asks of it

  std::optional<error> scratch_fails();
  /// What only makes room may find the few pages that it needs.
  simulated_store::fate commit_ends(bool makes_room);

private:
  void file_operation();
  bool is_full();
  bool fails();
  bool sync_fails();

  trial& trial_;
  fault_budget& faults_;
  std::optional<std::uint64_t> operations_left_; ///< file operations until the process ends
  bool ends_by_power_ = false;
  timeline::time_point full_until_{};
  timeline::time_point fails_until_{};
};

} // namespace weir::actors::simulation
