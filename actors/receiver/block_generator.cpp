// On a record's way, step 2 of 11: where a block ends. From intake and own_feed, to receiver_core.
#include "actors/receiver/block_generator.hpp"

#include <algorithm>

#include "actors/node/message_bounds.hpp"
#include "libstream/base/ensure.hpp"
#include "libstream/base/limits.hpp"
#include "libstream/data/checksum.hpp"

namespace weir::actors {

namespace {

/// Records with at least this many bytes become a block of their own, without a copy.
constexpr std::size_t whole_block_bytes = 64 * limits::kib;

} // namespace

void block_generator::add(const fed_records& records) {
  auto text = records.bytes ? records.bytes->view() : std::string_view{};
  if (text.size() >= whole_block_bytes) {
    cut();
    content whole;
    note(whole, records);
    emit_block(std::move(whole), records.bytes);
    return;
  }
  if (bytes_ && bytes_->free() < text.size())
    cut();
  auto first = !filling();
  if (!bytes_ && !text.empty())
    bytes_ = std::make_shared<data::buffer>(std::max(block_bytes_, text.size()));
  if (!text.empty())
    bytes_->append(text);
  note(content_, records);
  if (content_.producers.size() == most_ranges_of_block)
    return cut(); // so that its header stays small
  auto soon = records.ticket != 0 && !std::exchange(soon_, soon_ || records.ticket != 0);
  if (first || soon)
    actions_.push_back(schedule_cut{last_cut_.value + 1, soon});
}

void block_generator::note(content& of, const fed_records& records) const {
  if (records.bytes)
    of.records += records.count;
  of.held_bytes += records.held;
  if (records.ticket != 0)
    of.tickets.push_back(records.ticket);
  if (records.producer.empty() || records.count == 0)
    return;
  for (auto& range : of.producers)
    if (range.producer == records.producer && range.last + 1 == records.first) {
      range.last = records.first + records.count - 1;
      return;
    }
  of.producers.push_back({records.producer, records.first, records.first + records.count - 1});
}

void block_generator::cut_due(std::uint64_t sequence) {
  if (last_cut_.value + 1 == sequence)
    cut();
}

void block_generator::cut() {
  if (!filling())
    return;
  soon_ = false;
  auto bytes = std::exchange(bytes_, nullptr);
  if (!bytes)
    bytes = std::make_shared<data::buffer>(0);
  else if (bytes->size() < bytes->capacity() / 4) { // it may wait for long, and is counted by what is in it
    auto fitting = std::make_shared<data::buffer>(bytes->size());
    fitting->append(bytes->view());
    bytes = std::move(fitting);
  }
  emit_block(std::exchange(content_, {}), std::move(bytes));
}

bool block_generator::fills_for(const std::string& producer) const {
  return std::any_of(content_.producers.begin(), content_.producers.end(),
                     [&](auto& range) { return range.producer == producer; });
}

void block_generator::emit_block(content what, data::buffer_handle bytes) {
  ensure(is_open() && bytes, "a block is cut under an epoch, and has bytes", "input", input_, "epoch", epoch_);
  last_cut_ = last_cut_.next();
  log::block_header header;
  header.id = {input_, epoch_, last_cut_};
  header.bytes = bytes->size();
  header.records = what.records;
  header.checksum = data::checksum(bytes->view());
  header.producers = what.producers;
  blocks_[last_cut_] = {header, std::move(what)};
  actions_.push_back(store{std::move(header), std::move(bytes)});
}

void block_generator::durable(block_sequence through) {
  for (auto at = blocks_.upper_bound(durable_); at != blocks_.end() && at->first <= through; ++at) {
    durable_ = at->first;
    durable_records_ += at->second.header.records;
    durable_bytes_ += at->second.header.bytes;
    for (auto& range : at->second.header.producers)
      actions_.push_back(reach{range.producer, range.last});
    for (auto ticket : at->second.what.tickets)
      actions_.push_back(confirm{ticket});
    at->second.what.tickets.clear();
  }
}

void block_generator::released(block_sequence through) {
  std::uint64_t bytes = 0;
  while (!blocks_.empty() && blocks_.begin()->first <= std::min(through, durable_)) {
    bytes += blocks_.begin()->second.what.held_bytes;
    blocks_.erase(blocks_.begin());
  }
  if (bytes > 0)
    actions_.push_back(release{bytes});
}

std::vector<log::block_header> block_generator::undurable() const {
  std::vector<log::block_header> headers;
  for (auto at = blocks_.upper_bound(durable_); at != blocks_.end(); ++at)
    headers.push_back(at->second.header);
  return headers;
}

} // namespace weir::actors
