#include "actors/batch_coordinator/input_queue.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "libstream/base/ensure.hpp"

namespace weir::actors {

namespace {

constexpr auto most = std::numeric_limits<std::uint64_t>::max();
/// As long as the name of a file: the log keeps it in its keys.
constexpr std::size_t max_partition_bytes = 255;
constexpr std::uint64_t max_offset_bytes = std::uint64_t{1} << 32;

std::uint64_t add(std::uint64_t a, std::uint64_t b) { return a > most - b ? most : a + b; }

result<void> check(const plan::source_partition& found) {
  if (found.name.empty() || found.name.size() > max_partition_bytes)
    return fail(error_code::configuration, "a partition's name must have 1 to 255 bytes", "'" + found.name + "'",
                "give it another name");
  if (found.offset_bytes == 0 || found.offset_bytes > max_offset_bytes)
    return fail(error_code::configuration, "an offset must stand for 1 byte to 4 GiB", "partition " + found.name,
                "set offset_bytes to about the number of bytes between two offsets");
  return {};
}

result<void> check_growth(const plan::source_partition& found, const log::partition_position& known) {
  auto lost = [&](const std::string& what) {
    return fail(error_code::corrupt, what, "partition " + found.name,
                "restore the source as it was, or begin anew with another data directory");
  };
  if (found.version != known.version)
    return lost("its content was replaced: it has version " + std::to_string(found.version) + ", batches have read " +
                std::to_string(known.version));
  if (found.end < known.sealed_to)
    return lost("it ends at offset " + std::to_string(found.end) + ", but batches have read up to " +
                std::to_string(known.sealed_to));
  return {};
}

} // namespace

std::uint64_t input_queue::replayed_partition::unread_bytes() const {
  return unread() > most / offset_bytes ? most : unread() * offset_bytes;
}

void input_queue::replayed_input::wait(named_partition& partition) {
  if (partition.second.unread() == 0 || std::exchange(partition.second.waits, true))
    return;
  unread.push_back(&partition);
  count(partition);
}

void input_queue::replayed_input::uncount(const named_partition& partition) {
  if (!partition.second.waits)
    return;
  ensure(partition.second.unread_bytes() <= unread_bytes, "a partition is part of what its input has to read",
         "partition", partition.first);
  unread_bytes -= partition.second.unread_bytes();
}

void input_queue::replayed_input::count(const named_partition& partition) {
  if (partition.second.waits)
    unread_bytes += partition.second.unread_bytes();
}

void input_queue::sealed_before(input_id input, weir::epoch owner, block_sequence through) {
  auto& at = lines_[{input, owner}];
  at.known = std::max(at.known, through);
}

void input_queue::begun_before(input_id input, const std::string& partition, const log::partition_position& position) {
  auto& log = replayed_[input];
  log.has_new = true;
  auto& entry = *log.known.try_emplace(partition).first;
  entry.second.position = position;
  log.wait(entry);
}

bool input_queue::blocks_ready(input_id input, weir::epoch owner, const std::vector<log::block_header>& headers,
                               block_sequence durable) {
  auto& at = lines_[{input, owner}];
  for (auto& header : headers) {
    if (header.id.sequence <= at.known || (at.ends_at && header.id.sequence > durable))
      continue;
    if (header.id.sequence != at.known.next())
      return false;
    at.known = header.id.sequence;
    at.blocks.push_back(header);
    at.waiting.records += header.records;
    at.waiting.bytes += header.bytes;
  }
  return true;
}

bool input_queue::void_behind(input_id input, weir::epoch owner, block_sequence through) {
  auto& at = lines_[{input, owner}];
  at.ends_at = std::max(at.ends_at.value_or(through), through);
  auto dropped = false;
  for (; !at.blocks.empty() && at.blocks.back().id.sequence > through; at.blocks.pop_back()) {
    auto& last = at.blocks.back();
    at.known = block_sequence{last.id.sequence.value - 1};
    at.waiting.records -= last.records;
    at.waiting.bytes -= last.bytes;
    dropped = true;
  }
  return dropped;
}

bool input_queue::knows_through(input_id input, weir::epoch owner, block_sequence through) const {
  auto entry = lines_.find({input, owner});
  if (entry == lines_.end())
    return through.value == 0;
  auto& [known, blocks, waiting, ends_at] = entry->second;
  return std::min(through, ends_at.value_or(through)) <= known;
}

block_sequence input_queue::known_through(input_id input, weir::epoch owner) const {
  auto entry = lines_.find({input, owner});
  return entry == lines_.end() ? block_sequence{} : entry->second.known;
}

bool input_queue::must_look_up(input_id input, const std::string& partition) const {
  auto entry = replayed_.find(input);
  return entry == replayed_.end() || !entry->second.known.contains(partition);
}

std::optional<log::partition_position> input_queue::position_of(input_id input, const std::string& partition,
                                                                const logged_positions& logged) const {
  if (!must_look_up(input, partition))
    return replayed_.at(input).known.at(partition).position;
  auto entry = logged.find({input, partition});
  return entry == logged.end() ? std::nullopt : std::optional{entry->second};
}

result<std::vector<std::string>> input_queue::offsets_found(input_id input,
                                                            const std::vector<plan::source_partition>& partitions,
                                                            const logged_positions& logged) {
  std::vector<std::string> changed;
  auto& log = replayed_[input];
  for (auto& found : partitions) {
    if (auto sound = check(found); !sound)
      return tl::make_unexpected(sound.error());
    auto before = position_of(input, found.name, logged);
    auto position =
      before.value_or(log::partition_position{found.end, found.version, std::min(found.begin, found.end)});
    if (found.grows) {
      if (auto same = check_growth(found, position); !same)
        return tl::make_unexpected(same.error());
      position.end = found.end;
    } else if (position.end != found.end || position.version != found.version) {
      if (position.sealed_to > 0)
        changed.push_back(
          found.name); // what is left of it is read as it was when it was found, which fails and says so
      else
        position = {found.end, found.version, 0};
    }
    if (!found.grows && position.sealed_to >= position.end) {
      ++log.read_before;
      continue;
    }
    log.has_new = true;
    auto& entry = *log.known.try_emplace(found.name).first;
    log.uncount(entry);
    entry.second.position = position;
    entry.second.grows = found.grows;
    entry.second.offset_bytes = found.offset_bytes;
    log.count(entry);
    log.wait(entry);
  }
  return changed;
}

std::vector<std::string> input_queue::offsets_changed(input_id input, const std::vector<std::string>& partitions,
                                                      const logged_positions& logged) {
  std::vector<std::string> read;
  auto& log = replayed_[input];
  for (auto& name : partitions) {
    auto before = position_of(input, name, logged);
    auto entry = log.known.find(name);
    if (before && before->sealed_to > 0) {
      read.push_back(name);
    } else if (entry != log.known.end()) {
      log.uncount(*entry);
      std::erase(log.unread, &*entry);
      log.known.erase(entry);
    }
  }
  return read;
}

std::uint64_t input_queue::only_read_before(input_id input) const {
  auto log = replayed_.find(input);
  return log == replayed_.end() || log->second.has_new ? 0 : log->second.read_before;
}

void input_queue::committed(const log::batch_record& batch) {
  for (auto& split : batch.splits)
    for (auto& range : split.ranges) {
      auto log = replayed_.find(range.input);
      if (log == replayed_.end())
        continue;
      auto entry = log->second.known.find(range.partition);
      if (entry != log->second.known.end() && !entry->second.grows && entry->second.unread() == 0 &&
          range.to == entry->second.position.end)
        log->second.known.erase(entry);
    }
}

void input_queue::drop_offsets() {
  for (auto& [input, log] : replayed_) {
    log.allowed.clear();
    for (; !log.unread.empty(); log.unread.pop_front()) {
      log.uncount(*log.unread.front());
      log.unread.front()->second.waits = false;
    }
  }
}

std::vector<input_id> input_queue::inputs_with_work() const {
  std::set<input_id> found;
  for (auto& [key, at] : lines_)
    if (!at.blocks.empty())
      found.insert(key.first);
  for (auto& [input, log] : replayed_)
    if (!log.unread.empty())
      found.insert(input);
  return {found.begin(), found.end()};
}

std::vector<input_id> input_queue::inputs_to_take() const {
  auto found = inputs_with_work();
  std::erase_if(found, [this](auto input) {
    auto entry = replayed_.find(input);
    return entry != replayed_.end() && entry->second.most_bytes == 0;
  });
  return found;
}

bool input_queue::empty() const { return inputs_with_work().empty(); }

bool input_queue::waits(const block_id& id) const {
  auto entry = lines_.find({id.input, id.epoch});
  return entry != lines_.end() && !entry->second.blocks.empty() &&
         entry->second.blocks.front().id.sequence <= id.sequence;
}

int input_queue::waiting_inputs() const { return static_cast<int>(inputs_with_work().size()); }

std::uint64_t input_queue::waiting_bytes() const {
  std::uint64_t bytes = 0;
  for (auto input : inputs_with_work())
    bytes = add(bytes, waiting(input).bytes);
  return bytes;
}

input_queue::amount input_queue::waiting(input_id input) const {
  amount sum;
  for (auto at = lines_.lower_bound({input, {}}); at != lines_.end() && at->first.first == input; ++at) {
    sum.records += at->second.waiting.records;
    sum.bytes += at->second.waiting.bytes;
  }
  if (auto entry = replayed_.find(input); entry != replayed_.end())
    sum.bytes = add(sum.bytes, static_cast<std::uint64_t>(std::min<byte_sum>(entry->second.unread_bytes, most)));
  return sum;
}

std::uint64_t input_queue::wanted_bytes(input_id input) const {
  auto bytes = waiting(input).bytes;
  auto entry = replayed_.find(input);
  return entry != replayed_.end() ? std::min(bytes, entry->second.most_bytes.value_or(most)) : bytes;
}

void input_queue::pace(input_id input, std::optional<std::uint64_t> bytes) {
  auto& log = replayed_[input];
  log.most_bytes = bytes;
  log.allowed.clear();
}

std::vector<offset_range> input_queue::next_offsets(input_id input, std::uint64_t bytes,
                                                    std::size_t most_ranges) const {
  std::vector<offset_range> next;
  auto log = replayed_.find(input);
  if (log == replayed_.end())
    return next;
  auto partitions = log->second.unread.size();
  for (auto partition : log->second.unread) {
    if (bytes == 0 || next.size() == most_ranges)
      break;
    auto& [name, at] = *partition;
    auto most = at.grows ? std::max<std::uint64_t>(bytes / partitions, 1) : bytes;
    auto offsets = std::min(std::max<std::uint64_t>(most / at.offset_bytes, 1), at.unread());
    auto [end, version, from] = at.position;
    next.push_back({input, name, end, version, from, from + offsets});
    bytes -= std::min(bytes, offsets * at.offset_bytes);
    --partitions;
  }
  return next;
}

bool input_queue::allow(input_id input, std::vector<offset_range> ranges) {
  auto log = replayed_.find(input);
  if (log == replayed_.end() || ranges.empty())
    return false;
  std::uint64_t bytes = 0;
  for (auto& range : ranges) {
    auto entry = log->second.known.find(range.partition);
    if (entry == log->second.known.end() || !entry->second.waits)
      return false;
    auto& [end, version, sealed_to] = entry->second.position;
    if (version != range.version || sealed_to != range.from || end < range.to ||
        (!entry->second.grows && end != range.end))
      return false;
    bytes = add(bytes, (range.to - range.from) * entry->second.offset_bytes);
  }
  log->second.most_bytes = bytes;
  log->second.allowed = std::move(ranges);
  return true;
}

input_queue::share input_queue::take(std::uint64_t max_bytes, std::uint64_t split_bytes) {
  share taken;
  // Small askers first: what they leave of their part is shared by the others.
  auto inputs = inputs_to_take();
  std::stable_sort(inputs.begin(), inputs.end(), [this](auto a, auto b) { return wanted_bytes(a) < wanted_bytes(b); });
  std::map<input_id, std::uint64_t> budgets;
  auto left = max_bytes;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    auto part = std::min(wanted_bytes(inputs[i]), left / (inputs.size() - i));
    budgets[inputs[i]] = part;
    left -= part;
  }
  for (auto& [input, budget] : budgets) {
    take_blocks(input, budget, split_bytes, taken);
    if (auto entry = replayed_.find(input); entry != replayed_.end()) {
      auto ranges = std::max<std::size_t>(max_batch_ranges / budgets.size(), 1);
      cutting cut{input, std::max<std::uint64_t>(budget, 1), ranges, split_bytes, {}, taken};
      if (entry->second.allowed.empty())
        take_offsets(entry->second, cut);
      else
        take_allowed(entry->second, cut);
    }
  }
  return taken;
}

void input_queue::take_blocks(input_id input, std::uint64_t budget, std::uint64_t split_bytes, share& into) {
  std::uint64_t spent = 0;
  for (auto at = lines_.lower_bound({input, {}}); at != lines_.end() && at->first.first == input; ++at) {
    log::split current;
    auto close = [&] {
      if (!current.blocks.empty())
        into.splits.push_back(std::exchange(current, {}));
    };
    auto& blocks = at->second.blocks;
    while (!blocks.empty()) {
      auto& header = blocks.front();
      if (spent > 0 && spent + header.bytes > budget) {
        close();
        return;
      }
      if (current.bytes >= split_bytes)
        close();
      if (current.blocks.empty() && into.splits.size() >= max_batch_splits)
        return;
      if (current.blocks.empty())
        current.blocks.push_back({input, at->first.second, header.id.sequence, header.id.sequence});
      current.blocks.back().last = header.id.sequence;
      current.bytes += header.bytes;
      spent += header.bytes;
      into.bytes += header.bytes;
      into.records += header.records;
      auto& of_input = into.inputs[input];
      of_input.records += header.records;
      of_input.bytes += header.bytes;
      ensure(header.bytes <= at->second.waiting.bytes && header.records <= at->second.waiting.records,
             "no more is taken than waits", "input", input, "block", header.id.sequence);
      at->second.waiting.records -= header.records;
      at->second.waiting.bytes -= header.bytes;
      blocks.pop_front();
    }
    close();
  }
}

/// Final partitions go one after the other; those that grow take turns, and in each round of a batch they share what is left of it.
void input_queue::take_offsets(replayed_input& from, cutting& cut) {
  while (!cut.full() && !from.unread.empty())
    for (auto left = from.unread.size(); !cut.full() && left > 0; --left) {
      auto next = from.unread.front();
      from.unread.pop_front();
      auto& at = next->second;
      from.uncount(*next);
      cut_partition(*next, at.grows ? std::max<std::uint64_t>(cut.budget / left, 1) : cut.budget, cut);
      at.waits = at.unread() > 0;
      from.count(*next);
      if (at.waits && at.grows)
        from.unread.push_back(next);
      else if (at.waits)
        from.unread.push_front(next);
    }
  if (!cut.current.ranges.empty())
    cut.into.splits.push_back(std::move(cut.current));
}

void input_queue::take_allowed(replayed_input& from, cutting& cut) {
  for (auto& range : std::exchange(from.allowed, {})) {
    if (cut.full())
      break;
    auto allowed = from.known.find(range.partition);
    ensure(allowed != from.known.end(), "what may be taken is known", "partition", range.partition);
    auto& next = *allowed;
    auto& at = next.second;
    from.uncount(next);
    cut_partition(next, std::min(cut.budget, (range.to - range.from) * at.offset_bytes), cut);
    at.waits = at.unread() > 0;
    from.count(next);
    auto turn = std::find(from.unread.begin(), from.unread.end(), &next);
    ensure(turn != from.unread.end(), "what may be taken waits", "partition", range.partition);
    if (!at.waits || at.grows)
      from.unread.erase(turn);
    if (at.waits && at.grows)
      from.unread.push_back(&next);
  }
  from.most_bytes = 0; // until more is allowed
  if (!cut.current.ranges.empty())
    cut.into.splits.push_back(std::move(cut.current));
}

void input_queue::cut_partition(named_partition& from, std::uint64_t most_bytes, cutting& cut) {
  auto& [name, at] = from;
  auto& [end, version, sealed_to] = at.position;
  while (most_bytes > 0 && cut.ranges_left > 0 && sealed_to < end) {
    auto room = std::min(most_bytes, cut.split_bytes - cut.current.bytes);
    auto offsets = std::min(std::max<std::uint64_t>(room / at.offset_bytes, 1), end - sealed_to);
    auto bytes = offsets * at.offset_bytes;
    cut.current.ranges.push_back({cut.input, name, end, version, sealed_to, sealed_to + offsets});
    cut.current.bytes += bytes;
    --cut.ranges_left;
    sealed_to += offsets;
    most_bytes -= std::min(most_bytes, bytes);
    cut.budget -= std::min(cut.budget, bytes);
    cut.into.bytes += bytes;
    cut.into.inputs[cut.input].bytes += bytes;
    if (cut.current.bytes >= cut.split_bytes || cut.current.ranges.size() >= max_split_ranges)
      cut.into.splits.push_back(std::exchange(cut.current, {}));
  }
}

} // namespace weir::actors
