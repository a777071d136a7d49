#include "actors/simulation/failing_disk.hpp"

namespace weir::actors::simulation {

void failing_disk::hold(simulated_files& files, std::function<void()> look) {
  files.before_each([this, look = std::move(look)](const char*, const std::string&) {
    look();
    file_operation();
  });
  files.full_when([this](const std::string&) { return is_full(); });
  files.sync_fails_when([this](const std::string&) { return sync_fails(); });
}

void failing_disk::fill() {
  auto lasts = trial_.time.random().between(trial_.plan.full_disk.shortest, trial_.plan.full_disk.longest);
  trial_.time.note("the disk is full for " + std::to_string(lasts.count()) + " us");
  full_until_ = trial_.time.now() + lasts;
  faults_.count(fault_kind::disk_full);
}

void failing_disk::fail_soon() { fails_until_ = trial_.time.now() + std::chrono::milliseconds{500}; }

void failing_disk::end_while_publishing() {
  operations_left_ = trial_.time.random().between(1, 12);
  ends_by_power_ = trial_.time.random().percent(50);
}

void failing_disk::file_operation() {
  if (operations_left_ && --*operations_left_ == 0)
    throw process_ended{ends_by_power_};
}

bool failing_disk::is_full() {
  if (trial_.time.now() >= full_until_)
    return false;
  ++trial_.ended.full_disk_refusals;
  return true;
}

/// Whether the seed's next failure of the disk is due: then it is this one.
bool failing_disk::fails() {
  if (trial_.time.now() >= fails_until_ || faults_.is_spent())
    return false;
  fails_until_ = {};
  ++trial_.ended.disk_failures;
  return true;
}

bool failing_disk::sync_fails() {
  if (!fails())
    return false;
  faults_.count(fault_kind::output_sync_failed);
  trial_.time.note("an output cannot be synced");
  return true;
}

std::optional<error> failing_disk::scratch_fails() {
  ++trial_.ended.spills;
  if (is_full())
    return error{error_code::disk, "the seed says that the disk is full", "/scratch", {}, true};
  if (faults_.is_spent() || !trial_.time.random().percent(trial_.plan.faults.scratch_percent))
    return std::nullopt;
  trial_.time.note("the scratch file refuses a write");
  ++trial_.ended.scratch_failures;
  faults_.count(fault_kind::scratch_write_failed);
  return error{error_code::disk, "cannot write the scratch file: the seed says so", "/scratch", {}};
}

simulated_store::fate failing_disk::commit_ends(bool makes_room) {
  using enum simulated_store::fate;
  if (fails()) {
    auto fate = trial_.time.random().percent(50) ? failed : uncertain;
    faults_.count(fate == failed ? fault_kind::log_write_failed : fault_kind::log_sync_failed);
    trial_.time.note(fate == failed ? "the disk fails"
                                    : "the disk fails, and what it was to write is there all the same");
    return fate;
  }
  if (trial_.time.now() < full_until_ && !(makes_room && trial_.time.random().percent(50)) && is_full())
    return full;
  return written;
}

} // namespace weir::actors::simulation
