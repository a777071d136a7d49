#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "libstream/base/error.hpp"
#include "libstream/base/ids.hpp"

namespace weir::actors {

/// How a run begins and ends: what the actors report and the owner waits for. Any thread.
class outcome {
public:
  using clock = std::chrono::steady_clock;

  /// `unfinished` says what an application that should have drained still had to do.
  explicit outcome(std::function<std::string()> unfinished) : unfinished_{std::move(unfinished)} {}

  /// The first one counts.
  void fail(const error& why) {
    change([&] {
      if (!error_ && !finished_)
        error_ = why;
    });
  }
  /// The run goes on, but does not end well: the first one counts, of the others how many there are.
  void spoil(const error& why) {
    change([&] {
      ++spoiled_;
      if (!spoiled_by_)
        spoiled_by_ = why;
    });
  }
  void finish() {
    change([&] { finished_ = true; });
  }
  /// It drains, and must have ended within `limit` from now on.
  void drain_within(std::chrono::milliseconds limit) {
    change([&] {
      deadline_ = clock::now() + limit;
      limit_ = limit;
    });
  }
  /// The same, unless a limit holds already.
  void begin_drain(std::chrono::milliseconds usual_limit) {
    change([&] {
      if (deadline_)
        return;
      deadline_ = clock::now() + usual_limit;
      limit_ = usual_limit;
    });
  }
  void input_started(input_id input) {
    change([&] { started_.insert(input); });
  }

  /// True once all of `inputs` have started, false if the time is over or the application has ended first.
  bool await_inputs(const std::set<input_id>& inputs, std::chrono::milliseconds limit) {
    std::unique_lock guard{mutex_};
    auto all_started = [&] { return std::includes(started_.begin(), started_.end(), inputs.begin(), inputs.end()); };
    changed_.wait_for(guard, limit, [&] { return over() || all_started(); });
    return all_started();
  }

  /// True once it has ended, or its first error; false if the time is over first.
  result<bool> await(std::optional<std::chrono::milliseconds> limit) {
    std::unique_lock guard{mutex_};
    auto until = limit ? std::optional{clock::now() + *limit} : std::nullopt;
    while (!over()) {
      if (deadline_ && clock::now() >= *deadline_)
        error_ = drained_too_long(guard);
      else if (until && clock::now() >= *until)
        return false;
      else
        wait(guard, until);
    }
    if (error_)
      return tl::make_unexpected(*error_);
    if (spoiled_by_)
      return tl::make_unexpected(how_spoiled());
    return true;
  }

  std::optional<error> failure() {
    std::lock_guard guard{mutex_};
    return error_;
  }

private:
  bool over() const { return error_ || finished_; }

  error how_spoiled() const {
    auto why = *spoiled_by_;
    if (spoiled_ > 1)
      why.where += " and " + std::to_string(spoiled_ - 1) + " more";
    return why;
  }

  template <class Change>
  void change(Change apply) {
    std::lock_guard guard{mutex_};
    apply();
    changed_.notify_all();
  }

  void wait(std::unique_lock<std::mutex>& guard, std::optional<clock::time_point> until) {
    if (deadline_ && (!until || *deadline_ < *until))
      until = deadline_;
    if (until)
      changed_.wait_until(guard, *until);
    else
      changed_.wait(guard);
  }

  error drained_too_long(std::unique_lock<std::mutex>& guard) {
    auto limit = limit_;
    guard.unlock(); // it asks others, who may be telling us something
    auto left = unfinished_();
    guard.lock();
    return {error_code::failed,
            "stopped at once, as it had not drained within " + std::to_string(limit.count()) + " ms", "graceful stop",
            left};
  }

  std::function<std::string()> unfinished_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<error> error_;
  std::optional<error> spoiled_by_;
  std::uint64_t spoiled_ = 0;
  bool finished_ = false;
  std::optional<clock::time_point> deadline_;
  std::chrono::milliseconds limit_{0};
  std::set<input_id> started_;
};

} // namespace weir::actors
