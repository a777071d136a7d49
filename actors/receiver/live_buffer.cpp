#include "actors/receiver/live_buffer.hpp"

#include <algorithm>

#include "libstream/base/limits.hpp"
#include "libstream/data/frames.hpp"

namespace weir::actors {

namespace {

/// Records that wait for the receiver are given at this size, or when it has time.
constexpr std::size_t group_bytes = 128 * limits::kib;
/// What a waiting record costs beside its bytes.
constexpr std::uint64_t record_overhead_bytes = 8;

/// How long to wait for memory: whoever frees some wakes those who wait, so this is only to look whether their run goes on.
constexpr std::chrono::milliseconds look_interval{500};
/// Between two looks at the rate: short, so that a batch's debt and a rate that changes are noticed.
constexpr token_bucket::duration shortest_pause{1'000};
constexpr token_bucket::duration longest_pause{500'000};

constexpr bool is_power_of_two(std::uint64_t n) { return n > 0 && (n & (n - 1)) == 0; }

data::buffer_handle buffer_of(std::string_view bytes) {
  auto copy = std::make_shared<data::buffer>(bytes.size());
  copy->append(bytes);
  return copy;
}

} // namespace

std::optional<live_buffer::duration> live_buffer::wait_for_room(time_point now) {
  if (is_full())
    return look_interval;
  if (is_too_fast(now))
    return std::clamp(bucket_.wait(now), shortest_pause, longest_pause);
  return std::nullopt;
}

live_buffer::outcome live_buffer::put(std::string_view frames, std::uint64_t count, time_point now) {
  if (is_full())
    return outcome::no_room;
  auto rest = frames;
  if (!fits(data::take_frame(rest))) {
    ++skipped_;
    return outcome::skipped;
  }
  came_ = true;
  bucket_.take(count, now);
  auto is_first = pending_count_ == 0;
  pending_.append(frames);
  pending_count_ += count;
  held_ += frames.size() + count * record_overhead_bytes;
  if (pending_.size() < group_bytes)
    return is_first ? outcome::begins_group : outcome::waits;
  flush();
  return outcome::given;
}

std::optional<error> live_buffer::refusal(std::string_view frames, time_point now, pacing how) {
  if (is_full())
    return error{error_code::failed, "the input holds all that it may until batches are committed", name_,
                 "store again later", true};
  if (how == pacing::at_rate && is_too_fast(now))
    return error{error_code::failed, "the input is at its rate", name_, "store again later", true};
  while (!frames.empty())
    if (!fits(data::take_frame(frames)))
      return error{error_code::usage, "a record is longer than max_record_bytes", name_,
                   "store shorter records, or raise max_record_bytes"};
  return std::nullopt;
}

void live_buffer::put_durable(std::string_view frames, std::uint64_t count, const plan::record_numbers& numbers,
                              time_point now, durable_function then) {
  came_ = true;
  bucket_.take(count, now);
  flush(); // records stay in the order in which they were stored
  fed_records records;
  records.bytes = buffer_of(frames);
  records.count = count;
  records.held = frames.size() + fed_overhead_bytes;
  records.producer = numbers.producer;
  records.first = numbers.first;
  records.ticket = ++last_ticket_;
  held_ += records.held;
  waiting_.emplace(records.ticket, std::move(then));
  given_.push_back(std::move(records));
}

void live_buffer::flush() {
  if (pending_count_ == 0)
    return;
  fed_records records;
  records.bytes = buffer_of(pending_);
  records.count = std::exchange(pending_count_, 0);
  records.held = pending_.size() + records.count * record_overhead_bytes;
  pending_.clear();
  given_.push_back(std::move(records));
}

live_buffer::durable_function live_buffer::settle(std::uint64_t ticket) {
  auto entry = waiting_.extract(ticket);
  return entry ? std::move(entry.mapped()) : nullptr;
}

std::vector<live_buffer::durable_function> live_buffer::abandon() {
  std::vector<durable_function> left;
  for (auto& [ticket, then] : std::exchange(waiting_, {}))
    left.push_back(std::move(then));
  return left;
}

std::optional<std::string> live_buffer::report_of_skipped() const {
  if (!is_power_of_two(skipped_))
    return std::nullopt;
  return "skipped " + std::to_string(skipped_) + " records longer than max_record_bytes (" +
         std::to_string(bounds_.max_record_bytes) + ")";
}

} // namespace weir::actors
