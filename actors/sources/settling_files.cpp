#include "actors/sources/settling_files.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "libstream/data/hash.hpp"

namespace weir::actors {

namespace {

/// From one attempt to read a file that is held back to the next, if nothing tells of a change.
constexpr std::chrono::seconds held_pause{1};

} // namespace

void settling_files::begin_look(const look_time& now) {
  ++look_;
  compare_clocks(now);
  for (auto& [name, file] : unsettled_)
    if (!file.since)
      file.since = now.last_ended;
}

/// A time service that slows a clock or speeds it up needs minutes for so much. Then files wait for the settle time once, which does no harm.
void settling_files::compare_clocks(const look_time& now) {
  using std::chrono::duration_cast;
  using std::chrono::microseconds;
  auto apart = microseconds{now.wall_us} - duration_cast<microseconds>(now.steady.time_since_epoch());
  if (!clocks_apart_)
    clocks_apart_ = apart;
  if (std::chrono::abs(apart - *clocks_apart_) <= settle_ / 2)
    return;
  clocks_apart_ = apart;
  wall_clock_found_set_ = now.steady;
}

void settling_files::seen(std::string_view name, const file_state& state, const look_time& now) {
  if (auto known = known_.find(digest_of(name)); known != known_.end()) {
    known->second.look = look_;
    if (known->second.state == state)
      return;
    if (known->second.given)
      news_.changed.emplace_back(name);
    known_.erase(known);
  }
  if (is_still_held(name, state)) {
    settle(name, state); // its mode may have changed
    return;
  }
  auto entry = unsettled_.find(name);
  if (entry == unsettled_.end())
    entry = unsettled_.emplace(name, unsettled_file{state, {}, look_}).first;
  else if (entry->second.state != state)
    entry->second = {state, {}, look_};
  entry->second.look = look_;
  if (!is_complete(entry->second, now))
    return;
  settle(entry->first, entry->second.state);
  unsettled_.erase(entry);
}

void settling_files::gone(std::string_view name) {
  known_.erase(digest_of(name));
  release(name);
  if (auto entry = unsettled_.find(name); entry != unsettled_.end())
    unsettled_.erase(entry);
}

void settling_files::saw_all() {
  std::erase_if(known_, [this](auto& entry) { return entry.second.look != look_; });
  std::erase_if(unsettled_, [this](auto& entry) { return entry.second.look != look_; });
  std::erase_if(held_back_, [this](auto& entry) { return entry.second.look != look_; });
}

bool settling_files::hold_back(const listed_file& file, const look_time& now) {
  auto known = known_.extract(digest_of(file.name));
  auto state = known ? known.mapped().state : file_state{file.size, file.modified_ns};
  return held_back_.insert_or_assign(file.name, held_file{state, now.steady + held_pause, look_}).second;
}

void settling_files::release(std::string_view name) {
  if (auto held = held_back_.find(name); held != held_back_.end())
    held_back_.erase(held);
}

/// Forgets one that has changed: it has to settle anew.
bool settling_files::is_still_held(std::string_view name, const file_state& state) {
  auto held = held_back_.find(name);
  if (held == held_back_.end())
    return false;
  held->second.look = look_;
  if (held->second.state == state)
    return true;
  held_back_.erase(held);
  return false;
}

std::vector<std::string> settling_files::due(const look_time& now) const {
  std::vector<std::string> names;
  for (auto& [name, file] : unsettled_)
    if (is_complete(file, now))
      names.push_back(name);
  for (auto& [name, file] : held_back_)
    if (now.steady >= file.again)
      names.push_back(name);
  return names;
}

settling_files::news settling_files::take() {
  std::sort(news_.complete.begin(), news_.complete.end(), [](const listed_file& a, const listed_file& b) {
    return std::tie(a.modified_ns, a.name) < std::tie(b.modified_ns, b.name);
  });
  return std::exchange(news_, {});
}

settling_files::digest settling_files::digest_of(std::string_view name) const {
  return {data::hash_bytes(name, seed_), data::hash_bytes(name, ~seed_)};
}

bool settling_files::is_complete(const unsettled_file& file, const look_time& now) const {
  using std::chrono::nanoseconds;
  if (settle_ == settle_.zero() || (file.since && now.steady - *file.since >= settle_))
    return true;
  // After the settle time every file that was changed before the clock was set is old enough.
  if (wall_clock_found_set_ && now.steady - *wall_clock_found_set_ < settle_)
    return false;
  auto age = nanoseconds{now.wall_us * 1000} - nanoseconds{file.state.modified_ns};
  return trusts_times_ && age >= settle_;
}

void settling_files::settle(std::string_view name, const file_state& state) {
  known_[digest_of(name)] = {state, look_, state.size > 0};
  if (state.size == 0)
    news_.empty.emplace_back(name);
  else
    news_.complete.push_back({std::string{name}, state.size, state.modified_ns});
}

} // namespace weir::actors
