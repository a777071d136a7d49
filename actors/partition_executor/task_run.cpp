// On a record's way, step 6 of 8: chunks through operators into the exchange, and from there into state and outputs.
#include "actors/partition_executor/task_run.hpp"

#include "libstream/data/checksum.hpp"
#include "libstream/log/batch_log.hpp"
#include "libstream/log/block_log.hpp"

namespace weir::actors {

namespace {

constexpr const char* missing_block = "a sealed block is missing";

/// A batch is computed while its seal is on its way. If its blocks were lost before they were durable, so was the seal: the
/// coordinator, which hears of it from the writer, starts anew without them.
bool lost_before_sealed(const services& services, const task_board::task& what, const error& why) {
  if (why.what != missing_block)
    return false;
  auto sealed = log::read_batch(*services.store, what.record->id);
  return sealed && !*sealed;
}

result<void> load_blocks(const services& services, const log::block_range& range, std::vector<plan::text_piece>& into) {
  for (auto sequence = range.first; sequence <= range.last; sequence = sequence.next()) {
    block_id id{range.input, range.epoch, sequence};
    auto bytes = services.blocks.find(id);
    if (!bytes) {
      auto logged = log::read_block(*services.store, id);
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

result<std::vector<plan::text_piece>> load(const services& services, const log::split& split) {
  std::vector<plan::text_piece> pieces;
  for (auto& range : split.blocks)
    if (auto loaded = load_blocks(services, range, pieces); !loaded)
      return tl::make_unexpected(loaded.error());
  for (auto& range : split.files) {
    auto read = services.read_file_range(range, services.settings.max_record_bytes);
    if (!read)
      return tl::make_unexpected(read.error());
    pieces.insert(pieces.end(), read->begin(), read->end());
  }
  return pieces;
}

task_ended failed(task_ended report, const error& why) {
  report.failed = true;
  report.code = static_cast<std::uint32_t>(why.code);
  report.problem = why.message();
  return report;
}

result<plan::task_input> gather(const services& services, const task_board::task& what, const plan::stage& stage) {
  plan::task_input input;
  input.batch = what.record->id;
  input.batch_time_ms = what.record->time_ms;
  input.stage = what.stage;
  input.index = what.index;
  input.hash_seed = services.application.hash_seed;
  input.partitions = services.application.partitions;
  input.max_record_bytes = services.settings.max_record_bytes;
  if (stage.reads_text) {
    auto pieces = load(services, what.record->splits[what.index.value]);
    if (!pieces)
      return tl::make_unexpected(pieces.error());
    input.text = std::move(*pieces);
  }
  for (auto shuffle : stage.reads) {
    auto runs =
      services.exchange.collect(*services.plan, what.attempt, input.batch, shuffle, partition_index{what.index.value});
    if (!runs)
      return tl::make_unexpected(runs.error());
    input.runs.push_back(std::move(*runs));
  }
  return input;
}

} // namespace

task_ended run_task(services& services, const task_board::task& what) {
  task_ended report;
  report.attempt = what.attempt;
  report.batch = what.record->id;
  report.stage = what.stage;
  report.task = what.index;
  auto& stage = services.plan->stages()[what.stage.value];
  auto input = gather(services, what, stage);
  if (!input && lost_before_sealed(services, what, input.error())) {
    report.lost = true;
    return report;
  }
  if (!input)
    return failed(std::move(report), input.error());
  auto made = services.plan->run(*input);
  if (!made)
    return failed(std::move(report), made.error());
  for (auto& output : made->shuffles)
    if (auto kept = services.exchange.push(what.attempt, report.batch, what.index, std::move(output)); !kept)
      return failed(std::move(report), kept.error());
  for (auto& staged : made->staged) {
    if (staged.records == 0)
      continue;
    auto& name = services.plan->outputs()[staged.output.value].name;
    auto bytes = std::make_shared<const std::string>(std::move(staged.bytes));
    report.parts.push_back({name, staged.part, bytes->size(), staged.records, data::checksum(*bytes)});
    services.staging.put(what.attempt, report.batch, name, staged.part, std::move(bytes));
  }
  report.records = made->records_in;
  report.skipped = made->skipped_records;
  return report;
}

} // namespace weir::actors
