#include "actors/sources/settling_files.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "libstream/data/hash.hpp"

namespace weir::actors {

void settling_files::begin_look(const look_time& now) {
  ++look_;
  for (auto& [name, file] : unsettled_)
    if (!file.since)
      file.since = now.last_ended;
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
  auto entry = unsettled_.find(name);
  if (entry == unsettled_.end())
    entry = unsettled_.emplace(name, unsettled_file{state, {}, look_}).first;
  else if (entry->second.state != state)
    entry->second = {state, {}, look_};
  entry->second.look = look_;
  if (!is_complete(entry->second, now))
    return;
  settle(*entry);
  unsettled_.erase(entry);
}

void settling_files::gone(std::string_view name) {
  known_.erase(digest_of(name));
  if (auto entry = unsettled_.find(name); entry != unsettled_.end())
    unsettled_.erase(entry);
}

void settling_files::saw_all() {
  std::erase_if(known_, [this](auto& entry) { return entry.second.look != look_; });
  std::erase_if(unsettled_, [this](auto& entry) { return entry.second.look != look_; });
}

std::vector<std::string> settling_files::due(const look_time& now) const {
  std::vector<std::string> names;
  for (auto& [name, file] : unsettled_)
    if (is_complete(file, now))
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
  auto age = nanoseconds{now.wall_us * 1000} - nanoseconds{file.state.modified_ns};
  return trusts_times_ && age >= settle_;
}

void settling_files::settle(const named_file& file) {
  auto& [name, at] = file;
  known_[digest_of(name)] = {at.state, look_, at.state.size > 0};
  if (at.state.size == 0)
    news_.empty.push_back(name);
  else
    news_.complete.push_back({name, at.state.size, at.state.modified_ns});
}

} // namespace weir::actors
