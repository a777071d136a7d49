#include "libstream/log/recovery.hpp"

#include <algorithm>

#include "libstream/log/keys.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/log/record_codec.hpp"

namespace weir::log {

namespace {

tl::unexpected<error> impossible(table t, const std::string& key, std::string problem) {
  return corrupt_value(std::move(problem), t, key, "log");
}

std::string named(batch_id batch) { return "batch " + std::to_string(batch.value); }

template <class Id, class Record>
result<std::map<Id, Record>> read_table(const store& from, table t, Id Record::*id) {
  std::map<Id, Record> records;
  auto scanned = scan_records<Record>(from, t, {}, [&](std::string_view key, Record&& record) -> result<void> {
    auto of = record.*id;
    std::string expected;
    if constexpr (std::is_same_v<Id, block_id>)
      expected = block_key(of);
    else
      expected = batch_key(of);
    if (key != expected)
      return corrupt_value("record belongs to another key", t, key, "log");
    records.emplace(of, std::move(record));
    return {};
  });
  if (!scanned)
    return tl::make_unexpected(scanned.error());
  return records;
}

/// Every batch's ranges lie in sealed blocks that exist, and in no other batch. Collects them.
class sealed_ranges {
public:
  explicit sealed_ranges(const log_contents& contents) : contents_{contents} {}

  result<void> take(const batch_record& batch) {
    for (const auto& split : batch.splits)
      for (const auto& range : split.blocks)
        if (auto taken = take_range(batch.id, range); !taken)
          return taken;
    return {};
  }

  bool contains(const block_id& id) const { return owners_.contains(id); }

private:
  result<void> take_range(batch_id batch, const block_range& range) {
    auto position = contents_.epochs.find({range.input, range.epoch});
    if (position == contents_.epochs.end() || position->second.sealed_to < range.last || range.last < range.first)
      return impossible(table::batches, batch_key(batch),
                        "takes blocks up to seq=" + std::to_string(range.last.value) +
                          " of input=" + std::to_string(range.input.value) +
                          " epoch=" + std::to_string(range.epoch.value) + ", which are not sealed");
    for (auto sequence = range.first;; sequence = sequence.next()) {
      block_id id{range.input, range.epoch, sequence};
      // Also a committed batch keeps its blocks until it is done: both go in one transaction.
      if (!contents_.blocks.contains(id))
        return impossible(table::blocks, block_key(id), "the block is missing, but " + named(batch) + " needs it");
      if (auto [owner, inserted] = owners_.emplace(id, batch); !inserted)
        return impossible(table::blocks, block_key(id),
                          "the block is in " + named(owner->second) + " and in " + named(batch));
      if (sequence == range.last)
        return {};
    }
  }

  const log_contents& contents_;
  std::map<block_id, batch_id> owners_;
};

result<void> check_commit(const log_contents& contents, const commit_record& commit) {
  auto key = batch_key(commit.id);
  auto batch = contents.batches.find(commit.id);
  if (batch == contents.batches.end())
    return impossible(table::commits, key, "committed, but never sealed");
  if (batch->second.time_ms != commit.time_ms)
    return impossible(table::commits, key, "committed with another time than it was sealed with");
  for (const auto& part : commit.parts) {
    auto staged = staged_key(commit.id, part.output, part.part);
    if (!contents.staged.contains(staged))
      return impossible(table::staged, staged, "the bytes are missing, but the commit names them");
  }
  return {};
}

result<void> check_batches(const log_contents& contents) {
  std::optional<std::int64_t> before_ms;
  for (const auto& [id, batch] : contents.batches) {
    if (!contents.last || contents.last->id < id)
      return impossible(table::batches, batch_key(id), "sealed after what the log says was the last batch");
    if (contents.last->rising_since.value == 0 || id < contents.last->rising_since)
      continue; // an older version sealed it, and its time may be later than that of the next one
    if (contents.last->time_ms < batch.time_ms)
      return impossible(table::batches, batch_key(id), "its time is later than that of the last batch");
    if (before_ms && batch.time_ms <= *before_ms)
      return impossible(table::batches, batch_key(id), "its time is not later than that of the batch before");
    before_ms = batch.time_ms;
  }
  for (const auto& key : contents.staged) {
    auto parts = parse_staged_key(key);
    if (!parts || !contents.commits.contains(parts->batch))
      return impossible(table::staged, key, "staged bytes of a batch that is not committed");
  }
  for (const auto& [id, commit] : contents.commits)
    if (auto checked = check_commit(contents, commit); !checked)
      return checked;
  return {};
}

result<std::vector<unsealed_blocks>> collect_unsealed(const log_contents& contents, const sealed_ranges& sealed) {
  std::vector<unsealed_blocks> unsealed;
  for (const auto& [id, header] : contents.blocks) {
    auto position = contents.epochs.find({id.input, id.epoch});
    if (position == contents.epochs.end())
      return impossible(table::blocks, block_key(id), "the block belongs to an epoch that was never opened");
    auto sealed_to = position->second.sealed_to;
    if (id.sequence <= sealed_to) {
      if (!sealed.contains(id))
        return impossible(table::blocks, block_key(id), "the block is sealed, but no batch has it");
      continue;
    }
    if (unsealed.empty() || unsealed.back().input != id.input || unsealed.back().epoch != id.epoch)
      unsealed.push_back({id.input, id.epoch, {}});
    auto& headers = unsealed.back().headers;
    auto expected = headers.empty() ? sealed_to.next() : headers.back().id.sequence.next();
    if (id.sequence != expected)
      return impossible(table::blocks, block_key({id.input, id.epoch, expected}),
                        "the block is missing, but seq=" + std::to_string(id.sequence.value) + " is there");
    headers.push_back(header);
  }
  return unsealed;
}

} // namespace

result<log_contents> read_contents(const store& from) {
  log_contents contents;
  auto epochs = read_epochs(from);
  if (!epochs)
    return tl::make_unexpected(epochs.error());
  contents.epochs = std::move(*epochs);
  auto blocks = read_table(from, table::blocks, &block_header::id);
  if (!blocks)
    return tl::make_unexpected(blocks.error());
  contents.blocks = std::move(*blocks);
  auto batches = read_table(from, table::batches, &batch_record::id);
  if (!batches)
    return tl::make_unexpected(batches.error());
  contents.batches = std::move(*batches);
  auto commits = read_table(from, table::commits, &commit_record::id);
  if (!commits)
    return tl::make_unexpected(commits.error());
  contents.commits = std::move(*commits);
  auto staged = scan_records<staged_part>(from, table::staged, {}, [&](std::string_view key, staged_part&&) {
    contents.staged.emplace(key);
    return result<void>{};
  });
  if (!staged)
    return tl::make_unexpected(staged.error());
  auto last = read_last_batch(from);
  if (!last)
    return tl::make_unexpected(last.error());
  contents.last = *last;
  return contents;
}

result<recovery_plan> plan_recovery(const log_contents& contents) {
  if (auto checked = check_batches(contents); !checked)
    return tl::make_unexpected(checked.error());
  recovery_plan plan;
  sealed_ranges sealed{contents};
  for (const auto& [id, batch] : contents.batches) {
    if (auto taken = sealed.take(batch); !taken)
      return tl::make_unexpected(taken.error());
    if (auto commit = contents.commits.find(id); commit != contents.commits.end())
      plan.publish_again.push_back({batch, commit->second});
    else
      plan.run_again.push_back(batch);
  }
  auto unsealed = collect_unsealed(contents, sealed);
  if (!unsealed)
    return tl::make_unexpected(unsealed.error());
  plan.unsealed = std::move(*unsealed);
  if (contents.last) {
    plan.first_free_batch = contents.last->id.next();
    plan.last_time_ms = contents.last->time_ms;
    for (const auto& [id, batch] : contents.batches)
      plan.last_time_ms = std::max(plan.last_time_ms, batch.time_ms);
  }
  return plan;
}

result<recovery_plan> recover(const store& from) {
  auto contents = read_contents(from);
  if (!contents)
    return tl::make_unexpected(contents.error());
  return plan_recovery(*contents);
}

result<std::uint64_t> verify(const store& of, bool with_payload) {
  std::uint64_t values = 0;
  for (std::uint8_t i = 0; i < table_count; ++i) {
    auto scanned = of.scan(static_cast<table>(i), {}, {}, with_payload, [&](std::string_view, const stored_value&) {
      ++values;
      return true;
    });
    if (!scanned)
      return tl::make_unexpected(scanned.error());
  }
  return values;
}

namespace {

template <class T>
result<void> outcome_of(const result<T>& read) {
  return read ? result<void>{} : tl::make_unexpected(read.error());
}

result<void> check_positions(const store& of) {
  auto inputs = read_inputs(of);
  auto epochs = read_epochs(of);
  if (!inputs || !epochs)
    return tl::make_unexpected(inputs ? epochs.error() : inputs.error());
  std::set<input_id> known;
  for (auto& input : *inputs)
    known.insert(input.input);
  for (auto& [key, position] : *epochs)
    known.insert(key.first);
  for (auto input : known) {
    if (auto read = outcome_of(read_producers(of, input)); !read)
      return read;
    if (auto read = outcome_of(read_partitions(of, input)); !read)
      return read;
  }
  return outcome_of(read_claim(of));
}

} // namespace

result<std::uint64_t> check_content(const store& of, bool with_payload) {
  auto values = verify(of, with_payload);
  if (!values)
    return values;
  if (auto positions = check_positions(of); !positions)
    return tl::make_unexpected(positions.error());
  if (auto consistent = recover(of); !consistent)
    return tl::make_unexpected(consistent.error());
  return values;
}

} // namespace weir::log
