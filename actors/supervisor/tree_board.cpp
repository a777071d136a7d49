#include "actors/supervisor/tree_board.hpp"

#include <algorithm>

#include "libstream/base/json_text.hpp"
#include "libstream/base/text.hpp"

namespace weir::actors {

std::string describe(const supervision_failure& failure) {
  return "ended " + std::to_string(failure.ends) + (failure.ends == 1 ? " time" : " times") + " within " +
         format_duration(failure.window) + ", at last because: " + failure.reason;
}

const char* name_of(child_state state) {
  switch (state) {
    case child_state::running: return "running";
    case child_state::waiting: return "waiting";
    case child_state::stopping: return "stopping";
    case child_state::stopped: return "stopped";
    case child_state::done: return "done";
    case child_state::abandoned: return "abandoned";
  }
  return "unknown";
}

tree_board::record* tree_board::find_record(const std::string& name) {
  auto enlisted = std::find_if(records_.begin(), records_.end(), [&](auto& each) { return each.row.name == name; });
  return enlisted == records_.end() ? nullptr : &*enlisted;
}

const tree_board::record* tree_board::find_record(const std::string& name) const {
  return const_cast<tree_board*>(this)->find_record(name);
}

void tree_board::enlist(const std::string& name, const std::string& parent, bool supervisor) {
  std::lock_guard guard{mutex_};
  if (find_record(name))
    return;
  record added;
  added.row.name = name;
  added.row.parent = parent;
  added.row.supervisor = supervisor;
  records_.push_back(std::move(added));
}

void tree_board::started(const std::string& name, const caf::strong_actor_ptr& handle, time_point now) {
  std::lock_guard guard{mutex_};
  auto enlisted = find_record(name);
  if (!enlisted)
    return;
  auto since = enlisted->doomed ? enlisted->doomed : enlisted->ended;
  if (enlisted->ran) {
    ++enlisted->row.restarts;
    if (since)
      enlisted->row.restart_took = std::chrono::duration_cast<std::chrono::microseconds>(now - *since);
  }
  enlisted->ran = true;
  enlisted->doomed.reset();
  enlisted->ended.reset();
  enlisted->handle = caf::actor_cast<caf::actor_addr>(handle);
  enlisted->row.state = child_state::running;
  enlisted->row.started = now;
}

void tree_board::ended(const std::string& name, child_state state, const std::string& reason, time_point now) {
  std::lock_guard guard{mutex_};
  if (auto enlisted = find_record(name)) {
    enlisted->handle = nullptr;
    enlisted->ended = now;
    enlisted->row.state = state;
    enlisted->row.last_reason = reason;
  }
}

void tree_board::ends_with_supervisor(const std::string& name, time_point now) {
  std::lock_guard guard{mutex_};
  if (auto enlisted = find_record(name)) {
    enlisted->ended = now;
    enlisted->row.state = child_state::stopped;
    enlisted->row.last_reason = "its supervisor ended";
  }
}

void tree_board::becomes(const std::string& name, child_state state) {
  std::lock_guard guard{mutex_};
  if (auto enlisted = find_record(name))
    enlisted->row.state = state;
}

void tree_board::all_ended_below(const std::string& supervisor, time_point now) {
  std::lock_guard guard{mutex_};
  end_below(supervisor, now);
}

void tree_board::end_below(const std::string& parent, time_point now) {
  for (auto& each : records_) {
    if (each.row.parent != parent || each.row.name == parent)
      continue;
    if (each.row.state <= child_state::stopping) {
      each.row.state = child_state::stopped;
      each.handle = nullptr;
      if (!each.ended)
        each.ended = now;
    }
    if (each.row.supervisor)
      end_below(each.row.name, now);
  }
}

void tree_board::doomed(const std::string& name, time_point now) {
  std::lock_guard guard{mutex_};
  if (auto enlisted = find_record(name))
    enlisted->doomed = now;
}

void tree_board::gave_up(const std::string& name, supervision_failure why) {
  std::lock_guard guard{mutex_};
  if (auto enlisted = find_record(name))
    enlisted->failure = std::move(why);
}

std::optional<supervision_failure> tree_board::why_it_gave_up(const std::string& name) {
  std::lock_guard guard{mutex_};
  auto enlisted = find_record(name);
  return enlisted ? std::exchange(enlisted->failure, std::nullopt) : std::nullopt;
}

caf::strong_actor_ptr tree_board::find(const std::string& name) const {
  std::lock_guard guard{mutex_};
  auto enlisted = find_record(name);
  return enlisted ? caf::actor_cast<caf::strong_actor_ptr>(enlisted->handle) : nullptr;
}

std::vector<tree_board::living> tree_board::living_below(const std::string& name) const {
  std::lock_guard guard{mutex_};
  std::vector<living> descendants;
  add_living(name, true, descendants);
  return descendants;
}

std::vector<tree_board::living> tree_board::living_children(const std::string& name) const {
  std::lock_guard guard{mutex_};
  std::vector<living> children;
  add_living(name, false, children);
  return children;
}

void tree_board::add_living(const std::string& parent, bool deep, std::vector<living>& into) const {
  for (auto each = records_.rbegin(); each != records_.rend(); ++each) {
    if (each->row.parent != parent || each->row.name == parent)
      continue;
    if (auto handle = caf::actor_cast<caf::strong_actor_ptr>(each->handle);
        handle && !handle->get()->getf(caf::abstract_actor::is_terminated_flag)) // referred to, but dead, is dead
      into.push_back({each->row.name, std::move(handle)});
    if (deep && each->row.supervisor)
      add_living(each->row.name, deep, into);
  }
}

std::vector<std::string> tree_board::actors_below(const std::string& name) const {
  std::lock_guard guard{mutex_};
  auto top = find_record(name);
  if (top && !top->row.supervisor)
    return {name};
  std::vector<std::string> names;
  add_actors(name, names);
  return names;
}

void tree_board::add_actors(const std::string& parent, std::vector<std::string>& into) const {
  for (auto& each : records_) {
    if (each.row.parent != parent)
      continue;
    if (each.row.supervisor)
      add_actors(each.row.name, into);
    else
      into.push_back(each.row.name);
  }
}

std::vector<tree_row> tree_board::rows() const {
  std::lock_guard guard{mutex_};
  std::vector<tree_row> rows;
  add_rows("", rows);
  return rows;
}

void tree_board::add_rows(const std::string& parent, std::vector<tree_row>& into) const {
  for (auto& each : records_)
    if (each.row.parent == parent) {
      into.push_back(each.row);
      if (each.row.supervisor)
        add_rows(each.row.name, into);
    }
}

namespace {

std::string row_as_json(const std::vector<tree_row>& rows, std::size_t& next_row, tree_board::time_point now,
                        const std::map<std::string, std::string>& about) {
  auto& row = rows[next_row++];
  using std::chrono::duration_cast;
  auto lives = row.state == child_state::running || row.state == child_state::stopping;
  auto uptime = lives ? duration_cast<std::chrono::milliseconds>(now - row.started).count() : 0;
  auto known = about.find(row.name);
  auto text = "{\"name\":" + json_text(row.name) +
              (known == about.end() ? "" : ",\"about\":" + json_text(known->second)) + ",\"kind\":\"" +
              (row.supervisor ? "supervisor" : "actor") + "\",\"state\":\"" + name_of(row.state) +
              "\",\"restarts\":" + std::to_string(row.restarts) + ",\"last_reason\":" + json_text(row.last_reason) +
              ",\"uptime_ms\":" + std::to_string(std::max<std::int64_t>(0, uptime));
  if (row.restart_took)
    text += ",\"restart_us\":" + std::to_string(row.restart_took->count());
  if (row.supervisor) {
    text += ",\"children\":[";
    for (auto first = true; next_row < rows.size() && rows[next_row].parent == row.name; first = false)
      text += (first ? "" : ",") + row_as_json(rows, next_row, now, about);
    text += "]";
  }
  return text + "}";
}

} // namespace

std::string to_json(const std::vector<tree_row>& rows, tree_board::time_point now,
                    const std::map<std::string, std::string>& about) {
  std::size_t next_row = 0;
  return rows.empty() ? "null" : row_as_json(rows, next_row, now, about);
}

} // namespace weir::actors
