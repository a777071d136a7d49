#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "actors/node/attempt.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/data/buffer.hpp"
#include "libstream/log/records.hpp"

/// Where the bulk of a node lies while messages about it travel: blocks here, shuffle runs in the exchange, staged outputs in the
/// staging. Handles only, so that in one process nothing is copied. All three are thread-safe and survive the actors that use them.
namespace weir::actors {

/// A node's blocks in memory. The block store decides what stays.
class block_shelf {
public:
  void put(const block_id& id, data::buffer_handle bytes) {
    std::lock_guard guard{mutex_};
    blocks_[id] = std::move(bytes);
  }
  data::buffer_handle find(const block_id& id) const {
    std::lock_guard guard{mutex_};
    auto entry = blocks_.find(id);
    return entry == blocks_.end() ? nullptr : entry->second;
  }
  /// Drops blocks of epochs before `newest` that nobody knows: a receiver died between keeping them and telling.
  template <class Known>
  void drop_unknown(input_id input, weir::epoch newest, Known known) {
    std::lock_guard guard{mutex_};
    auto end = blocks_.lower_bound({input, newest, {}});
    for (auto at = blocks_.lower_bound({input, {}, {}}); at != end;)
      at = known(at->first) ? std::next(at) : blocks_.erase(at);
  }
  /// Drops the blocks of (input, epoch) up to `last`.
  void drop(input_id input, weir::epoch owner, block_sequence last) {
    std::lock_guard guard{mutex_};
    blocks_.erase(blocks_.lower_bound({input, owner, {}}), blocks_.upper_bound({input, owner, last}));
  }

private:
  mutable std::mutex mutex_;
  std::map<block_id, data::buffer_handle> blocks_;
};

} // namespace weir::actors
