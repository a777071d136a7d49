// On a record's way, steps 6, 7, 8 and 9 of 11: chunks through operators into the exchange, and from there into state and outputs.
#include "actors/partition_executor/task_run.hpp"

#include "actors/node/replayable_inputs.hpp"
#include "actors/partition_executor/poison.hpp"
#include "libstream/base/marks.hpp"
#include "libstream/data/checksum.hpp"
#include "libstream/data/record_traits.hpp"
#include "libstream/plan/offenders.hpp"

namespace weir::actors {

namespace {

constexpr const char* missing_block = "a sealed block is missing";

/// A batch is computed while its seal is on its way. If its blocks were lost before they were durable, so was the seal: the
/// coordinator, which hears of it from the writer, starts anew without them.
bool lost_before_sealed(const node_services& node, const task_board::task& what, const error& why) {
  if (why.what != missing_block)
    return false;
  auto sealed = node.seals.has(what.record->id);
  return sealed && !*sealed;
}

result<void> load_blocks(const node_services& node, const log::block_range& range,
                         std::vector<plan::text_piece>& into) {
  for (auto sequence = range.first; sequence <= range.last; sequence = sequence.next()) {
    block_id id{range.input, range.epoch, sequence};
    auto bytes = node.blocks.find(id);
    if (!bytes) {
      mark("executor.reads_block_from_log");
      auto logged = node.log.read_block(id);
      if (!logged)
        return tl::make_unexpected(logged.error());
      if (!*logged)
        return fail(error_code::corrupt, missing_block,
                    "log: blocks input=" + std::to_string(id.input.value) + " epoch=" + std::to_string(id.epoch.value) +
                      " seq=" + std::to_string(id.sequence.value));
      bytes = (*logged)->bytes;
    }
    into.push_back({bytes->view(), bytes});
  }
  return {};
}

result<std::vector<plan::text_piece>> load(const application_services& application, const node_services& node,
                                           const log::split& split) {
  std::vector<plan::text_piece> pieces;
  for (auto& range : split.blocks)
    if (auto loaded = load_blocks(node, range, pieces); !loaded)
      return tl::make_unexpected(loaded.error());
  for (auto& range : split.ranges) {
    auto read = read_range(application, node, range);
    if (!read)
      return tl::make_unexpected(read.error());
    pieces.insert(pieces.end(), read->begin(), read->end());
  }
  return pieces;
}

result<plan::task_input> gather(const application_services& application, const node_services& node,
                                const task_board::task& what, const plan::stage& stage) {
  plan::task_input input;
  input.batch = what.record->id;
  input.batch_time_ms = what.record->time_ms;
  input.stage = what.stage;
  input.index = what.index;
  input.hash_seed = application.record.hash_seed;
  input.partitions = application.record.partitions;
  input.splits = what.record->splits.size();
  input.max_record_bytes = application.settings.max_record_bytes;
  if (stage.reads_text) {
    auto pieces = load(application, node, what.record->splits[what.index.value]);
    if (!pieces)
      return tl::make_unexpected(pieces.error());
    input.text = std::move(*pieces);
  }
  for (auto shuffle : stage.reads) {
    auto runs =
      node.exchange.collect(*application.plan, what.attempt, input.batch, shuffle, partition_index{what.index.value});
    if (!runs)
      return tl::make_unexpected(runs.error());
    input.runs.push_back(std::move(*runs));
  }
  return input;
}

/// What the batch's amendment leaves out of this task.
std::vector<log::exclusion> exclusions_of(const task_board::task& what) {
  auto found = what.record->amendment.excluded;
  // A key may lie in another partition than before: there may be more of them now.
  std::erase_if(found,
                [&](auto& each) { return each.stage != what.stage || (!each.of_key && each.task != what.index); });
  std::sort(found.begin(), found.end(), [](auto& a, auto& b) { return a.position < b.position; });
  return found;
}

/// The records that a task was run without, as lines of the dead letters: record, operator, problem. Each has its place among the parts of
/// the batch, whichever stage it is of.
void stage_dead_letters(const application_services& application, node_services& node, const task_board::task& what,
                        const std::vector<log::exclusion>& excluded, const std::vector<std::string>& records,
                        task_ended& report) {
  if (excluded.empty() || !application.dead_letters)
    return;
  auto bytes = std::make_shared<std::string>();
  for (std::size_t i = 0; i < excluded.size(); ++i) {
    data::append_escaped(records[i], *bytes);
    *bytes += '\t';
    data::append_escaped(excluded[i].operator_name, *bytes);
    *bytes += '\t';
    data::append_escaped(excluded[i].problem, *bytes);
    *bytes += '\n';
  }
  auto part = what.index.value;
  auto counts = application.plan->task_counts(what.record->splits.size(), application.record.partitions);
  for (std::size_t stage = 0; stage < what.stage.value; ++stage)
    part += static_cast<std::uint32_t>(counts[stage]);
  report.parts.push_back({application.plan->outputs()[application.dead_letters->value].name, part, bytes->size(),
                          excluded.size(), data::checksum(*bytes)});
  node.staging.put(what.attempt, report.batch, report.parts.back().output, part, std::move(bytes));
}

/// Runs the plan, again if a user function fails: it may depend on something that comes back.
result<plan::task_result> try_to_run(const application_services& application, journal& journal,
                                     const plan::task_input& input) {
  for (std::uint32_t failures = 1;; ++failures) {
    auto made = application.plan->run(input);
    if (made || made.error().thrown_by.empty() || failures >= application.settings.max_task_failures)
      return made;
    mark("executor.tries_task_again");
    journal.detail("failure " + std::to_string(failures) + " of a task: " + made.error().message());
  }
}

} // namespace

task_ended run_task(const application_services& application, node_services& node, const task_board::task& what) {
  task_ended report;
  report.attempt = what.attempt;
  report.batch = what.record->id;
  report.stage = what.stage;
  report.task = what.index;
  auto& stage = application.plan->stages()[what.stage.value];
  if (stage.reads_text && !reads(application, stage, what.record->splits[what.index.value]))
    return report; // nothing of it is for this stage
  auto input = gather(application, node, what, stage);
  if (!input && lost_before_sealed(node, what, input.error())) {
    mark("executor.finds_blocks_lost");
    report.lost = true;
    return report;
  }
  if (!input)
    return failed(std::move(report), input.error());
  auto excluded = exclusions_of(what);
  std::vector<std::uint64_t> positions;
  for (auto& each : excluded)
    positions.push_back(each.position);
  auto whole = positions.empty() ? std::nullopt : std::optional{*input};
  auto records = plan::leave_out(*input, *application.plan, positions);
  auto made = try_to_run(application, *node.journal, *input);
  if (!made && !made.error().thrown_by.empty()) {
    auto verdict = poisoned(application, node, what, whole ? *whole : *input, positions, report, made.error());
    if (!verdict)
      made = application.plan->run(*input); // it has just passed
    else
      return std::move(*verdict);
  }
  if (!made)
    return failed(std::move(report), made.error());
  for (auto& output : made->shuffles)
    if (auto kept = node.exchange.push(what.attempt, report.batch, what.index, std::move(output)); !kept)
      return failed(std::move(report), kept.error());
  for (auto& staged : made->staged) {
    if (staged.records == 0)
      continue;
    auto& name = application.plan->outputs()[staged.output.value].name;
    auto bytes = std::make_shared<const std::string>(std::move(staged.bytes));
    report.parts.push_back({name, staged.part, bytes->size(), staged.records, data::checksum(*bytes)});
    node.staging.put(what.attempt, report.batch, name, staged.part, std::move(bytes));
  }
  if (!stage.reads_text) { // those that are there
    std::erase_if(excluded, [&](auto& each) { return made->left_out.count(each.position) == 0; });
    for (auto& each : excluded)
      records.push_back(made->left_out[each.position]);
  }
  stage_dead_letters(application, node, what, excluded, records, report);
  if (stage.reads_text) // static data is no input of the batch
    report.records = made->records_in;
  report.skipped = made->skipped_records;
  return report;
}

} // namespace weir::actors
