#include "actors/receiver/numbered_records.hpp"

#include <algorithm>

#include "libstream/data/frames.hpp"

namespace weir::actors {

namespace {

/// Producers that are remembered although nothing of theirs is under way; others are looked up again.
constexpr std::size_t most_idle_producers = 4096;

fed_records without_first(const fed_records& records, std::uint64_t count) {
  auto rest = data::skip_frames(records.bytes->view(), count);
  auto bytes = std::make_shared<data::buffer>(rest.size());
  bytes->append(rest);
  auto trimmed = records;
  trimmed.bytes = std::move(bytes);
  trimmed.first += count;
  trimmed.count -= count;
  return trimmed;
}

} // namespace

void numbered_records::arrived(fed_records records) {
  auto [entry, fresh] = producers_.try_emplace(records.producer);
  auto& who = entry->second;
  if (who.known) {
    judge(who, std::move(records));
    return;
  }
  if (fresh) {
    who.question = ++questions_;
    actions_.push_back(look_up{records.producer, who.question});
  }
  who.early.push_back(std::move(records));
}

void numbered_records::found(const std::string& producer, std::uint64_t last_durable, std::uint64_t question) {
  auto entry = producers_.find(producer);
  if (entry == producers_.end() || entry->second.known || entry->second.question != question)
    return;
  if (producers_.size() > most_idle_producers)
    forget_idle();
  become_known(entry->second, last_durable);
}

void numbered_records::begin(const std::string& producer, std::uint64_t last_durable) {
  if (auto& who = producers_[producer]; !who.known)
    become_known(who, last_durable);
}

void numbered_records::become_known(standing& who, std::uint64_t last_durable) {
  who.known = true;
  who.accepted = who.durable = last_durable;
  for (auto& records : std::exchange(who.early, {}))
    judge(who, std::move(records));
}

void numbered_records::judge(standing& who, fed_records records) {
  auto last = records.first + records.count - 1;
  if (records.count == 0 || records.first == 0 || records.first > who.accepted + 1) {
    actions_.push_back(refuse{records.ticket, "producer '" + records.producer + "' is at record " +
                                                std::to_string(who.accepted) + ": the next one is " +
                                                std::to_string(who.accepted + 1) + ", not " +
                                                std::to_string(records.first)});
    actions_.push_back(release{records.held});
    return;
  }
  if (last <= who.durable) {
    actions_.push_back(confirm{records.ticket});
    actions_.push_back(release{records.held});
    return;
  }
  if (last <= who.accepted) {
    who.in_the_block.push_back({last, records.ticket, records.held});
    return;
  }
  if (auto known = who.accepted + 1 - records.first; known > 0)
    records = without_first(records, known);
  who.accepted = last;
  actions_.push_back(accept{std::move(records)});
}

void numbered_records::durable(const std::string& producer, std::uint64_t last) {
  auto entry = producers_.find(producer);
  if (entry == producers_.end())
    return;
  auto& who = entry->second;
  who.durable = std::max(who.durable, last);
  std::erase_if(who.in_the_block, [&](const repeated& waits) {
    if (waits.last > who.durable)
      return false;
    actions_.push_back(confirm{waits.ticket});
    actions_.push_back(release{waits.held});
    return true;
  });
}

void numbered_records::forget_idle() {
  std::erase_if(producers_,
                [](auto& entry) { return entry.second.known && entry.second.accepted == entry.second.durable; });
}

std::vector<numbered_records::look_up> numbered_records::unanswered() const {
  std::vector<look_up> open;
  for (auto& [name, who] : producers_)
    if (!who.known)
      open.push_back({name, who.question});
  return open;
}

bool numbered_records::any_waiting() const {
  return std::any_of(producers_.begin(), producers_.end(),
                     [](auto& entry) { return !entry.second.early.empty() || !entry.second.in_the_block.empty(); });
}

} // namespace weir::actors
