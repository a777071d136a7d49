#pragma once

#include <atomic>
#include <cstdint>

namespace weir::actors {

/// Where an open batch stands, as fault-injection experiments count it.
enum class phase : std::uint8_t { receiving, sealed, staged, committed, publishing };
inline constexpr int phase_count = 5;

inline const char* name_of(phase p) {
  constexpr const char* names[] = {"receiving", "sealed", "staged", "committed", "publishing"};
  return names[static_cast<int>(p)];
}

/// Memory that a program shares with the process that experiments on it. It exists only when the parent passes an
/// open descriptor of it (environment WEIR_CHAOS_PAGE), so nobody else can arm a fault point. It survives the program's death:
/// what it says then is how things stood when the fault hit.
struct chaos_page {
  static constexpr std::uint64_t expected_magic = 0x5745'4952'4348'4153; // "WEIRCHAS"

  std::uint64_t magic = expected_magic;
  char armed[64] = {};                         ///< name of the fault point that kills; empty = none
  std::atomic<std::int64_t> countdown{0};      ///< passes before it kills
  std::atomic<std::int32_t> open[phase_count]; ///< batches (receiving: inputs) that stand there now
  std::atomic<std::int32_t> hit{0};            ///< 1 once the armed point has killed
};

/// Maps the parent's page if there is one. Call once, early in `main`.
void attach_chaos_page();
/// Uses a page of this very process, for the simulation, which looks at the phases and arms nothing; null = none any more.
void use_chaos_page(chaos_page* own);

/// An experiment is attached: only then are orders to fail obeyed.
bool chaos_page_is_attached();

/// A named place in the program. Costs one load and a branch unless a page is attached; when the point is armed and its
/// countdown has run out, the process kills itself with SIGKILL.
void fault_point(const char* name);

/// Says how many open batches stand in `where` now. Nothing happens without a page.
void report_phase(phase where, std::int32_t open_batches);

/// The names of all fault points and the phase in which each lies; a test greps the sources for others.
struct named_fault_point {
  const char* name;
  phase where;
};
inline constexpr named_fault_point fault_points[] = {
  {"receiver.block_cut", phase::receiving},       {"writer.before_append", phase::receiving},
  {"writer.after_append", phase::receiving},      {"writer.before_seal", phase::receiving},
  {"writer.after_seal", phase::sealed},           {"coordinator.batch_announced", phase::sealed},
  {"executor.task_ended", phase::sealed},         {"coordinator.all_staged", phase::staged},
  {"writer.before_commit", phase::staged},        {"writer.after_commit", phase::committed},
  {"coordinator.commit_known", phase::committed}, {"sink.before_publish", phase::publishing},
  {"sink.part_written", phase::publishing},       {"sink.before_rename", phase::publishing},
  {"sink.after_rename", phase::publishing},       {"sink.after_success", phase::publishing},
  {"writer.before_finish", phase::publishing},
};

} // namespace weir::actors
