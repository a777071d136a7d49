#include "libstream/log/admission.hpp"

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

/// A batch that was begun with other static data would show half of each.
result<void> check_tables(const program_parts& program, const batch_record& batch) {
  for (auto& table : batch.tables)
    for (auto& now : program.tables)
      if (now.name == table.name && now.digest != table.digest)
        return fail(
          error_code::configuration, "static data has changed since the batch was sealed",
          "batch " + std::to_string(batch.id.value) + ", operator " + table.name,
          "run the program once more with the data it had, so that it finishes the batch; name tables that are "
          "others than before");
  return {};
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

} // namespace weir::log
