#include "actors/sources/producer_session.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "libstream/base/ensure.hpp"

namespace weir::actors {

namespace {

/// What a pack costs beside its bytes, so that empty ones are not free.
constexpr std::size_t pack_overhead_bytes = 128;

/// Nobody sends so many records: a greater number is no record's, and counting on from it could run over.
constexpr std::uint64_t greatest_number = std::numeric_limits<std::uint64_t>::max() / 2;

/// What this side keeps in memory is its own choice, whatever a server says that it takes.
welcome_frame capped(welcome_frame said) {
  said.max_frame_bytes = std::min<std::uint32_t>(said.max_frame_bytes, limits::max_frame_bytes);
  said.max_record_bytes = std::min<std::uint32_t>(said.max_record_bytes, said.max_frame_bytes - 2); // "\r\n"
  return said;
}

/// A copy without the first `count` records.
data::buffer_handle without_first(const data::buffer& bytes, std::uint64_t count) {
  auto later_records = bytes.view();
  for (; count > 0; --count)
    later_records.remove_prefix(later_records.find('\n') + 1);
  auto copy = std::make_shared<data::buffer>(later_records.size());
  copy->append(later_records);
  return copy;
}

} // namespace

std::size_t producer_session::kept_pack::cost() const {
  return pack_overhead_bytes + (pack.bytes ? pack.bytes->size() : 0);
}

producer_session::producer_session(std::string producer, std::size_t window_bytes, numbering numbers)
  : producer_{std::move(producer)}, window_bytes_{window_bytes}, numbers_{numbers} {}

void producer_session::add(record_pack pack) {
  kept_pack added{next_number_, std::move(pack)};
  next_number_ += added.pack.count;
  if (!added.pack.bytes)
    figures_.too_long += added.pack.count;
  if (added.last() <= durable_)
    return;
  held_bytes_ += added.cost();
  kept_.push_back(std::move(added));
}

void producer_session::connected() {
  state_ = state::greeting;
  cursor_ = 0;
}

void producer_session::disconnected() {
  if (state_ != state::finished)
    state_ = state::offline;
}

result<void> producer_session::welcomed(std::uint64_t last_durable, const welcome_frame& said) {
  if (state_ != state::awaiting_welcome)
    return fail(error_code::failed, "the server sent a WELCOME that nobody asked for");
  if (last_durable > greatest_number)
    return fail(error_code::failed,
                "the server has record " + std::to_string(last_durable) + " of producer '" + producer_ +
                  "' as its last, which is more than any producer can have sent",
                {}, "check host and port, or give this sender another --producer");
  if (last_durable < durable_)
    return fail(error_code::failed,
                "the server has record " + std::to_string(last_durable) + " of producer '" + producer_ +
                  "' as its last, but record " + std::to_string(durable_) + " was acknowledged",
                {}, "start the server on the data directory that it had before");
  // An earlier connection's records were all decided on before this WELCOME; what else is there came from somebody else.
  if (limits_ && last_durable > std::max(highest_sent_, durable_))
    return fail(error_code::failed,
                "the server has record " + std::to_string(last_durable) + " of producer '" + producer_ +
                  "', which this run has not sent: another sender uses this name",
                {}, "give each sender its own --producer");
  auto limits = capped(said);
  if (limits_ &&
      (limits.max_record_bytes < limits_->max_record_bytes || limits.max_frame_bytes < limits_->max_frame_bytes))
    return fail(error_code::failed, "the server's limits became smaller while records were being sent", {},
                "start the same command again");
  if (!limits_) {
    limits_ = limits;
    durable_before_ = last_durable;
    if (numbers_ == numbering::behind_the_server)
      first_number_ = next_number_ = last_durable + 1;
  }
  state_ = state::open;
  durable_ = last_durable;
  drop_durable();
  return {};
}

result<void> producer_session::acknowledged(std::uint64_t through) {
  if (!is_welcome())
    return fail(error_code::failed, "the server acknowledged records before it said WELCOME");
  if (through > std::max(highest_sent_, durable_))
    return fail(error_code::failed,
                "the server acknowledged record " + std::to_string(through) + ", which was not sent");
  durable_ = std::max(durable_, through);
  drop_durable();
  return {};
}

result<void> producer_session::farewell() {
  if (state_ != state::leaving)
    return fail(error_code::failed, "the server said FAREWELL before GOODBYE");
  state_ = state::finished;
  return {};
}

void producer_session::drop_durable() {
  while (!kept_.empty() && kept_.front().last() <= durable_) {
    ensure(kept_.front().cost() <= held_bytes_, "a pack is part of what is held", "record", kept_.front().first);
    held_bytes_ -= kept_.front().cost();
    kept_.pop_front();
    cursor_ -= std::min<std::size_t>(cursor_, 1);
  }
}

std::optional<outgoing> producer_session::next() {
  if (state_ == state::greeting) {
    state_ = state::awaiting_welcome;
    outgoing hello;
    hello.producer = producer_;
    return hello;
  }
  if (state_ != state::open)
    return std::nullopt;
  if (cursor_ < kept_.size())
    return send(kept_[cursor_++]);
  if (!input_ended_ || !kept_.empty())
    return std::nullopt;
  state_ = state::leaving;
  outgoing goodbye;
  goodbye.type = frame_type::goodbye;
  goodbye.sequence = next_number_ - 1;
  return goodbye;
}

outgoing producer_session::send(const kept_pack& next) {
  auto known = next.first <= durable_ ? durable_ + 1 - next.first : 0;
  outgoing frame;
  frame.type = next.pack.bytes ? frame_type::data : frame_type::skipped;
  frame.sequence = next.first + known;
  frame.count = static_cast<std::uint32_t>(next.pack.count - known);
  if (next.pack.bytes)
    frame.bytes = known == 0 ? next.pack.bytes : without_first(*next.pack.bytes, known);
  auto again = highest_sent_ >= frame.sequence ? std::min(highest_sent_, next.last()) + 1 - frame.sequence : 0;
  figures_.resent += again;
  figures_.sent += frame.count - again;
  highest_sent_ = std::max(highest_sent_, next.last());
  return frame;
}

producer_session::figures producer_session::counts() const {
  auto counts = figures_;
  auto behind = first_number_ - 1;
  counts.acknowledged = std::max(behind, std::min(durable_, next_number_ - 1)) - behind;
  if (numbers_ == numbering::from_one)
    counts.skipped = std::min(durable_before_, next_number_ - 1);
  return counts;
}

} // namespace weir::actors
