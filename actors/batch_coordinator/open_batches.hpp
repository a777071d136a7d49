#pragma once

#include <algorithm>
#include <map>

#include "actors/batch_coordinator/batch_progress.hpp"

/// What the coordinator's bounds and its answers are about, over all batches that it knows. Pure.
namespace weir::actors {

/// Those that are sealed and not yet ended, by number.
using open_batches = std::map<batch_id, batch_progress>;

/// How many stand from `first` to `last`, both included.
inline std::size_t count_of(const open_batches& batches, batch_progress::state first, batch_progress::state last) {
  return static_cast<std::size_t>(std::count_if(batches.begin(), batches.end(), [=](auto& entry) {
    return first <= entry.second.where() && entry.second.where() <= last;
  }));
}

/// Whether any of them was sealed because something came.
inline bool any_has_input(const open_batches& batches) {
  return std::any_of(batches.begin(), batches.end(), [](auto& entry) { return entry.second.has_input(); });
}

/// Bytes of committed batches that wait for their outputs.
struct unpublished_bytes {
  std::uint64_t staged = 0;
  std::uint64_t input = 0; ///< their blocks stay in the log until the batch is done
};

inline unpublished_bytes unpublished_bytes_of(const open_batches& batches) {
  unpublished_bytes bytes;
  for (auto& [number, batch] : batches) {
    if (batch.where() != batch_progress::state::committed)
      continue;
    bytes.input += batch.record().bytes;
    for (auto& part : batch.commit().parts)
      bytes.staged += part.bytes;
  }
  return bytes;
}

/// Whether one that is not committed takes this block.
inline bool any_takes(const open_batches& batches, const block_id& id) {
  for (auto& [number, batch] : batches)
    if (batch.where() < batch_progress::state::committed)
      for (auto& split : batch.record().splits)
        for (auto& range : split.blocks)
          if (range.input == id.input && range.epoch == id.epoch && range.first <= id.sequence &&
              id.sequence <= range.last)
            return true;
  return false;
}

} // namespace weir::actors
