#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "actors/sources/feeds.hpp"
#include "libstream/base/token_bucket.hpp"

namespace weir::actors {

/// Which lines of a generator are due. With a rate they fall due at fixed times, whoever is late (open loop); without one always. Whatever
/// is due waits for the input's limit. Pure; one thread.
class generator_pace {
public:
  using duration = std::chrono::microseconds;
  /// Lines fall due in groups no closer than this.
  static constexpr duration step{5'000};
  /// Bytes that are made at a time.
  static constexpr std::uint64_t group_bytes = 256 * limits::kib;

  explicit generator_pace(const generator_options& lines) : lines_{lines} {}

  /// The first `made` lines have been made before; time counts from here.
  void begin(std::uint64_t already_made) { made_lines_ = began_at_ = std::min(already_made, lines_.count); }

  /// No more lines a second than this from now on, `elapsed` after `begin`; 0 = as many as are due.
  void limit(std::uint64_t lines_per_s, duration elapsed) { bucket_.set_rate(lines_per_s, time(elapsed)); }

  bool finished() const { return made_lines_ >= lines_.count; }

  /// How many lines may be made now, `elapsed` after `begin`.
  std::uint64_t due(duration elapsed) {
    auto most = std::min(std::max<std::uint64_t>(1, group_bytes / lines_.bytes), lines_.count - made_lines_);
    return std::min({most, fallen_due(elapsed), bucket_.available(time(elapsed))});
  }

  /// How long until there is one more. Only while not finished, and none is due.
  duration until_due(duration elapsed) {
    auto allowed = std::max(bucket_.rate() == 0 ? duration{0} : step, bucket_.wait(time(elapsed)));
    if (lines_.rate == 0)
      return allowed;
    auto next_due =
      duration{static_cast<std::int64_t>(wide(made_lines_ - began_at_ + 1) * 1'000'000 / lines_.rate + 1)};
    return std::max({step, allowed, next_due - elapsed});
  }

  /// Takes lines; returns the number of the first, from 0.
  std::uint64_t take(std::uint64_t count, duration elapsed) {
    bucket_.take(count, time(elapsed));
    made_lines_ += count;
    return made_lines_ - count;
  }

private:
  __extension__ using wide = unsigned __int128;
  static token_bucket::time_point time(duration elapsed) { return token_bucket::time_point{elapsed}; }
  std::uint64_t fallen_due(duration elapsed) const {
    if (lines_.rate == 0)
      return token_bucket::unlimited;
    return planned(elapsed) - std::min(planned(elapsed), made_lines_ - began_at_);
  }
  std::uint64_t planned(duration elapsed) const {
    return static_cast<std::uint64_t>(wide(std::max<std::int64_t>(0, elapsed.count())) * lines_.rate / 1'000'000);
  }

  generator_options lines_;
  token_bucket bucket_;
  std::uint64_t made_lines_ = 0;
  std::uint64_t began_at_ = 0;
};

/// Lines [first, first + count), numbered from 1 for the log.
inline fed_records make_lines(const text_generator& from, std::uint64_t first, std::uint64_t count) {
  auto size = count * from.line_bytes();
  auto bytes = std::make_shared<data::buffer>(size + text_generator::slack_bytes);
  for (std::uint64_t i = 0; i < count; ++i)
    from.write_line(first + i, bytes->data() + i * from.line_bytes());
  bytes->resize(size);
  fed_records records;
  records.count = count;
  records.held = size + fed_overhead_bytes;
  records.bytes = std::move(bytes);
  records.producer = generator_producer;
  records.first = first + 1;
  return records;
}

} // namespace weir::actors
