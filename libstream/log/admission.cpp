#include "libstream/log/admission.hpp"

#include <algorithm>
#include <optional>

#include "libstream/base/marks.hpp"

namespace weir::log {

namespace {

/// Committed results must not vanish in silence.
result<void> check_outputs(const program_parts& program, const commit_record& commit) {
  for (auto& part : commit.parts)
    if (program.outputs.count(part.output) == 0)
      return fail(error_code::configuration, "committed results wait for an output that the program no longer has",
                  "batch " + std::to_string(commit.id.value) + ", output '" + part.output + "'",
                  "run the program that has it once more, so that it publishes them");
  return {};
}

/// An older program sealed the batch, and nothing says that the data has changed.
bool is_dated_version(const program_parts& program, const static_table& table) {
  return std::find(program.dated_tables.begin(), program.dated_tables.end(), table) != program.dated_tables.end();
}

/// A batch that was begun with other static data would show half of each.
result<void> check_tables(const program_parts& program, const batch_record& batch) {
  for (auto& table : batch.tables)
    for (auto& now : program.tables)
      if (now.name == table.name && now.digest != table.digest && !is_dated_version(program, table))
        return fail(
          error_code::configuration, "static data has changed since the batch was sealed",
          "batch " + std::to_string(batch.id.value) + ", operator " + table.name,
          "put back the data it had and run the program once more, so that it finishes the batch; or compute the batch "
          "with the new data: give this dataset a name that is not '" +
            table.name + "', directly where it is made, e.g. read_text(path).named(\"" + table.name + "-2\")");
  return {};
}

/// Whether the stage has an operator of that name that can be taken for the one that failed.
bool has_operator(const stage_parts& stage, const exclusion& excluded, bool also_unnamed) {
  auto named = stage.operators.find(excluded.operator_name);
  return named != stage.operators.end() && (named->second || also_unnamed);
}

/// The stage in this program that a decision under another one is about; nothing if that is not certain.
std::optional<stage_index> find_stage(const exclusion& excluded, const program_parts& program) {
  auto by_older_version = excluded.plan == 0;
  auto there = excluded.stage.value < program.stages.size() ? &program.stages[excluded.stage.value] : nullptr;
  if (by_older_version && there && has_operator(*there, excluded, true))
    return excluded.stage; // as that version would have taken it
  auto reads_input = by_older_version ? there && there->reads_input : !excluded.of_key;
  std::optional<stage_index> only_stage;
  for (std::uint32_t i = 0; i < program.stages.size(); ++i) {
    if (program.stages[i].reads_input != reads_input || !has_operator(program.stages[i], excluded, false))
      continue;
    if (only_stage)
      return std::nullopt; // behind a union it runs in several stages
    only_stage = stage_index{i};
  }
  return only_stage;
}

} // namespace

result<void> check_program(const program_parts& program, const recovery_plan& unfinished) {
  for (auto& batch : unfinished.publish_again)
    if (auto known = check_outputs(program, batch.committed); !known)
      return known;
  for (auto& batch : unfinished.run_again)
    if (auto same = check_tables(program, batch); !same)
      return same;
  return {};
}

std::vector<exclusion> settle_exclusions(batch_record& batch, const program_parts& program) {
  std::vector<exclusion> kept, dropped;
  for (auto& each : batch.amendment.excluded) {
    auto stage = each.plan == program.plan ? std::optional{each.stage} : find_stage(each, program);
    if (!stage) {
      mark("log.drops_exclusion");
      dropped.push_back(each);
      continue;
    }
    if (*stage != each.stage)
      mark("log.moves_exclusion");
    kept.push_back(each);
    kept.back().stage = *stage;
    kept.back().of_key = *stage < stage_index{static_cast<std::uint32_t>(program.stages.size())} &&
                         !program.stages[stage->value].reads_input;
    kept.back().plan = program.plan;
  }
  batch.amendment.excluded = std::move(kept);
  return dropped;
}

} // namespace weir::log
