#pragma once

#include <string>
#include <vector>

#include "actors/node/bounded_message.hpp"
#include "actors/node/message_parts.hpp"
#include "libstream/base/fields.hpp"
#include "libstream/base/ids.hpp"
#include "libstream/log/records.hpp"

namespace weir::actors {

/// From the coordinator: make a committed batch visible in this output. Sent in batch order. Repeated until answered; publishing twice
/// shows once. What comes before one that it follows waits until it is asked again. One that was meant for another incarnation of the sink, or comes from an older coordinator, is ignored: its batch may be gone.
struct publish_batch {
  weir::epoch epoch;
  log::commit_record record;     ///< with the parts of this output only
  batch_id oldest;               ///< all before it are published
  std::uint64_t incarnation = 0; ///< of the sink
  batch_id after;                ///< the one before it that is not published; 0 = it is the oldest
  message_part part{};
  WEIR_MESSAGE(x.epoch, x.record, x.oldest, x.incarnation, x.after, x.part)
  WEIR_LONG_LISTS(x.record.parts)
};

/// To itself, from its thread.
struct publication_ended {
  std::vector<batch_id> batches;
  WEIR_FIELDS(x.batches)
};

/// To itself, from its thread: a disk has no room for them.
struct publication_refused {
  std::string problem;
  WEIR_FIELDS(x.problem)
};

/// To itself, from its thread: what the output writes to, or the program's own function, failed.
struct publication_failed {
  batch_id batch;         ///< the first of the group
  std::uint32_t code = 0; ///< an error_code
  bool by_function = false;
  std::string problem;
  WEIR_FIELDS(x.batch, x.code, x.by_function, x.problem)
};

/// To itself: time to try again what a disk had no room for, or what failed.
struct publish_again {
  std::uint64_t attempt = 0; ///< the one that was refused or failed
  WEIR_FIELDS(x.attempt)
};

} // namespace weir::actors
