#include "actors/runtime/draining.hpp"

#include "actors/batch_coordinator/protocol.hpp"
#include "actors/runtime/life_lines.hpp"
#include "actors/runtime/runtime_options.hpp"

namespace weir::actors {

namespace {

/// What an application has taken in and not yet published.
std::string work_of(const observation& seen) {
  std::uint64_t records = 0, bytes = 0;
  for (auto& input : seen.inputs) {
    records += input.waiting_records;
    bytes += input.waiting_bytes;
  }
  return std::to_string(seen.counts.waiting + seen.counts.running) + " batches to compute, " +
         std::to_string(seen.counts.unpublished) + " to publish, " + std::to_string(records) + " records (" +
         std::to_string(bytes) + " bytes) in no batch";
}

} // namespace

std::string unfinished_work(const observation& seen, bool has_log) {
  return work_of(seen) + (has_log ? " were left; the next start on the data directory goes on with them"
                                  : " were left, and are lost without a data directory");
}

void request_drain(const application_services& application, const node_services& node,
                   coordinator_services& coordinator, outcome& outcome, observer& observer) {
  outcome.begin_drain(drain_limit(application.settings));
  if (!coordinator.draining.exchange(true))
    node.journal->tell(draining_line(work_of(observer.look(0)), drain_limit(application.settings)));
  node.directory.send(application.coordinator(), drain{});
}

} // namespace weir::actors
