#include "libstream/testing/data_directory.hpp"

#include <algorithm>
#include <cstring>

#include "libstream/data/checksum.hpp"
#include "libstream/log/batch_log.hpp"
#include "libstream/log/block_log.hpp"
#include "libstream/log/positions.hpp"
#include "libstream/plan/node.hpp"

namespace weir::testing {

namespace {

template <class T>
T value_of(result<T> outcome) {
  if (!outcome)
    throw plan::plan_error{outcome.error()};
  if constexpr (!std::is_void_v<T>)
    return std::move(*outcome);
}

data::buffer_handle buffer_of(std::string_view bytes) {
  auto buffer = std::make_shared<data::buffer>(bytes.size());
  buffer->append(bytes);
  return buffer;
}

/// A copy that is overwritten before it is freed: what still looks at it then is seen to be wrong, also without a sanitizer.
plan::text_piece passing_piece(std::string_view bytes) {
  auto size = bytes.size() + limits::read_padding;
  std::shared_ptr<char> copy{new char[size], [size](char* gone) {
                               for (volatile char* each = gone; each != gone + size; ++each)
                                 *each = '#';
                               delete[] gone;
                             }};
  std::memset(copy.get() + bytes.size(), 0, limits::read_padding);
  bytes.copy(copy.get(), bytes.size());
  return {{copy.get(), bytes.size()}, copy};
}

} // namespace

void data_directory::open(const std::vector<std::string>& inputs) {
  inputs_.clear();
  auto ids = value_of(log::register_inputs(store_, inputs));
  for (std::size_t source = 0; source < inputs.size(); ++source) {
    inputs_.push_back({ids[source], inputs[source], {}, {}});
    open_epoch(inputs_.back());
  }
}

void data_directory::open_epoch(input& of) {
  auto before = value_of(log::current_epoch(store_, of.id));
  of.epoch = before ? before->first.next() : epoch{1};
  log::transaction changes;
  log::put_epoch(changes, of.id, of.epoch, {{}, of.epoch.value});
  value_of(store_.commit(changes));
}

void data_directory::append(std::uint32_t source, std::string_view record) {
  auto& waiting = waiting_[inputs_.at(source).name];
  waiting.bytes += record;
  waiting.ends.push_back(waiting.bytes.size());
}

std::size_t data_directory::waiting(std::uint32_t source) const {
  auto waiting = waiting_.find(inputs_.at(source).name);
  return waiting == waiting_.end() ? 0 : waiting->second.ends.size();
}

bool data_directory::has_waiting() const {
  for (std::uint32_t source = 0; source < inputs_.size(); ++source)
    if (waiting(source) > 0)
      return true;
  return false;
}

log::batch_record data_directory::seal(const log::batch_calendar::entry& batch, std::size_t records_per_split,
                                       const std::vector<log::static_table>& tables) {
  log::batch_record record;
  record.id = batch.number;
  record.time_ms = batch.time_ms;
  record.tables = tables;
  record.epoch = epoch{1};
  log::transaction changes; // blocks and seal at once, as the real runtime does
  for (auto& each : inputs_)
    cut(each, std::max<std::size_t>(records_per_split, 1), changes, record);
  value_of(log::seal(changes, store_, record));
  value_of(store_.commit(changes));
  return record;
}

void data_directory::cut(input& of, std::size_t records_per_split, log::transaction& changes,
                         log::batch_record& batch) {
  auto waiting = std::move(waiting_[of.name]);
  waiting_.erase(of.name);
  std::size_t begin = 0;
  for (std::size_t from = 0; from < waiting.ends.size(); from += records_per_split) {
    auto to = std::min(from + records_per_split, waiting.ends.size());
    auto bytes = buffer_of(std::string_view{waiting.bytes}.substr(begin, waiting.ends[to - 1] - begin));
    begin = waiting.ends[to - 1];
    of.last = of.last.next();
    log::block_header header;
    header.id = {of.id, of.epoch, of.last};
    header.bytes = bytes->size();
    header.records = to - from;
    header.checksum = data::checksum(bytes->view());
    log::append_block(changes, header, bytes->view(), bytes);
    batch.splits.push_back({{{of.id, of.epoch, of.last, of.last}}, {}, header.bytes});
    batch.records += header.records;
    batch.bytes += header.bytes;
  }
}

const data_directory::input* data_directory::find(input_id id, std::uint32_t& source) const {
  auto known = std::find_if(inputs_.begin(), inputs_.end(), [&](auto& each) { return each.id == id; });
  source = static_cast<std::uint32_t>(known - inputs_.begin());
  return known == inputs_.end() ? nullptr : &*known;
}

std::vector<plan::inline_batch::split> data_directory::read(const log::batch_record& batch) const {
  std::vector<plan::inline_batch::split> splits;
  for (auto& split : batch.splits) {
    auto& range = split.blocks.front();
    plan::inline_batch::split input_split;
    if (auto known = find(range.input, input_split.source))
      input_split.from = "input " + known->name;
    else
      throw plan::plan_error{{error_code::configuration,
                              "batch " + std::to_string(batch.id.value) + " has records of an input that is gone",
                              "data directory", "bring the input back until the batch is done"}};
    auto block = value_of(log::read_block(store_, {range.input, range.epoch, range.first}));
    input_split.text.push_back(passing_piece(block.value().bytes->view()));
    splits.push_back(std::move(input_split));
  }
  return splits;
}

std::map<std::uint32_t, std::uint64_t> data_directory::records_of(const log::batch_record& batch) const {
  std::map<std::uint32_t, std::uint64_t> records;
  for (auto& split : batch.splits) {
    auto& range = split.blocks.front();
    std::uint32_t source = 0;
    if (find(range.input, source))
      records[source] +=
        value_of(log::read_block(store_, {range.input, range.epoch, range.first})).value().header.records;
  }
  return records;
}

log::commit_record data_directory::commit(const log::batch_record& batch, const std::vector<plan::output>& outputs,
                                          const std::vector<plan::staged_output>& staged) {
  log::commit_record record;
  record.id = batch.id;
  record.time_ms = batch.time_ms;
  record.epoch = batch.epoch;
  record.records = batch.records;
  std::vector<log::staged_bytes> bytes;
  for (auto& part : staged) {
    record.parts.push_back(
      {outputs[part.output.value].name, part.part, part.bytes.size(), part.records, data::checksum(part.bytes)});
    bytes.push_back({part.bytes, nullptr});
  }
  log::transaction changes;
  log::commit(changes, record, bytes);
  value_of(store_.commit(changes));
  return record;
}

data::buffer_handle data_directory::staged(const log::commit_record& batch, const log::staged_part& part) const {
  auto bytes = value_of(log::read_staged(store_, batch.id, part.output, part.part));
  return bytes ? bytes : buffer_of({});
}

void data_directory::finish(const log::batch_record& batch) {
  log::transaction changes;
  log::finish(changes, batch);
  value_of(store_.commit(changes));
}

log::recovery_plan data_directory::recover() const { return value_of(log::recover(store_)); }

log::batch_calendar::entry data_directory::last_batch() const {
  auto last = value_of(log::read_last_batch(store_));
  return last ? log::batch_calendar::entry{last->id, last->time_ms} : log::batch_calendar::entry{};
}

} // namespace weir::testing
