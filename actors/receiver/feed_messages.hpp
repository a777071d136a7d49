#pragma once

#include <cstdint>
#include <string>

#include "actors/caf.hpp"
#include "actors/sources/feed.hpp"
#include "libstream/base/fields.hpp"

namespace weir::actors {

/// From its feed's thread, on the same node: carries a handle and never leaves the process.
struct feed_gave {
  fed_records records;
};

/// From its feed's thread: it has been stopped, and this is its last word.
struct feed_ended {
  std::uint64_t feed = 0; ///< reserved
  WEIR_FIELDS(x.feed)
};

/// From its feed's thread: its source has ended for good, by itself.
struct source_stopped {
  std::string why;
  WEIR_FIELDS(x.why)
};

/// From its feed's thread: for a person.
struct feed_warned {
  std::string sentence;
  bool failed = true; ///< else it is well again
  WEIR_FIELDS(x.sentence, x.failed)
};

/// From its feed's thread: wants to be woken.
struct feed_sleeps {
  std::uint64_t pause_ms = 0;
  std::uint64_t why = 0; ///< the feed's own
  WEIR_FIELDS(x.pause_ms, x.why)
};

/// To itself: time to wake the feed.
struct feed_wakes {
  std::uint64_t why = 0;
  WEIR_FIELDS(x.why)
};

} // namespace weir::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weir::actors::feed_gave)

CAF_BEGIN_TYPE_ID_BLOCK(weir_feed_receiver, caf::first_custom_type_id + 900)
CAF_ADD_TYPE_ID(weir_feed_receiver, (weir::actors::feed_ended))
CAF_ADD_TYPE_ID(weir_feed_receiver, (weir::actors::feed_warned))
CAF_ADD_TYPE_ID(weir_feed_receiver, (weir::actors::feed_sleeps))
CAF_ADD_TYPE_ID(weir_feed_receiver, (weir::actors::feed_wakes))
CAF_ADD_TYPE_ID(weir_feed_receiver, (weir::actors::source_stopped))
CAF_END_TYPE_ID_BLOCK(weir_feed_receiver)
