#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Rare paths of recovery carry a name, so that a run of the simulation can tell which of them it reached. A path that none reaches is a path
/// that nothing tests. (The idea is FoundationDB's `CODE_PROBE`.)
namespace weir {

inline constexpr std::string_view mark_names[] = {
  "coordinator.announces_again",
  "coordinator.asks_for_missing_blocks",
  "coordinator.drops_repeated_offsets",
  "coordinator.drops_stale_failure",
  "coordinator.drops_stale_poison",
  "coordinator.drops_void_blocks",
  "coordinator.file_changed_after_reading",
  "coordinator.hears_late_publication",
  "coordinator.loses_undurable_blocks",
  "coordinator.names_newest_epoch",
  "coordinator.publishes_recovered",
  "coordinator.recovers_amended_batch",
  "coordinator.recovers_open_batch",
  "coordinator.refuses_ended_epoch",
  "coordinator.releases_again",
  "exchange.spills",
  "executor.drops_stale_task",
  "executor.finds_blocks_lost",
  "executor.isolates_key",
  "executor.isolates_record",
  "executor.reads_block_from_log",
  "executor.says_again",
  "executor.skips_batch",
  "executor.task_passes_after_all",
  "executor.tries_task_again",
  "executor.waits_for_room",
  "log.drops_exclusion",
  "log.moves_exclusion",
  "receiver.asks_for_farewell_again",
  "receiver.drops_duplicates",
  "receiver.drops_late_position",
  "receiver.hears_release_first",
  "receiver.holds_to_rate",
  "receiver.ignores_goodbye",
  "receiver.is_too_busy_to_forget",
  "receiver.replaces_connection",
  "receiver.stores_again",
  "receiver.welcomes_later",
  "sink.answers_again",
  "sink.finds_batch_published",
  "sink.is_asked_for_another",
  "sink.leaves_batch_out",
  "sink.reads_log",
  "sink.tries_again",
  "sink.waits_for_room",
  "store.appends_again",
  "store.finds_unreported_blocks",
  "store.reports_again",
  "supervisor.backs_off",
  "supervisor.buries_tree",
  "supervisor.escalates",
  "supervisor.gives_up",
  "writer.answers_amendment_again",
  "writer.answers_commit_again",
  "writer.drops_repeats",
  "writer.frees_first",
  "writer.holds_group_back",
  "writer.never_seals",
  "writer.refuses_blocks",
  "writer.waits_for_others",
  "writer.waits_for_room",
};

namespace marks_detail {
inline std::array<std::atomic<std::uint64_t>, std::size(mark_names)> passes{};
} // namespace marks_detail

/// This place was reached. Thread-safe; for rare places only, as it looks the name up. A name that is not in `mark_names` is a mistake that a
/// test finds in the sources.
inline void mark(std::string_view name) {
  for (std::size_t i = 0; i < std::size(mark_names); ++i)
    if (mark_names[i] == name)
      marks_detail::passes[i].fetch_add(1, std::memory_order_relaxed);
}

/// How often this process has reached each, in the order of `mark_names`.
inline std::vector<std::uint64_t> marks_reached() {
  std::vector<std::uint64_t> counts;
  for (auto& each : marks_detail::passes)
    counts.push_back(each.load(std::memory_order_relaxed));
  return counts;
}

} // namespace weir
