#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace weir::actors {

/// How long a client waits before it tries again: about the base delay, twice as long after each failure in a row, up to
/// `longest` (or the base, if that is more). A quarter more or less by chance, so that many clients do not come at once. Pure.
class retry_pause {
public:
  using duration = std::chrono::milliseconds;
  static constexpr duration longest{30'000};

  explicit retry_pause(duration base) : base_{base} {}

  /// The pause before the next attempt; `random` is any number.
  duration next(std::uint64_t random) {
    auto most = std::max(base_, longest);
    auto pause = std::min(most, base_ * (std::int64_t{1} << std::min(failures_, 10u)));
    ++failures_;
    auto spread = std::max<std::int64_t>(1, pause.count() / 2);
    return duration{std::max<std::int64_t>(
      1, pause.count() * 3 / 4 + static_cast<std::int64_t>(random % static_cast<std::uint64_t>(spread)))};
  }
  /// The peer has shown that it is there.
  void succeeded() { failures_ = 0; }

private:
  duration base_;
  unsigned failures_ = 0;
};

} // namespace weir::actors
