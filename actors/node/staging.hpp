#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "actors/node/attempt.hpp"

namespace weir::actors {

/// Formatted outputs between their task and their publication. Until its commit is durable a batch's bytes must be here; from then on the
/// log has them, too, and a few are kept only to spare the sinks from reading it. Thread-safe.
class staging {
public:
  using bytes_handle = std::shared_ptr<const std::string>;

  /// How much of committed batches may stay in memory. The oldest one always does, as it is published next.
  void bound(std::uint64_t committed_bytes) { budget_ = committed_bytes; }

  void put(const attempt& of, batch_id batch, const std::string& output, std::uint32_t part, bytes_handle bytes);
  /// Null if that attempt did not stage it here, or it is not in memory any more: then the log has it, if it was committed.
  bytes_handle find(const attempt& of, batch_id batch, const std::string& output, std::uint32_t part) const;
  /// The log holds this batch and all before it. Over the budget the newest of them leave the memory first: they are published last.
  void committed(batch_id through);
  /// This batch and all before it are published.
  void drop(batch_id through);
  /// A newer coordinator has spoken: what older ones have not committed, as far as is known here, is not asked for any more, or is in the log.
  void drop_before(weir::epoch coordinator);

  /// In memory: of batches that are being computed, and of committed ones.
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }
  /// Of batches that are committed and not published, in memory or not, as far as this process staged them.
  std::uint64_t unpublished_bytes() const { return unpublished_.load(std::memory_order_relaxed); }

private:
  struct held_batch {
    attempt newest;
    std::map<std::pair<std::string, std::uint32_t>, bytes_handle> parts;
    std::uint64_t bytes = 0; ///< of all parts, also when they have left the memory
    bool is_committed = false;
    bool in_memory = true;
  };

  std::uint64_t budget_ = ~std::uint64_t{0};
  mutable std::mutex mutex_;
  std::map<batch_id, held_batch> batches_;
  weir::epoch oldest_;                        ///< coordinator whose attempts count
  std::atomic<std::uint64_t> bytes_{0};       ///< changed under the lock
  std::atomic<std::uint64_t> unpublished_{0}; ///< likewise
};

} // namespace weir::actors
