#include "actors/batch_coordinator/input_queue.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace weir::actors {

void input_queue::sealed_before(input_id input, weir::epoch owner, block_sequence through) {
  auto& at = lines_[{input, owner}];
  at.known = std::max(at.known, through);
}

void input_queue::sealed_before(input_id input, const std::string& path, const log::file_position& position) {
  directories_[input].known[path] = position;
}

bool input_queue::blocks_ready(input_id input, weir::epoch owner, const std::vector<log::block_header>& headers) {
  auto& at = lines_[{input, owner}];
  for (auto& header : headers) {
    if (header.id.sequence <= at.known)
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

block_sequence input_queue::known_through(input_id input, weir::epoch owner) const {
  auto entry = lines_.find({input, owner});
  return entry == lines_.end() ? block_sequence{} : entry->second.known;
}

void input_queue::files_found(input_id input, const std::vector<found_file>& files) {
  auto& at = directories_[input];
  for (auto& found : files) {
    auto known = at.known.find(found.path);
    if (known == at.known.end()) {
      at.known[found.path] = {found.size, found.modified_ns, 0};
      if (found.size > 0)
        at.unread.push_back({found, 0});
    } else if (known->second.sealed_to < known->second.size) {
      // Begun before a restart: goes on where the log says, as it was when it was found.
      auto waiting =
        std::any_of(at.unread.begin(), at.unread.end(), [&](auto& f) { return f.what.path == found.path; });
      if (!waiting) {
        auto resumed = found;
        resumed.size = known->second.size;
        resumed.modified_ns = known->second.modified_ns;
        at.unread.push_back({resumed, known->second.sealed_to});
      }
    }
  }
}

void input_queue::drop_files() {
  for (auto& [input, at] : directories_)
    at.unread.clear();
}

std::vector<input_id> input_queue::inputs_with_work() const {
  std::set<input_id> found;
  for (auto& [key, at] : lines_)
    if (!at.blocks.empty())
      found.insert(key.first);
  for (auto& [input, at] : directories_)
    if (!at.unread.empty())
      found.insert(input);
  return {found.begin(), found.end()};
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
    bytes += waiting(input).bytes;
  return bytes;
}

input_queue::amount input_queue::waiting(input_id input) const {
  amount sum;
  for (auto at = lines_.lower_bound({input, {}}); at != lines_.end() && at->first.first == input; ++at) {
    sum.records += at->second.waiting.records;
    sum.bytes += at->second.waiting.bytes;
  }
  if (auto entry = directories_.find(input); entry != directories_.end())
    for (auto& unread : entry->second.unread)
      sum.bytes += unread.what.size - unread.taken;
  return sum;
}

std::uint64_t input_queue::wanted_bytes(input_id input) const {
  auto bytes = waiting(input).bytes;
  auto entry = directories_.find(input);
  return entry != directories_.end() && entry->second.most_bytes > 0 ? std::min(bytes, entry->second.most_bytes)
                                                                     : bytes;
}

input_queue::share input_queue::take(std::uint64_t max_bytes, std::uint64_t split_bytes) {
  share taken;
  // Small askers first: what they leave of their part is shared by the others.
  auto inputs = inputs_with_work();
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
    if (auto entry = directories_.find(input); entry != directories_.end())
      take_files(input, entry->second, budget, split_bytes, taken);
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
      at->second.waiting.records -= header.records;
      at->second.waiting.bytes -= header.bytes;
      blocks.pop_front();
    }
    close();
  }
}

void input_queue::take_files(input_id input, directory& from, std::uint64_t budget, std::uint64_t split_bytes,
                             share& into) {
  budget = std::max<std::uint64_t>(budget, 1);
  log::split current;
  while (budget > 0 && !from.unread.empty()) {
    auto& next = from.unread.front();
    auto size = std::min({budget, split_bytes - current.bytes, next.what.size - next.taken});
    current.files.push_back(
      {input, next.what.path, next.what.size, next.what.modified_ns, next.taken, next.taken + size});
    current.bytes += size;
    next.taken += size;
    budget -= size;
    into.bytes += size;
    into.inputs[input].bytes += size;
    auto& known = from.known[next.what.path];
    known.sealed_to = next.taken;
    if (next.taken == next.what.size)
      from.unread.pop_front();
    if (current.bytes >= split_bytes)
      into.splits.push_back(std::exchange(current, {}));
  }
  if (!current.files.empty())
    into.splits.push_back(std::move(current));
}

} // namespace weir::actors
