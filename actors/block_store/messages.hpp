#pragma once

#include <vector>

#include "actors/node/bounded_message.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// From a receiver: keep these blocks (their bytes are on the block shelf) and have them logged. Consecutive sequences.
struct store_blocks {
  input_id input;
  weir::epoch epoch;
  block_sequence durable; ///< what the receiver knows to be logged: the blocks follow it, or blocks that it sent before
  std::vector<log::block_header> headers;
  WEIR_MESSAGE(x.input, x.epoch, x.durable, x.headers)
};

/// From the coordinator: report every block that is kept, then say that this was all. Repeated until answered with blocks_reported. One of an older
/// coordinator is ignored.
struct report_blocks {
  weir::epoch coordinator;
  std::uint64_t question = 0; ///< the answer repeats it
  WEIR_MESSAGE(x.coordinator, x.question)
};

/// From the coordinator: blocks of (input, epoch) have come, and `after` is the last one before a gap. Report what is kept behind it. One that is
/// lost is said again when more comes behind the gap, and what is kept for long is reported anyway. One of an older coordinator is ignored.
struct report_blocks_behind {
  weir::epoch coordinator;
  input_id input;
  weir::epoch epoch;
  block_sequence after;
  WEIR_MESSAGE(x.coordinator, x.input, x.epoch, x.after)
};

/// From the coordinator: these blocks are in committed batches; memory may let them go. One that is lost is said again: what is kept for long is
/// reported again. One of an older coordinator is ignored.
struct release_blocks {
  weir::epoch coordinator;
  std::vector<log::block_range> ranges;
  WEIR_MESSAGE(x.coordinator, x.ranges)
};

} // namespace weir::actors
