// On a record's way, step 2 of 11: which records of a producer are new. From producer_port, to block_generator.
#include "actors/receiver/intake.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libstream/base/marks.hpp"

namespace weir::actors {

namespace {

/// Bytes behind the first `count` records.
std::string_view skip_records(std::string_view bytes, std::uint64_t count) {
  for (; count > 0; --count) {
    auto end = std::memchr(bytes.data(), '\n', bytes.size());
    if (!end)
      return {};
    bytes.remove_prefix(static_cast<std::size_t>(static_cast<const char*>(end) - bytes.data()) + 1);
  }
  return bytes;
}

data::buffer_handle without_first(const data::buffer& bytes, std::uint64_t count) {
  auto rest = skip_records(bytes.view(), count);
  auto trimmed = std::make_shared<data::buffer>(rest.size());
  trimmed->append(rest);
  return trimmed;
}

} // namespace

void intake::opened() {
  for (auto& [name, who] : producers_)
    if (!who.known)
      ask(name, who);
}

/// As long as it is not known nothing of it is under way, so the first question is as good as a later one.
void intake::ask(const std::string& name, producer& who) {
  if (who.question == 0)
    who.question = ++questions_;
  actions_.push_back(look_up{name, who.question});
}

void intake::hello(connection_id connection, const std::string& name) {
  auto& who = producers_[name];
  if (who.connection && *who.connection != connection) {
    mark("receiver.replaces_connection");
    connections_.erase(*who.connection);
    actions_.push_back(refuse{*who.connection, "producer '" + name + "' has connected anew"});
  }
  who.connection = connection;
  who.leaving = who.welcome = who.turned_away = false;
  connections_[connection] = name;
  if (who.known) {
    if (who.durable != who.accepted) {
      mark("receiver.welcomes_later");
      if (blocks_.fills_for(name))
        blocks_.cut(); // so that it need not wait for the block's time
    }
    greet(who);
  } else if (blocks_.is_open())
    ask(name, who);
}

/// Not before all that its earlier connections handed in is durable; `reached` comes back here.
void intake::greet(producer& who) {
  if (!who.connection || who.welcome || !blocks_.is_open() || stopped_ || who.durable != who.accepted)
    return;
  who.welcome = true;
  actions_.push_back(welcome{*who.connection, who.durable});
}

void intake::found(const std::string& name, std::uint64_t last_durable, bool logged, std::uint64_t question) {
  auto entry = producers_.find(name);
  if (entry == producers_.end() || entry->second.known)
    return;
  if (entry->second.question != question) {
    mark("receiver.drops_late_position");
    return;
  }
  auto& who = entry->second;
  if (!logged && !has_room_for_another()) {
    if (who.connection) {
      connections_.erase(*who.connection);
      actions_.push_back(refuse{*who.connection, "producer '" + name + "' is new, and this input knows " +
                                                   std::to_string(max_producers_) +
                                                   " producers already, as many as ingest.max_producers allows"});
    }
    producers_.erase(entry);
    return;
  }
  who.known = true;
  who.logged = logged;
  unlogged_producers_ += logged ? 0 : 1;
  who.accepted = who.durable = last_durable;
  greet(who);
}

void intake::become_logged(producer& who) {
  if (std::exchange(who.logged, true))
    return;
  --unlogged_producers_;
  ++logged_producers_;
}

void intake::forget(producer_entry entry) {
  if (entry->second.known && !entry->second.logged)
    --unlogged_producers_;
  producers_.erase(entry);
}

void intake::data(connection_id connection, const ingest_data& frame) {
  auto give_back = [&] {
    if (frame.held > 0)
      actions_.push_back(release{frame.held});
  };
  auto at = connections_.find(connection);
  if (at == connections_.end())
    return give_back();
  auto& name = at->second;
  auto& who = producers_.at(name);
  auto last = frame.first + frame.count - 1;
  if (stopped_) {
    who.turned_away = who.turned_away || last > who.accepted;
    return give_back();
  }
  if (!who.welcome || frame.count == 0 || frame.first == 0 || frame.first > who.accepted + 1) {
    give_back();
    actions_.push_back(refuse{connection, "expected record " + std::to_string(who.accepted + 1) + ", got " +
                                            std::to_string(frame.first)});
    return;
  }
  if (frame.first <= who.accepted)
    mark("receiver.drops_duplicates");
  if (last <= who.accepted) {
    give_back();
    actions_.push_back(acknowledge{connection, who.durable});
    return;
  }
  auto repeated = who.accepted + 1 - frame.first;
  fed_records fresh;
  fresh.bytes = frame.bytes && repeated > 0 ? without_first(*frame.bytes, repeated) : frame.bytes;
  fresh.count = last - who.accepted;
  fresh.held = frame.held;
  fresh.producer = name;
  fresh.first = who.accepted + 1;
  who.accepted = last;
  if (frame.bytes)
    taken_records_ += fresh.count;
  blocks_.add(fresh);
}

void intake::reached(const std::string& name, std::uint64_t last) {
  auto entry = producers_.find(name);
  if (entry == producers_.end())
    return;
  auto& who = entry->second;
  who.durable = std::max(who.durable, last);
  become_logged(who);
  if (who.connection && who.welcome)
    actions_.push_back(acknowledge{*who.connection, who.durable});
  else if (who.connection)
    greet(who);
  else if (who.durable == who.accepted)
    forget(entry);
  depart_if_durable(name);
}

void intake::goodbye(connection_id connection) {
  auto at = connections_.find(connection);
  if (at == connections_.end())
    return;
  auto& who = producers_.at(at->second);
  if (who.turned_away) {
    mark("receiver.ignores_goodbye");
    return;
  }
  who.leaving = true;
  who.goodbye = ++questions_;
  blocks_.cut();
  depart_if_durable(at->second);
}

void intake::depart_if_durable(const std::string& name) {
  auto entry = producers_.find(name);
  if (entry == producers_.end())
    return;
  auto& who = entry->second;
  if (who.leaving && who.known && who.durable == who.accepted)
    actions_.push_back(record_departure{name, who.goodbye});
}

void intake::departed(const std::string& name, bool added, std::uint64_t question) {
  auto entry = producers_.find(name);
  if (added && question <= counted_departure_)
    added = false; // the same answer once more
  if (added)
    counted_departure_ = question;
  if (added && entry != producers_.end() && entry->second.known && !entry->second.logged)
    become_logged(entry->second);
  else if (added)
    ++logged_producers_;
  if (entry == producers_.end() || !entry->second.leaving || !entry->second.connection)
    return;
  // Not the answer to an earlier goodbye: the producer may have sent more since, and this goodbye is asked for once that is durable.
  if (entry->second.goodbye != question)
    return;
  entry->second.leaving = false;
  actions_.push_back(farewell{*entry->second.connection});
}

void intake::closed(connection_id connection) {
  auto at = connections_.find(connection);
  if (at == connections_.end())
    return;
  auto entry = producers_.find(at->second);
  connections_.erase(at);
  if (entry == producers_.end() || entry->second.connection != connection)
    return;
  entry->second.connection.reset();
  entry->second.leaving = false;
  // Nothing of it is under way: the log knows all there is, so that names that come and go cost no memory.
  if (entry->second.durable == entry->second.accepted)
    forget(entry);
}

void intake::stop() {
  blocks_.cut();
  stopped_ = true;
}

void intake::ask_again() {
  for (auto& name : unanswered_lookups())
    ask(name, producers_.at(name));
  for (auto& name : unanswered_departures()) {
    mark("receiver.asks_for_farewell_again");
    depart_if_durable(name);
  }
}

std::vector<std::string> intake::unanswered_lookups() const {
  std::vector<std::string> names;
  for (auto& [name, who] : producers_)
    if (!who.known)
      names.push_back(name);
  return names;
}

std::vector<std::string> intake::unanswered_departures() const {
  std::vector<std::string> names;
  for (auto& [name, who] : producers_)
    if (who.leaving && who.durable == who.accepted)
      names.push_back(name);
  return names;
}

std::vector<std::string> intake::present_producers() const {
  std::vector<std::string> names;
  for (auto& [name, who] : producers_)
    names.push_back(name);
  return names;
}

} // namespace weir::actors
