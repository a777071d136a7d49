#include "actors/partition_executor/poison.hpp"

#include "actors/node/replayable_inputs.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/plan/offender_error.hpp"

namespace weir::actors {

namespace {

/// The partition of the split in whose range the record lies: one range may be several pieces of text, or none.
const std::string& partition_of(const application_services& application, const node_services& node,
                                const log::split& split, const plan::offender& found) {
  auto pieces = found.piece;
  for (auto& range : split.ranges) {
    auto read = read_range(application, node, range);
    if (!read || pieces < read->size())
      return range.partition;
    pieces -= read->size();
  }
  return split.ranges.back().partition;
}

/// Where the record of a task that reads an input comes from.
std::string origin_of(const application_services& application, const node_services& node, const task_board::task& what,
                      const plan::offender& found) {
  if (!application.plan->stages()[what.stage.value].reads_text)
    return {};
  auto& split = what.record->splits[what.index.value];
  if (!split.ranges.empty())
    return node.replayable[split.input().value]->describe(partition_of(application, node, split, found));
  return split.blocks.empty() ? "" : "input " + std::to_string(split.blocks.front().input.value);
}

} // namespace

task_ended failed(task_ended report, const error& why) {
  report.full = why.full;
  report.failed = !why.full;
  report.code = static_cast<std::uint32_t>(why.code);
  report.problem = why.message();
  return report;
}

std::optional<task_ended> poisoned(const application_services& application, const node_services& node,
                                   const task_board::task& what, const plan::task_input& input,
                                   const std::vector<std::uint64_t>& known, task_ended report, const error& why) {
  auto policy = application.settings.on_error;
  auto problem = why;
  auto can_leave_out = plan::can_leave_out(application.plan->stages()[input.stage.value]);
  result<std::vector<plan::offender>> found;
  if (can_leave_out)
    found = plan::find_offenders(*application.plan, input,
                                 {known, limits::always_isolated, application.settings.isolate_share,
                                  application.settings.max_task_failures, policy != error_policy::isolate});
  if (!found)
    return failed(std::move(report), found.error());
  if (found->empty() && can_leave_out) {
    mark("executor.task_passes_after_all");
    return std::nullopt;
  }
  if (!found->empty()) {
    auto& first = found->front();
    problem = plan::error_of(first, application.plan->stages()[what.stage.value], what.record->id, what.index,
                             origin_of(application, node, what, first), why.hint);
  }
  for (auto& each : *found)
    report.excluded.push_back({what.stage, what.index, each.position, each.operator_name, each.problem,
                               application.plan->fingerprint(),
                               !application.plan->stages()[what.stage.value].reads_text});
  report.problem = problem.message();
  if (policy == error_policy::skip) {
    mark("executor.skips_batch");
    report.excluded.clear();
    report.skip = true;
    report.problem = "skipped batch " + std::to_string(what.record->id.value) + ": " + report.problem;
    return report;
  }
  if (policy == error_policy::stop || report.excluded.empty()) {
    report.excluded.clear();
    return failed(std::move(report), problem);
  }
  mark(application.plan->stages()[what.stage.value].reads_text ? "executor.isolates_record" : "executor.isolates_key");
  report.problem = "isolated " + std::to_string(report.excluded.size()) + " record(s) of batch " +
                   std::to_string(what.record->id.value) + ", the first: " + problem.message();
  return report;
}

} // namespace weir::actors
