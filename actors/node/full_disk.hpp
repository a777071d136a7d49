#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace weir::actors {

/// What a person is told of a disk that is full: once when it begins, again now and then while it lasts, and when it is over. A disk
/// that is full and not full by turns is no reason to say more. Pure; one thread.
class full_disk {
public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Something was refused for lack of room. What is to be said, if it is time.
  std::optional<std::string> refused(time_point now, const std::string& problem) {
    if (!since_)
      since_ = now;
    if (told_ && now - *told_ < between_words)
      return std::nullopt;
    told_ = now;
    announced_ = true;
    return problem + "; waiting until there is room, nothing is lost";
  }

  /// What was refused has been done.
  std::optional<std::string> went_on(time_point now) {
    if (!since_)
      return std::nullopt;
    auto lasted = std::chrono::duration_cast<std::chrono::milliseconds>(now - *std::exchange(since_, std::nullopt));
    if (!std::exchange(announced_, false))
      return std::nullopt;
    return "there is room again after " + std::to_string(lasted.count()) + " ms; going on";
  }

  bool lasts() const { return since_.has_value(); }

private:
  static constexpr std::chrono::seconds between_words{60};

  std::optional<time_point> since_;
  std::optional<time_point> told_; ///< the last time
  bool announced_ = false;         ///< the current one
};

} // namespace weir::actors
