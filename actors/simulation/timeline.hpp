#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string_view>

#include "actors/simulation/chance.hpp"

namespace weir::actors::simulation {

/// Virtual time, what is going to happen on it, the seed's choices, and a hash over all that happened: two runs of a seed
/// that differ anywhere differ in it. One thread.
class timeline {
public:
  using time_point = std::chrono::steady_clock::time_point;
  using duration = std::chrono::microseconds;

  explicit timeline(std::uint64_t seed, bool trace) : random_{seed}, trace_{trace} {}

  chance& random() { return random_; }
  time_point now() const { return now_; }
  duration elapsed() const { return std::chrono::duration_cast<duration>(now_ - beginning); }
  void advance_to(time_point when) { now_ = std::max(now_, when); }

  /// Things due at the same time happen in the order in which they were asked for.
  void at(time_point when, std::function<void()> what) { events_.emplace(when, std::move(what)); }
  void after(duration pause, std::function<void()> what) { at(now_ + pause, std::move(what)); }
  bool is_due() const { return !events_.empty() && events_.begin()->first <= now_; }
  time_point next_event() const { return events_.empty() ? time_point::max() : events_.begin()->first; }
  void run_next_event() {
    auto what = std::move(events_.begin()->second);
    events_.erase(events_.begin());
    what();
  }

  void mix(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3ull; }
  void mix(std::string_view text) {
    for (auto byte : text)
      mix(static_cast<unsigned char>(byte));
  }
  std::uint64_t hash() const { return hash_; }

  bool traces() const { return trace_; }
  /// Something that happened: part of the hash, and told when tracing.
  void note(std::string_view what) {
    mix(what);
    tell(what);
  }
  /// Told when tracing, on standard output.
  void tell(std::string_view what) const;

private:
  /// Far from zero, so that no computation on it goes below.
  static constexpr time_point beginning{std::chrono::hours{1}};

  chance random_;
  bool trace_;
  time_point now_ = beginning;
  std::multimap<time_point, std::function<void()>> events_;
  std::uint64_t hash_ = 0xcbf29ce484222325ull;
};

} // namespace weir::actors::simulation
