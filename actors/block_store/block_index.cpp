#include "actors/block_store/block_index.hpp"

#include <algorithm>

namespace weir::actors {

void block_index::recovered(const log::block_header& header) {
  auto& at = lines_[{header.id.input, header.id.epoch}];
  at.blocks[header.id.sequence] = header;
  at.known = std::max(at.known, header.id.sequence);
  at.durable = std::max(at.durable, header.id.sequence);
}

std::vector<log::block_header> block_index::stored(const std::vector<log::block_header>& headers,
                                                   block_sequence durable) {
  std::vector<log::block_header> fresh;
  for (auto& header : headers) {
    auto& at = lines_[{header.id.input, header.id.epoch}];
    at.known = std::max(at.known, durable);
    at.durable = std::max(at.durable, durable);
    if (header.id.sequence != at.known.next())
      continue;
    at.known = header.id.sequence;
    at.blocks[header.id.sequence] = header;
    fresh.push_back(header);
  }
  return fresh;
}

void block_index::appended(input_id input, weir::epoch owner, block_sequence through) {
  auto entry = lines_.find({input, owner});
  if (entry == lines_.end())
    return;
  auto& at = entry->second;
  // An answer to an earlier incarnation may speak of blocks that this one has not been told of yet.
  at.durable = std::max(at.durable, std::min(through, at.known));
}

bool block_index::knows(const block_id& id) const {
  auto entry = lines_.find({id.input, id.epoch});
  return entry != lines_.end() && entry->second.blocks.count(id.sequence) > 0;
}

block_sequence block_index::known_through(input_id input, weir::epoch owner) const {
  auto entry = lines_.find({input, owner});
  return entry == lines_.end() ? block_sequence{} : entry->second.known;
}

block_index::heights block_index::known_through() const {
  heights all;
  for (auto& [key, at] : lines_)
    all.emplace(key, at.known);
  return all;
}

block_sequence block_index::durable_through(input_id input, weir::epoch owner) const {
  auto entry = lines_.find({input, owner});
  return entry == lines_.end() ? block_sequence{} : entry->second.durable;
}

block_sequence block_index::released_through(input_id input, weir::epoch owner, block_sequence durable) const {
  auto entry = lines_.find({input, owner});
  if (entry == lines_.end())
    return durable;
  auto& at = entry->second;
  durable = std::max(durable, at.durable);
  return at.blocks.empty() ? durable : std::min(durable, block_sequence{at.blocks.begin()->first.value - 1});
}

void block_index::refused(input_id input, weir::epoch owner) {
  auto entry = lines_.find({input, owner});
  if (entry == lines_.end())
    return;
  auto& at = entry->second;
  at.blocks.erase(at.blocks.upper_bound(at.durable), at.blocks.end());
  at.known = at.durable;
}

void block_index::released(const log::block_range& range) {
  auto entry = lines_.find({range.input, range.epoch});
  if (entry == lines_.end())
    return;
  auto& at = entry->second;
  at.blocks.erase(at.blocks.lower_bound(range.first), at.blocks.upper_bound(range.last));
  at.durable = std::max(at.durable, std::min(range.last, at.known));
  // An epoch that is over and empty is forgotten once a newer one of its input exists.
  auto newer = std::next(entry);
  if (at.blocks.empty() && newer != lines_.end() && newer->first.first == range.input)
    lines_.erase(entry);
}

std::vector<std::vector<log::block_header>> block_index::undurable() const {
  std::vector<std::vector<log::block_header>> found;
  for (auto& [key, at] : lines_) {
    std::vector<log::block_header> headers;
    for (auto block = at.blocks.upper_bound(at.durable); block != at.blocks.end(); ++block)
      headers.push_back(block->second);
    if (!headers.empty())
      found.push_back(std::move(headers));
  }
  return found;
}

std::vector<std::vector<log::block_header>> block_index::overdue() {
  std::vector<std::vector<log::block_header>> lines;
  for (auto& [key, each] : lines_) {
    std::vector<log::block_header> headers;
    for (auto block = each.blocks.begin(); block != each.blocks.end() && block->first <= each.waiting; ++block)
      headers.push_back(block->second);
    if (!headers.empty())
      lines.push_back(std::move(headers));
    each.waiting = each.known;
  }
  return lines;
}

std::vector<std::vector<log::block_header>> block_index::known() const {
  std::vector<std::vector<log::block_header>> found;
  for (auto& [key, at] : lines_) {
    std::vector<log::block_header> headers;
    for (auto& [sequence, header] : at.blocks)
      headers.push_back(header);
    if (!headers.empty())
      found.push_back(std::move(headers));
  }
  return found;
}

std::vector<log::block_header> block_index::known_behind(input_id input, weir::epoch owner,
                                                         block_sequence after) const {
  std::vector<log::block_header> headers;
  auto entry = lines_.find({input, owner});
  if (entry == lines_.end())
    return headers;
  auto& blocks = entry->second.blocks;
  for (auto block = blocks.upper_bound(after); block != blocks.end(); ++block)
    headers.push_back(block->second);
  return headers;
}

} // namespace weir::actors
