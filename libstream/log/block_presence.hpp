#pragma once

#include <cstdint>

#include "libstream/log/records.hpp"

namespace weir::log {

/// What the batch log asks nodes before it seals: are these blocks there? A seal rests on them, and whether they are on a node is no part of
/// the batch log's state. With one node it is a call, with several a message.
class block_presence {
public:
  enum class state : std::uint8_t {
    here,   ///< durable, or on their way to the log ahead of whatever is asked to be written now
    coming, ///< not all of them yet; their receiver lives, so the rest may come
    lost,   ///< not all of them, and their epoch is over: the rest will not come any more
  };

  virtual ~block_presence() = default;
  virtual state of(const block_range& blocks) const = 0;
};

} // namespace weir::log
