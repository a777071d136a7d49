#include "actors/receiver/intake.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "libstream/base/marks.hpp"
#include "libstream/data/checksum.hpp"

namespace weir::actors {

namespace {

/// Payloads at least this large become a block of their own, without a copy.
constexpr std::size_t whole_block_bytes = 64 * limits::kib;

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

} // namespace

void intake::opened(weir::epoch owner) {
  epoch_ = owner;
  for (auto& [name, who] : producers_)
    if (!who.known)
      actions_.push_back(look_up{name});
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
      auto is_filling = [&](auto& range) { return range.producer == name; };
      if (std::any_of(filling_.producers.begin(), filling_.producers.end(), is_filling))
        cut(); // so that it need not wait for the block's time
    }
    greet(who);
  } else if (is_open())
    actions_.push_back(look_up{name});
}

/// Not before all that its earlier connections handed in is durable; `durable` comes back here.
void intake::greet(producer& who) {
  if (!who.connection || who.welcome || !is_open() || stopped_ || who.durable != who.accepted)
    return;
  who.welcome = true;
  actions_.push_back(welcome{*who.connection, who.durable});
}

void intake::found(const std::string& name, std::uint64_t last_durable, bool logged) {
  auto entry = producers_.find(name);
  if (entry == producers_.end() || entry->second.known)
    return;
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
  auto first = who.accepted + 1;
  auto count = last - who.accepted;
  who.accepted = last;
  if (frame.bytes)
    taken_records_ += count;
  if (!frame.bytes)
    append(name, first, count, {}, frame.held);
  else if (repeated == 0 && frame.bytes->size() >= whole_block_bytes)
    cut_whole(name, first, count, frame.bytes, frame.held);
  else
    append(name, first, count, skip_records(frame.bytes->view(), repeated), frame.held);
}

void intake::append(const std::string& name, std::uint64_t first, std::uint64_t count, std::string_view bytes,
                    std::uint64_t held) {
  if (filling_.bytes && filling_.bytes->free() < bytes.size())
    cut();
  start_timer();
  if (!filling_.bytes && !bytes.empty())
    filling_.bytes = std::make_shared<data::buffer>(std::max(block_bytes_, bytes.size()));
  if (!bytes.empty()) {
    filling_.bytes->append(bytes);
    filling_.records += count;
  }
  filling_.held_bytes += held;
  note_range(name, first, count);
}

void intake::cut_whole(const std::string& name, std::uint64_t first, std::uint64_t count,
                       const data::buffer_handle& bytes, std::uint64_t held) {
  cut();
  emit_block(count, held, {{name, first, first + count - 1}}, bytes);
}

void intake::note_range(const std::string& name, std::uint64_t first, std::uint64_t count) {
  for (auto& range : filling_.producers)
    if (range.producer == name && range.last + 1 == first) {
      range.last = first + count - 1;
      return;
    }
  filling_.producers.push_back({name, first, first + count - 1});
}

void intake::start_timer() {
  if (filling_.producers.empty())
    actions_.push_back(schedule_cut{last_cut_.value + 1});
}

void intake::cut_due(std::uint64_t sequence) {
  if (last_cut_.value + 1 == sequence)
    cut();
}

void intake::cut() {
  if (filling_.producers.empty())
    return;
  auto full = std::exchange(filling_, {});
  auto bytes = full.bytes ? full.bytes : std::make_shared<data::buffer>(0);
  if (bytes->size() < bytes->capacity() / 4) { // it may wait for long, and is counted by what is in it
    auto fitting = std::make_shared<data::buffer>(bytes->size());
    fitting->append(bytes->view());
    bytes = std::move(fitting);
  }
  emit_block(full.records, full.held_bytes, std::move(full.producers), std::move(bytes));
}

void intake::emit_block(std::uint64_t records, std::uint64_t held, std::vector<log::producer_range> ranges,
                        data::buffer_handle bytes) {
  last_cut_ = last_cut_.next();
  log::block_header header;
  header.id = {input_, epoch_, last_cut_};
  header.bytes = bytes->size();
  header.records = records;
  header.checksum = data::checksum(bytes->view());
  header.producers = std::move(ranges);
  blocks_[last_cut_] = {header, held, false};
  actions_.push_back(store{std::move(header), std::move(bytes)});
}

void intake::durable(block_sequence through) {
  for (auto at = blocks_.upper_bound(durable_); at != blocks_.end() && at->first <= through; ++at) {
    at->second.is_durable = true;
    durable_ = at->first;
    durable_records_ += at->second.header.records;
    durable_bytes_ += at->second.header.bytes;
    for (auto& range : at->second.header.producers) {
      auto entry = producers_.find(range.producer);
      if (entry == producers_.end())
        continue;
      auto& who = entry->second;
      who.durable = std::max(who.durable, range.last);
      become_logged(who);
      if (who.connection && who.welcome)
        actions_.push_back(acknowledge{*who.connection, who.durable});
      else if (who.connection)
        greet(who);
      else if (who.durable == who.accepted)
        forget(entry);
      depart_if_durable(range.producer);
    }
  }
}

void intake::released(block_sequence through) {
  std::uint64_t bytes = 0;
  while (!blocks_.empty() && blocks_.begin()->first <= through && blocks_.begin()->second.is_durable) {
    bytes += blocks_.begin()->second.held_bytes;
    blocks_.erase(blocks_.begin());
  }
  if (bytes > 0)
    actions_.push_back(release{bytes});
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
  cut();
  depart_if_durable(at->second);
}

void intake::depart_if_durable(const std::string& name) {
  auto entry = producers_.find(name);
  if (entry == producers_.end())
    return;
  auto& who = entry->second;
  if (who.leaving && who.known && who.durable == who.accepted)
    actions_.push_back(record_departure{name});
}

void intake::departed(const std::string& name, bool added) {
  auto entry = producers_.find(name);
  if (added && entry != producers_.end() && entry->second.known && !entry->second.logged)
    become_logged(entry->second);
  else if (added)
    ++logged_producers_;
  if (entry == producers_.end() || !entry->second.leaving || !entry->second.connection)
    return;
  // The answer to an earlier goodbye: the producer has sent more since, and this goodbye is asked for once that is durable.
  if (entry->second.durable != entry->second.accepted)
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
  cut();
  stopped_ = true;
}

std::vector<log::block_header> intake::undurable() const {
  std::vector<log::block_header> headers;
  for (auto at = blocks_.upper_bound(durable_); at != blocks_.end(); ++at)
    headers.push_back(at->second.header);
  return headers;
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
